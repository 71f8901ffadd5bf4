"""Load test results: every message says what a result was when the message was made.

See docs/connectors/iep_lvs.md, Results and versions.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection as Session

from etl import db
from etl.engine import failpoint
from etl.load.merge import stage

_TABLE = "core.test_result_versions"


@dataclass(frozen=True)
class Loaded:
    """Rows ``written`` and ``standing`` by message_id (what was written stands too), and what has to be read again:
    brin6, first and last moment (``splits``).
    """

    written: Counter[int] = field(default_factory=Counter)
    standing: Counter[int] = field(default_factory=Counter)
    splits: list[Mapping[str, Any]] = field(default_factory=list)


def load(
    session: Session, run_id: str, messages: pd.DataFrame, results: pd.DataFrame, measures: pd.DataFrame
) -> Loaded:
    """Record what messages say of results; what is said again writes nothing.

    ``messages``: scope, source, brin6, created_at, message_id; ``results``: scope, number and one row a result;
    ``measures``: number and one row a value.
    """
    if results.empty:
        return Loaded()
    said = results.drop(columns=["scope", "number"])
    said["measures"] = results["number"].map(_packed(measures))
    said["content"] = _content(said)
    where = results[["scope"]].merge(messages, on="scope").drop(columns="scope")
    stage(session, _TABLE, said.join(where).assign(run_id=run_id))
    failpoint.point("pupil_results.staged")
    db.execute(session, "iep_lvs/pupil_results.known")
    splits = db.rows(session, "iep_lvs/pupil_results.split")
    written = db.rows(session, "iep_lvs/pupil_results.merge")
    db.execute(session, "iep_lvs/pupil_results.number_versions")
    standing = db.rows(session, "iep_lvs/pupil_results.standing")
    return Loaded(
        Counter({row["message_id"]: row["written"] for row in written}),
        Counter({row["message_id"]: row["standing"] for row in standing}),
        splits,
    )


def _packed(measures: pd.DataFrame) -> dict[int, str]:
    """The values of each result as JSON, in the order of the message."""
    values = measures.drop(columns="number")
    said = zip(*(pa.array(values[name]).to_pylist() for name in values), strict=True)
    written: dict[tuple[str | None, ...], str] = {}  # few values differ
    by_result: dict[int, list[str]] = defaultdict(list)
    for number, value in zip(measures["number"].to_list(), said, strict=True):
        text = written.get(value)
        if text is None:
            named = zip(values, value, strict=True)
            text = written[value] = json.dumps(
                {name: one for name, one in named if one is not None}, ensure_ascii=False
            )
        by_result[number].append(text)
    return {number: f"[{', '.join(listed)}]" for number, listed in by_result.items()}


def _content(said: pd.DataFrame) -> list[str]:
    """A fingerprint of everything a result says, by which versions are told apart."""
    rows = zip(*(said[name].to_list() for name in said.columns), strict=True)
    return [hashlib.sha256(repr(row).encode()).hexdigest() for row in rows]
