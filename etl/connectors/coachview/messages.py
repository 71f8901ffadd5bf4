"""The message that tells Coachview of a result (docs/connectors/coachview.md, Push)."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from etl.engine.webhooks import generic

_WORDS: Final = {True: "true", False: "false"}


@dataclass(frozen=True)
class ResultMessage:
    """What is told of one person and part; without result, presence and passed the part is only finished."""

    item_id: int
    person: str
    course_id: str
    result: str | None
    presence: bool | None
    passed: bool | None
    completed_on: date


def message(told: ResultMessage) -> bytes:
    """The generic message of a result."""
    optional = {
        generic.RESULT: told.result,
        generic.PRESENCE: None if told.presence is None else _WORDS[told.presence],
        generic.PASSED: None if told.passed is None else _WORDS[told.passed],
    }
    return generic.written(
        {
            generic.PERSON: told.person,
            generic.COURSE: told.course_id,
            **{name: text for name, text in optional.items() if text is not None},
            generic.COMPLETED: told.completed_on.isoformat(),
        }
    )
