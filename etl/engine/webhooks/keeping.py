"""What is kept of a message beside the inbox, and the log of every message."""

import logging

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.engine.inbox import Received
from etl.engine.webhooks.heard import Completion, Heard
from etl.engine.webhooks.integrations import Integration
from etl.errors import DatabaseFault, RejectRecord

_log = logging.getLogger(__name__)


def keep(
    session: Session, integration: Integration, heard: Heard, received: Received, status: int, sentence: str
) -> None:
    """Keep what a message says, the first time that it comes; its log says each time what its sender was told."""
    if received.is_new:
        _add(session, integration, heard, received.message_id)
    event = "test_message" if heard.is_test else "message" if received.is_new else "message_again"
    db.execute(
        session, "engine/webhooks.log", integration=integration.integration, event=event, status=status,
        detail=sentence, message_id=received.message_id,
    )  # fmt: skip


def log_refusal(engine: Engine, integration: Integration, status: int, sentence: str) -> None:
    """Log that a message was not taken; where that fails, it is all that is lost."""
    try:
        with engine.begin() as session:
            db.execute(
                session, "engine/webhooks.log", integration=integration.integration, event="refused",
                status=status, detail=sentence, message_id=None,
            )  # fmt: skip
    except DatabaseFault as problem:
        _log.error("a refusal could not be logged: %s", problem)


def _add(session: Session, integration: Integration, heard: Heard, message_id: int) -> None:
    said, problem = heard.said, heard.said if isinstance(heard.said, RejectRecord) else None
    db.execute(
        session, "engine/webhooks.add_message", message_id=message_id, integration=integration.integration,
        person_id=heard.person_id, course_id=heard.course_id, outcome=_outcome(heard),
        reason_code=problem and problem.reason_code, reason=problem and str(problem),
    )  # fmt: skip
    if isinstance(said, Completion) and not heard.is_test:
        db.execute(
            session, "engine/webhooks.add_completion", message_id=message_id, integration=integration.integration,
            person_id=said.person_id, course_id=said.course_id, completed_at=said.completed_at,
            completed_on=said.completed_on, grade=said.grade, presence=said.presence, passed=said.passed,
        )  # fmt: skip


def _outcome(heard: Heard) -> str:
    if heard.is_test:
        return "test"
    if heard.said is None:
        return "ignored"
    return "completion" if isinstance(heard.said, Completion) else "unusable"
