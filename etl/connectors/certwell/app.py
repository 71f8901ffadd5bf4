"""The receiver of CertWell: the generic message, with 1 for passed and 0 for failed (docs/connectors/certwell.md)."""

from dataclasses import replace
from typing import Final

from starlette.applications import Starlette

from etl.engine.bodies import Posted
from etl.engine.decoding import MALFORMED
from etl.engine.mounting import ALONE, Host
from etl.engine.webhooks import generic, receiver
from etl.engine.webhooks.heard import Heard, ReportedCompletion
from etl.engine.webhooks.integrations import Integration
from etl.engine.webhooks.receiver import SendingSystem
from etl.errors import RejectRecord
from etl.results import reported


def hear(posted: Posted, integration: Integration) -> Heard:
    """What a message of CertWell says."""
    return generic.hear(posted, integration, _judged)


SENDER: Final = SendingSystem("certwell", hear, reported.verdict, generic.answer, generic.test_message)


def create_app(url: str | None = None, host: Host = ALONE) -> Starlette:
    """The receiver for the warehouse at ``url``, or for that of the environment."""
    return receiver.create_app(SENDER, url, host)


def _judged(said: ReportedCompletion) -> ReportedCompletion:
    """Its result says whether the candidate passed, where the message does not say so besides."""
    if said.grade is None:
        return said
    if said.grade not in (0, 1):
        raise RejectRecord(MALFORMED, f"element {generic.RESULT}: neither 1 (passed) nor 0 (failed)")
    return said if said.passed is not None else replace(said, passed=said.grade == 1)
