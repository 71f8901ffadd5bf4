"""Accreditation points in the ledger of what is sent: which are due, how they are offered.

See docs/connectors/pe_online.md, The ledger. One profession group (orgID) is one account of it. Everything here belongs
to the caller's transaction.
"""

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.pe_online.account import PeAccount
from etl.connectors.pe_online.accreditation import KEY, due_attendance
from etl.connectors.pe_online.faults import (
    ACCOUNT_PAUSED,
    NO_LONGER_ACCREDITED,
    NO_LONGER_PASSED,
    NOTHING_TO_DO,
    NUMBER_CHANGED,
    SHARED_NUMBER,
)
from etl.connectors.pe_online.payload import RESENDABLE_TYPES, Attendance
from etl.connectors.pe_online.point_claims import ALREADY_CLAIMED, AMBIGUOUS_LEARNER, OTHER_COURSE
from etl.connectors.pe_online.reasons import REASONS
from etl.engine import ledger
from etl.engine.ledger import ChosenItems, DueItem, Target
from etl.load.runs import Counts

POINTS: Final = Target(
    system="pe_online",
    kind="accreditation points",
    resource="pe_attendance",
    details="ops.pe_attendance",
    nothing_to_do=NOTHING_TO_DO,
    doubts=(NUMBER_CHANGED,),
    releasable=(OTHER_COURSE, ALREADY_CLAIMED, AMBIGUOUS_LEARNER),
    reasons=REASONS,
)
_WHICH: Final = {"target": POINTS.system, "kind": POINTS.kind}


def refresh(session: Session, org_id: int, account: PeAccount) -> Counts:
    """Bring the ledger of a profession group up to date with results, accreditations and relation numbers.

    Items that are with PE-Online (sending, unknown, accepted) are left alone.
    """
    if account.mode == "live":
        ledger.activate(session, POINTS, str(org_id))
    groups, accreditations, completions, numbers, held = (
        db.query(session, f"pe_online/inputs.{name}", org_id=org_id)
        for name in ("group", "accreditations", "completions", "numbers", "held")
    )
    due = due_attendance(completions, accreditations, groups, numbers, account.timezone, held)
    if account.paused:
        due.loc[due["status"] == "pending", "reason"] = ACCOUNT_PAUSED
    ledger.stage(session, POINTS, str(org_id), wished=_items(due))
    changed = _ids(session, "changed", **_WHICH)
    offered = ledger.offer(session, POINTS, str(org_id), changed)
    entered = _ids(session, "enter", **_WHICH, offered=offered)
    _withdraw(session, org_id)
    ledger.doubt(session, POINTS, str(org_id), _ids(session, "number_changed", org_id=org_id), NUMBER_CHANGED)
    return ledger.planned(session, POINTS, len(due), offered, entered)


def due(session: Session, org_id: int) -> list[DueItem]:
    """What a push of a profession group would send now."""
    return ledger.due(session, POINTS, str(org_id))


def persons(session: Session, due: Sequence[DueItem]) -> dict[int, str]:
    """The relation number of each item."""
    found = db.rows(session, "pe_online/attendance.persons", item_ids=[one.item_id for one in due])
    return {row["item_id"]: row["relation_number"] for row in found}


def rows(session: Session, item_ids: Sequence[int]) -> list[Attendance]:
    """Items as they are offered."""
    found = db.rows(session, "pe_online/attendance.rows", item_ids=list(item_ids))
    return [Attendance(**row) for row in found]


def open_cases(session: Session, org_id: int) -> pd.DataFrame:
    """Points of a profession group that a person may have to do something about, as rejections."""
    return ledger.open_cases(session, POINTS, str(org_id))


def find(session: Session, chosen: ChosenItems, course: str | None = None) -> list[int]:
    """The points that a person decides about, of one PE course (number or own code) where it is given."""
    of_course = None if course is None else _ids(session, "of_course", course=course)
    return ledger.find(session, POINTS, chosen, of_course)


def _items(due: pd.DataFrame) -> pd.DataFrame:
    resendable = due["course_type"].isin(RESENDABLE_TYPES)
    return due.assign(
        business_key=ledger.business_keys(due[KEY]),
        record_key=_record_keys(due),
        if_unknown=resendable.map({True: "send_again", False: "person"}),
        explanation=due["reason"].map(_explained, na_action="ignore"),
    )


def _record_keys(due: pd.DataFrame) -> list[str]:
    parts = [
        due["client_code"],
        due["source"],
        due["source_course_id"],
        due["pe_course_id"].fillna(due["external_course_code"]),
        due["pe_module_id"].fillna(due["external_module_code"]),
        [date[:10] for date in due["end_date"]],
    ]
    return ["/".join(part for part in one if isinstance(part, str)) for one in zip(*parts, strict=True)]


def _explained(code: str) -> str:
    return SHARED_NUMBER if code == AMBIGUOUS_LEARNER else REASONS[code]


def _withdraw(session: Session, org_id: int) -> None:
    """Points that were not sent, or will not be accepted, and that no pass and accreditation hold any more."""
    gone = ledger.unwished(session, POINTS, str(org_id))
    passed = _ids(session, "still_passed", item_ids=gone)
    ledger.withhold(session, POINTS, passed, NO_LONGER_ACCREDITED)
    ledger.withhold(session, POINTS, sorted(set(gone) - set(passed)), NO_LONGER_PASSED)


def _ids(session: Session, name: str, **parameters: Any) -> list[int]:
    return [row["item_id"] for row in db.rows(session, f"pe_online/attendance.{name}", **parameters)]
