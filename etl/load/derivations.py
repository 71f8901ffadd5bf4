"""What did not change since it was derived last is not derived again (docs/design.md, Land first)."""

import hashlib
from collections.abc import Mapping, Sequence

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db


def inputs_of(session: Session, found: pd.DataFrame, known: str | None = None) -> dict[str, str]:
    """For each scope a hash over its landed answers (an index of landings) and the state of the reference data, or of
    what of it these answers are judged by (``known``).
    """
    version = reference_version(session) if known is None else known
    inputs = {}
    for scope, rows in found.sort_values(["resource", "key"]).groupby("scope"):
        inputs[str(scope)] = digest([version, *rows["resource"], *rows["key"], *rows["sha256"]])
    return inputs


def reference_version(session: Session) -> str:
    """Grows with every change of reference data."""
    return str(db.rows(session, "load/derivations.reference_version")[0]["version"])


def digest(parts: Sequence[str]) -> str:
    """The hash of what something is derived from."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def derived_inputs(session: Session, flow: str, source: str, scopes: Sequence[str]) -> dict[str, str]:
    """For each scope the hash of what was derived last."""
    rows = db.rows(session, "load/derivations.known", flow=flow, source=source, scopes=list(scopes))
    return {str(row["scope"]): str(row["inputs"]) for row in rows}


def remember(session: Session, run_id: str, flow: str, source: str, inputs: Mapping[str, str]) -> None:
    """Say that these scopes are derived from these inputs."""
    db.execute(
        session,
        "load/derivations.merge",
        flow=flow,
        source=source,
        scopes=list(inputs),
        inputs=list(inputs.values()),
        run_id=run_id,
    )
