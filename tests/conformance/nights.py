"""A night as the suite plays it: what the system sends comes in over HTTP, then the flow runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import requests
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.routing import Mount as Below

from etl.connections import Connection
from etl.connectors import registry
from etl.engine.connector import load
from etl.engine.mounting import Host
from etl.engine.options import Options
from etl.http.transport import transport
from tests.conformance.stand_in import Message, StandIn
from tests.fixtures.webhooks import serving

SECONDS = 30
Connect = Callable[[str], Connection]


@dataclass(frozen=True)
class Answer:
    """What a sender is told."""

    status: int
    text: str


def night(stand_in: StandIn) -> tuple[str, str]:
    """Everything comes in once more, and the flow runs; its run's id and status."""
    deliver(stand_in)
    return work(stand_in)


def work(stand_in: StandIn) -> tuple[str, str]:
    """The flow runs; its run's id and status."""
    return registry.flow(stand_in.flow).run(stand_in.engine, stand_in.connect, Options())


def deliver(stand_in: StandIn) -> list[Answer]:
    """The messages come in, one after the other."""
    return posted(stand_in.engine, stand_in.connect, stand_in.messages())


def posted(engine: Engine, connect: Connect, messages: Sequence[Message]) -> list[Answer]:
    """Post messages to receivers on a real port, for the warehouse of this engine."""
    if not messages:
        return []
    url = engine.url.render_as_string(hide_password=False)
    host = Host(connect=connect)
    routes = [Below(one.path, app=load(one.app)(url, host)) for one in registry.mounts()]
    with serving(Starlette(routes=routes)) as origin, transport(origin) as calls:
        return [_post(calls, origin, one) for one in messages]


def _post(calls: requests.Session, origin: str, message: Message) -> Answer:
    answer = calls.post(
        origin + message.path, data=message.body, headers=dict(message.headers), timeout=SECONDS
    )
    return Answer(answer.status_code, answer.text)
