"""What Airflow's API server serves besides its own pages."""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from airflow.plugins_manager import AirflowPlugin

Asgi = Callable[..., Awaitable[None]]


@cache
def _receiver() -> Asgi:
    from etl.receive.app import create_app

    return create_app()


async def receiver(scope: Any, receive: Any, send: Any) -> None:
    """The UWLR receiver. Senders have no login here: it checks the key of each message itself.

    Built for its first request: this file runs in every process of Airflow, and a fault in the receiver is to
    stop nothing but the receiver.
    """
    await _receiver()(scope, receive, send)


class LearningResultsPlugin(AirflowPlugin):
    """The receiver of IEP LVS below /uwlr; nothing else of this plugin answers without a login."""

    name = "learning_results"
    fastapi_apps = [{"app": receiver, "url_prefix": "/uwlr", "name": "UWLR receiver"}]  # noqa: RUF012
