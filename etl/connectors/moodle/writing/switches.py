"""What a person switches for an occurrence: enrolments that go by themselves, a course that follows it.

The file occurrences.csv states the same columns; an import that states them has the last word.
"""

from enum import StrEnum
from typing import Final

from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.moodle.writing.course_planning import occurrence_named
from etl.errors import InvalidInput
from etl.load import audit


class Switch(StrEnum):
    """How an occurrence is switched; ``site``: as moodle_writing.csv says for all of the site."""

    ON = "on"
    OFF = "off"
    SITE = "site"


_WORDS: Final = {Switch.ON: "on", Switch.OFF: "off", Switch.SITE: "as the site has it"}
_STORED: Final[dict[Switch, bool | None]] = {Switch.ON: True, Switch.OFF: False, Switch.SITE: None}


def send_automatically(
    session: Session, occurrence: str, switch: Switch, by: str, shown: Switch | None = None
) -> None:
    """Have the enrolments of an occurrence sent by themselves, or no longer.

    ``shown``: how it was switched as whoever decides saw it. Raises InvalidInput, with how it is now, where that is
    otherwise.
    """
    if shown is not None:
        code = occurrence_named(session, occurrence)["occurrence_code"]
        [now] = db.rows(session, "moodle/switches.now", occurrence_code=code)
        if now["send_automatically"] != _STORED[shown]:
            how = next(one for one, stored in _STORED.items() if stored == now["send_automatically"])
            raise InvalidInput(f"occurrence {code}: somebody else switched it meanwhile, to {_WORDS[how]}")
    _set(session, "send_automatically", occurrence, switch, by)


def follow(session: Session, occurrence: str, switch: Switch, by: str) -> None:
    """Have the course of an occurrence take over its dates and visibility, or no longer."""
    _set(session, "follow", occurrence, switch, by)


def _set(session: Session, name: str, occurrence: str, switch: Switch, by: str) -> None:
    code = occurrence_named(session, occurrence)["occurrence_code"]
    audit.by(session, by)
    db.execute(session, f"moodle/switches.{name}", occurrence_code=code, switched=_STORED[switch])
