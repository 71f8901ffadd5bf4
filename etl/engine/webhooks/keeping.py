"""What is kept of a message beside the inbox, and the log of every message."""

import logging
from typing import Final

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.engine.inbox import Received
from etl.engine.webhooks.heard import Heard, ReportedCompletion
from etl.engine.webhooks.integrations import Integration
from etl.errors import DatabaseFault

_log = logging.getLogger(__name__)
_VALUES: Final = ("completed_at", "completed_on", "grade", "presence", "passed")


def keep(
    session: Session, integration: Integration, heard: Heard, received: Received, status: int, sentence: str
) -> bool:
    """Keep what a message says, the first time that it comes, or the first that it can be used, and return whether that
    is now; its log says each time what its sender was told.
    """
    about = {
        "integration": integration.integration, "status": status, "detail": sentence,
        "message_id": received.message_id,
    }  # fmt: skip
    event = "test_message" if heard.is_test else "message"
    person = {"person_id": heard.person_id, "course_id": heard.course_id}
    if db.execute(session, "engine/webhooks.keep", event=event, **about, **person, **_said(heard)):
        return True
    db.execute(session, "engine/webhooks.log", event="message_again", **about)
    return False


def log_withheld(session: Session, integration: Integration, status: int, sentence: str) -> None:
    """Log that a message was taken of which nothing is kept."""
    told = {"integration": integration.integration, "status": status, "detail": sentence}
    db.execute(session, "engine/webhooks.log", event="message", message_id=None, **told)


def log_refusal(engine: Engine, integration: Integration, status: int, sentence: str) -> None:
    """Log that a message was not taken; where that fails, it is all that is lost."""
    told = {"integration": integration.integration, "status": status, "detail": sentence}
    try:
        with engine.begin() as session:
            db.execute(session, "engine/webhooks.log", event="refused", message_id=None, **told)
    except DatabaseFault as problem:
        _log.error("a refusal could not be logged: %s", problem)


def _said(heard: Heard) -> dict[str, object]:
    """What a message is, with the values of a completion or the reason why it cannot be used."""
    said = dict.fromkeys((*_VALUES, "reason_code", "reason")) | {"outcome": _outcome(heard)}
    if isinstance(heard.said, ReportedCompletion):
        return said | {name: getattr(heard.said, name) for name in _VALUES}
    if heard.said is not None and not heard.is_test:
        return said | {"reason_code": heard.said.reason_code, "reason": str(heard.said)}
    return said


def _outcome(heard: Heard) -> str:
    if heard.is_test:
        return "test"
    if heard.said is None:
        return "ignored"
    return "completion" if isinstance(heard.said, ReportedCompletion) else "unusable"
