"""The push ledger of PE-Online: claimed in the database, keyed by the business fact.

See docs/connectors/pe_online.md, The ledger.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine, text

from etl import db
from etl.connectors.pe_online.account import Account
from etl.connectors.pe_online.accreditation import due_attendance
from etl.connectors.pe_online.answers import Outcome
from etl.connectors.pe_online.faults import (
    ACCOUNT_PAUSED,
    INVALID_ROW,
    NO_LONGER_ACCREDITED,
    NO_LONGER_PASSED,
    NOTHING_TO_DO,
    NUMBER_CHANGED,
    OUTCOME_UNKNOWN,
    SHARED_NUMBER,
)
from etl.connectors.pe_online.payload import RESENDABLE_TYPES, Attendance
from etl.connectors.pe_online.point_claims import ALREADY_CLAIMED, AMBIGUOUS_LEARNER, OTHER_COURSE
from etl.errors import InvalidInput
from etl.load.merge import stage
from etl.load.runs import Counts
from etl.transform.reasons import reason

_LOCK_SPACE: Final = 0x50454F4E  # keeps these advisory locks apart from other users of the database
CLAIMS: Final = [OTHER_COURSE, ALREADY_CLAIMED, AMBIGUOUS_LEARNER]  # what a person may set aside
_RETRY_HOURS: Final = 20  # once a night, whenever the night begins


@dataclass(frozen=True)
class Due:
    """A row that a push would send now."""

    attendance_id: int
    relation_number: str
    status: str
    course_type: int


def refresh(session: Session, org_id: int, account: Account) -> Counts:
    """Bring the ledger of a profession group up to date with results, accreditations and relation numbers.

    Rows that are with PE-Online (sending, unknown, accepted) are left alone.
    """
    if account.mode == "live":
        db.execute(session, "pe_online/attendance.activate", org_id=org_id)
    groups, accreditations, completions, numbers, held = (
        db.query(session, f"pe_online/inputs.{name}", org_id=org_id)
        for name in ("group", "accreditations", "completions", "numbers", "held")
    )
    due = due_attendance(completions, accreditations, groups, numbers, account.timezone, held)
    if account.paused:
        due.loc[due["status"] == "pending", "reason"] = ACCOUNT_PAUSED
    due["explanation"] = [_explained(code) if isinstance(code, str) else None for code in due["reason"]]
    stage(session, "ops.pe_attendance", due)
    merged = [row["attendance_id"] for row in db.rows(session, "pe_online/attendance.merge")]
    _withdraw(session, org_id)
    changed_number = {"reason": NUMBER_CHANGED, "explanation": reason(NUMBER_CHANGED)}
    db.execute(session, "pe_online/attendance.number_changed", org_id=org_id, **changed_number)
    [planned] = db.rows(session, "pe_online/attendance.planned", merged=merged, claimed=ALREADY_CLAIMED)
    return Counts(len(due), **planned)


def open_cases(session: Session, org_id: int) -> pd.DataFrame:
    """Rows of a profession group that a person may have to do something about, as rejections."""
    asked = {"nothing_to_do": list(NOTHING_TO_DO), "number_changed": NUMBER_CHANGED}
    return db.query(session, "pe_online/attendance.open_cases", org_id=org_id, **asked)


@contextmanager
def exclusive(engine: Engine, org_id: int) -> Iterator[Session | None]:
    """Hold a profession group's ledger for one pusher; None where another one holds it.

    Claims go through the connection that holds the lock, so that a pusher which lost it cannot claim.
    """
    key = {"space": _LOCK_SPACE, "org_id": org_id}
    with engine.connect() as session:
        taken = session.scalar(text("select pg_try_advisory_lock(:space, :org_id)"), key)
        session.commit()
        try:
            yield session if taken else None
        finally:
            session.rollback()
            if taken:
                session.execute(text("select pg_advisory_unlock(:space, :org_id)"), key)
                session.commit()


def recover(session: Session, org_id: int) -> list[int]:
    """Rows that a pusher died with become unknown; returns the course type of each."""
    unknown = {"reason": OUTCOME_UNKNOWN, "explanation": reason(OUTCOME_UNKNOWN)}
    found = db.rows(session, "pe_online/attendance.recover", org_id=org_id, **unknown)
    session.commit()
    return [row["course_type"] for row in found]


def due(session: Session, org_id: int) -> list[Due]:
    """What a push would send now: pending, rejected for a while, and unknown rows that may be sent again."""
    found = db.rows(session, "pe_online/attendance.due", org_id=org_id, resendable=sorted(RESENDABLE_TYPES))
    return [Due(**row) for row in found]


def pushed(session: Session, offered: Sequence[Due], calls: int) -> Counts:
    """What became of the rows of a push, as the ledger has it; what waits or is unknown is as it was."""
    attendance_ids = [one.attendance_id for one in offered]
    [outcomes] = db.rows(session, "pe_online/attendance.pushed", attendance_ids=attendance_ids)
    return Counts(len(offered), **outcomes, calls=calls)


def rows(session: Session, attendance_ids: Sequence[int]) -> list[Attendance]:
    """Rows as they would be offered; claims nothing."""
    found = db.rows(session, "pe_online/attendance.rows", attendance_ids=list(attendance_ids))
    return [Attendance(**row) for row in found]


def claim(
    session: Session, attendance_ids: Sequence[int], call_id: UUID, run_id: str, account: Account
) -> list[Attendance]:
    """Commit that these rows are being sent, before they are."""
    found = db.rows(
        session,
        "pe_online/attendance.claim",
        attendance_ids=list(attendance_ids),
        call_id=call_id,
        run_id=run_id,
        connection_id=account.conn_id,
        mode=account.mode,
    )
    session.commit()
    return [Attendance(**row) for row in found]


def record(
    session: Session, call_id: UUID, outcomes: Mapping[int, Outcome], account: Account
) -> dict[int, str]:
    """Commit what became of claimed rows; returns the status of each."""
    recorded = [_recorded(attendance_id, outcome, account) for attendance_id, outcome in outcomes.items()]
    db.execute(
        session,
        "pe_online/attendance.record",
        call_id=call_id,
        outcomes=json.dumps(recorded),
        retry_days=account.retry_days,
        retry_hours=_RETRY_HOURS,
    )
    session.commit()
    return {row["attendance_id"]: row["status"] for row in recorded}


def refuse(session: Session, attendance_ids: Sequence[int]) -> None:
    """Rows that make PE-Online refuse the structure of a whole call are rejected."""
    invalid = {"reason": INVALID_ROW, "explanation": reason(INVALID_ROW)}
    db.execute(session, "pe_online/attendance.refuse", attendance_ids=list(attendance_ids), **invalid)
    session.commit()


@dataclass(frozen=True)
class Chosen:
    """Rows that have something in common; ``since`` and ``until``: the days of the last attempt, in ``timezone``."""

    status: str = "rejected"
    attendance_ids: Sequence[int] | None = None
    org_id: int | None = None
    course: str | None = None
    reason: str | None = None
    since: date | None = None
    until: date | None = None
    timezone: str = "Europe/Amsterdam"


def find(session: Session, chosen: Chosen) -> list[int]:
    """The rows that a person decides about; InvalidInput where one that was named is not as it was said to be."""
    rows = db.rows(session, "pe_online/attendance.find", **asdict(chosen), claims=CLAIMS)
    found = [int(row["attendance_id"]) for row in rows]
    if missing := sorted(set(chosen.attendance_ids or ()) - set(found)):
        claimed = " for points that were claimed or sent before" * (chosen.status == "withheld")
        raise InvalidInput(f"row {missing[0]}: there is no such row, or it is not {chosen.status}{claimed}")
    return found


def resend(session: Session, chosen: Chosen, decided_by: str) -> int:
    """A person has rows offered again by the next push; returns how many.

    Accepted rows too, for PE-Online may have been testing, and rows that are withheld because their points were
    claimed or sent before: PE-Online cannot take anything back, so only a person says so.
    """
    attendance_ids = find(session, chosen)
    return db.execute(
        session, "pe_online/attendance.resend", attendance_ids=attendance_ids, decided_by=decided_by
    )


def settle(session: Session, attendance_id: int, registered: bool, decided_by: str) -> None:
    """A person decides about an unknown outcome: registered at PE-Online, or not and to be sent again.

    Of points that stand under a former number a person may say that they are registered as they should be.
    """
    decided = {"attendance_ids": [attendance_id], "registered": registered, "decided_by": decided_by}
    if not db.rows(session, "pe_online/attendance.settle", **decided, number_changed=NUMBER_CHANGED):
        raise InvalidInput(f"row {attendance_id}: there is no such row, or its outcome is not unknown")


def _explained(code: str) -> str:
    return SHARED_NUMBER if code == AMBIGUOUS_LEARNER else reason(code)


def _withdraw(session: Session, org_id: int) -> None:
    db.execute(
        session,
        "pe_online/attendance.withdraw",
        org_id=org_id,
        no_pass=NO_LONGER_PASSED,
        no_pass_words=reason(NO_LONGER_PASSED),
        not_accredited=NO_LONGER_ACCREDITED,
        not_accredited_words=reason(NO_LONGER_ACCREDITED),
    )


def _recorded(attendance_id: int, outcome: Outcome, account: Account) -> dict[str, Any]:
    in_test = outcome.status == "accepted" and account.mode == "test"
    status = "accepted_in_test" if in_test else outcome.status
    return {
        "attendance_id": attendance_id,
        "status": status,
        "reason": outcome.reason,
        "explanation": outcome.explanation,
        "cause": outcome.cause,
        "retry": outcome.retry,
        "attempt": "not_processed" if outcome.not_processed else status,
        "error_code": outcome.error_code,
    }
