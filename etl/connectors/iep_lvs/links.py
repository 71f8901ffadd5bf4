"""School links: activate, pause, resume, end (docs/connectors/iep_lvs.md, Links and keys).

A school invents a verificatiecode that starts with its BRIN and location number. Removing the code stops the
exchange, entering it again resumes it. The code is stored hashed; every change is logged by the database.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection as Session

from etl import db
from etl.errors import InvalidInput
from etl.load import audit

_BRIN6: Final = re.compile(r"[0-9]{2}[A-Z]{2}[0-9]{2}")
_SHORTEST, _LONGEST = 20, 50
# A school may invent a weak code: guessing it from the hash has to stay slow. 16 MB and about 40 ms a try;
# receivers remember which code they have verified, so that only the first message pays.
_COST: Final = {"n": 2**14, "r": 8, "p": 1}


class Reading(StrEnum):
    """What happens to a message that deviates from the contract."""

    STRICT = "strict"
    LENIENT = "lenient"


class LinkChanged(InvalidInput):
    """Somebody else changed the link since it was looked at; nothing was changed."""


class UnknownPupil(StrEnum):
    """What happens to results of a pupil whom the administration does not know."""

    QUARANTINE = "quarantine"
    FAULT = "fault"


@dataclass(frozen=True)
class LinkTerms:
    """Who accepted the terms of the link, when, and from when on results may come."""

    accepted_by: str
    accepted_on: date
    start_date: date


def activate(
    session: Session, code: str, supplier: str, supplier_code: str, terms: LinkTerms, actor: str
) -> str:
    """Open the link of a school, or open it anew, under this code. Returns the school's BRIN6."""
    brin6 = school_of(code)
    if not terms.accepted_by.strip():
        raise InvalidInput("the terms must be accepted by a mandated person: give a name")
    audit.by(session, actor)
    db.execute(
        session, "iep_lvs/links.open", brin6=brin6, supplier=supplier, supplier_code=supplier_code,
        accepted_by=terms.accepted_by, accepted_on=terms.accepted_on, start_date=terms.start_date,
    )  # fmt: skip
    _enter(session, brin6, code)
    return brin6


def pause(session: Session, brin6: str, actor: str) -> None:
    """Stop the exchange for now by removing the code."""
    _close(session, brin6, "paused", ["active"], actor)


def resume(session: Session, code: str, actor: str) -> str:
    """Go on with the exchange under this code, which may be a new one. Returns the school's BRIN6."""
    brin6 = school_of(code)
    audit.by(session, actor)
    _set_status(session, brin6, "active", ["active", "paused"])
    _enter(session, brin6, code)
    return brin6


def end(session: Session, brin6: str, actor: str) -> None:
    """End the link; only activating it again, terms included, brings it back."""
    _close(session, brin6, "ended", ["active", "paused"], actor)


def configure(
    session: Session,
    brin6: str,
    actor: str,
    reading: Reading | None,
    unknown_pupil: UnknownPupil | None,
    schoolkey: str | None = None,
) -> None:
    """Set how messages of this link are read, what happens to unknown pupils, and what they may call the school."""
    audit.by(session, actor)
    known = db.execute(
        session, "iep_lvs/links.settings", brin6=brin6, reading=reading, unknown_pupil=unknown_pupil,
        schoolkey=schoolkey,
    )  # fmt: skip
    if not known:
        raise InvalidInput(f"school {brin6} has no link")


def last_change(session: Session, brin6: str) -> Mapping[str, Any] | None:
    """What a person did last to the link of a school: log_id, event, actor, happened_at. None: it never had a link."""
    return next(iter(db.rows(session, "iep_lvs/links.last_change", brin6=brin6)), None)


def check_unchanged(session: Session, brin6: str, seen: int) -> None:
    """Until the end of this transaction nobody else changes the link. ``seen``: the entry of the log that was the last
    change of it when somebody looked; 0: there was no link. Raises LinkChanged where another came since.
    """
    db.rows(session, "iep_lvs/links.lock", brin6=brin6)
    last = last_change(session, brin6)
    if last and last["log_id"] != seen:
        what = str(last["event"]).replace("_", " ")
        when = f"{last['happened_at'].astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        raise LinkChanged(f"school {brin6}: {what} by {last['actor'] or 'somebody'} at {when}")


def school_of(code: str) -> str:
    """The BRIN6 of the school whose code this is. Raises InvalidInput where it can be none."""
    if not _SHORTEST <= len(code) <= _LONGEST:
        raise InvalidInput(f"a verificatiecode has {_SHORTEST} to {_LONGEST} characters")
    if not code.isprintable() or code != code.strip():
        raise InvalidInput("a verificatiecode has no blanks around it and no control characters")
    brin6 = _BRIN6.match(code)
    if brin6 is None:
        raise InvalidInput("a verificatiecode starts with the BRIN and location number, such as 99QQ00")
    return brin6[0]


def hashed(code: str, salt: bytes) -> bytes:
    """The hash of a code, as it is stored."""
    return hashlib.scrypt(code.encode(), salt=salt, **_COST)


def _close(session: Session, brin6: str, status: str, before: list[str], actor: str) -> None:
    audit.by(session, actor)
    _set_status(session, brin6, status, before)
    db.execute(session, "iep_lvs/links.remove_code", brin6=brin6)


def _set_status(session: Session, brin6: str, status: str, before: list[str]) -> None:
    if not db.execute(session, "iep_lvs/links.set_status", brin6=brin6, status=status, before=before):
        raise InvalidInput(f"school {brin6} has no link that is {' or '.join(before)}")


def _enter(session: Session, brin6: str, code: str) -> None:
    salt = os.urandom(16)
    db.execute(session, "iep_lvs/links.enter_code", brin6=brin6, salt=salt, hash=hashed(code, salt))
