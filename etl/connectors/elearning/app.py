"""The receiver of the generic message (docs/connectors/elearning.md)."""

from typing import Final

from starlette.applications import Starlette

from etl.engine.mounting import ALONE, Host
from etl.engine.webhooks import generic, receiver
from etl.engine.webhooks.receiver import SendingSystem
from etl.results import reported

SENDER: Final = SendingSystem(
    "elearning", generic.hear, reported.verdict, generic.answer, generic.test_message
)


def create_app(url: str | None = None, host: Host = ALONE) -> Starlette:
    """The receiver for the warehouse at ``url``, or for that of the environment."""
    return receiver.create_app(SENDER, url, host)
