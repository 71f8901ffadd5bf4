"""Derive and load one message of the inbox: read it again, match its pupils, record its results."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection as Session

from etl import crash, db
from etl.load import derivations, rejections, test_results
from etl.load.runs import Counts
from etl.load.test_results import Said
from etl.receive import inbox
from etl.receive.message import Measure, Norm, Test, Unreadable
from etl.receive.reading import Message, Open, read
from etl.transform.test_results import RESOURCE, Delivery, Derived, derive

FLOW: Final = "iep_test_results"


@dataclass(frozen=True)
class Waiting:
    """One message that is to be derived, as ``load/iep_messages`` lists it."""

    said: Said
    scope: str
    is_test: bool
    lenient: bool
    inputs: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Waiting":
        """The message in a row of the query."""
        said = Said(row["source"], row["brin6"], row["created_at"], row["message_id"])
        return cls(said, row["scope"], row["is_test"], row["lenient"], row["inputs"])


def derive_message(session: Session, run_id: str, waiting: Waiting) -> Counts:
    """Derive one message in the transaction of ``session``. Raises Fault when it can no longer be read."""
    said = waiting.said
    db.rows(session, "load/iep_school_lock", brin6=said.brin6)
    message = Message()
    school = read(inbox.body(session, said.message_id), Open(waiting.lenient), message)
    derived = derive(
        _delivery(waiting, school.school_year, message),
        db.query(session, "load/iep_pupils", **inbox.identifiers(message)),
        db.query(session, "load/iep_excluded_tests"),
    )
    merged = test_results.load(session, run_id, said, derived.results, derived.measures)
    rejected = _list_rejected(session, run_id, waiting, derived)
    derivations.remember(session, run_id, FLOW, said.source, {waiting.scope: waiting.inputs})
    crash.point("iep.loaded")
    left_out = message.results - len(derived.results) - rejected
    return Counts(
        read=message.results,
        written=merged.written,
        unchanged=merged.unchanged,
        rejected=rejected,
        ignored=left_out,
    )


def _delivery(waiting: Waiting, school_year: str, message: Message) -> Delivery:
    return Delivery(
        scope=waiting.scope,
        brin6=waiting.said.brin6,
        school_year=school_year,
        measures=_frame(message.measures, Measure._fields),
        tests=_frame(message.tests, Test._fields),
        norms=_frame(message.norms, Norm._fields),
        unreadable=_frame(message.unreadable, Unreadable._fields),
        is_test=waiting.is_test,
    )


def _list_rejected(session: Session, run_id: str, waiting: Waiting, derived: Derived) -> int:
    """List what was rejected, unless a later message has said it better; returns how many rows are listed."""
    said = waiting.said
    at = {
        "source": said.source,
        "brin6": said.brin6,
        "created_at": said.created_at,
        "message_id": said.message_id,
    }
    keys = derived.rejected["record_key"].str.removeprefix(f"{said.brin6}/").tolist()
    later = {row["record_key"] for row in db.rows(session, "load/iep_later_results", result_keys=keys, **at)}
    listed = derived.rejected[~derived.rejected["record_key"].isin(later)]
    rejections.replace(session, run_id, FLOW, said.source, [waiting.scope], listed)
    recorded = (said.brin6 + "/" + derived.results["result_key"]).tolist()
    db.execute(
        session,
        "load/iep_rejections_outdated",
        flow=FLOW,
        run_id=run_id,
        resource=RESOURCE,
        record_keys=recorded,
        **at,
    )
    return len(listed)


def _frame(rows: list[Any], columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns), dtype="str")
