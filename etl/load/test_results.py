"""Load test results: every message says what a result was when the message was made (spec/iep_lvs_uwlr.md)."""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import Connection

from etl import crash, db
from etl.load.merge import Merged, stage

_TABLE = "core.test_result_versions"


@dataclass(frozen=True)
class Said:
    """By which message something was said, and when that message was made."""

    source: str
    brin6: str
    created_at: datetime
    message_id: int


def load(
    connection: Connection, run_id: str, said: Said, results: pd.DataFrame, measures: pd.DataFrame
) -> Merged:
    """Record what a message says of its results; what it says again writes nothing.

    ``results``: one row a result; ``measures``: result_key and one row a value.
    """
    if results.empty:
        return Merged(0, 0)
    packed = results.assign(measures=results["result_key"].map(_packed(measures)))
    packed["content"] = _content(packed)
    stage(connection, _TABLE, packed.assign(
        source=said.source, brin6=said.brin6, created_at=said.created_at, message_id=said.message_id, run_id=run_id,
    ))  # fmt: skip
    crash.point("iep.staged")
    [row] = db.rows(connection, "load/iep_results_merge")
    return Merged(row["written"], len(results) - row["written"])


def _packed(measures: pd.DataFrame) -> dict[str, str]:
    """The values of each result as JSON, in the order of the message."""
    values = measures.drop(columns="result_key")
    by_result: dict[str, list[dict[str, str]]] = defaultdict(list)
    for key, row in zip(measures["result_key"], values.itertuples(index=False, name=None), strict=True):
        by_result[key].append(
            {name: text for name, text in zip(values.columns, row, strict=True) if pd.notna(text)}
        )
    return {key: json.dumps(listed, ensure_ascii=False) for key, listed in by_result.items()}


def _content(results: pd.DataFrame) -> list[str]:
    """A fingerprint of everything a result says, by which versions are told apart."""
    rows = results.drop(columns="result_key").itertuples(index=False, name=None)
    return [hashlib.sha256(repr(row).encode()).hexdigest() for row in rows]
