"""The receiver of aNewSpring (docs/connectors/anewspring.md, Answers)."""

from http import HTTPStatus
from typing import Final

from starlette.applications import Starlette

from etl.connectors.anewspring.decode import hear, test_message
from etl.engine.mounting import ALONE, Host
from etl.engine.webhooks import receiver
from etl.engine.webhooks.receiver import SendingSystem, Verdict
from etl.results import reported

_TOLD: Final = {
    "registered": "registered",
    "already": "already registered: the first registration stands",
    "ignored": "kept: nothing is registered for this event",
    "failed": "kept; what becomes of it could not be said",
    "test": "test message: the signature is right, nothing was registered",
}


def answer(verdict: Verdict) -> tuple[int, str]:
    """What aNewSpring is told. It asks ten times more for anything that is no success, which helps nobody here."""
    if verdict.outcome in ("registered", "already", "test"):
        return HTTPStatus.OK, _TOLD[verdict.outcome]
    return HTTPStatus.ACCEPTED, _TOLD.get(verdict.outcome, f"kept, not registered: {verdict.reason}")


SENDER: Final = SendingSystem("anewspring", hear, reported.verdict, answer, test_message)


def create_app(url: str | None = None, host: Host = ALONE) -> Starlette:
    """The receiver for the warehouse at ``url``, or for that of the environment."""
    return receiver.create_app(SENDER, url, host)
