"""A running sandbox, a scripted peer, and clients of both that never sleep."""

from collections.abc import Callable, Iterator

import pytest
from http_peer import Peer, serving

from etl.connections import Connection
from etl.extract.moodle import MoodleClient
from etl.sandbox import accounts
from etl.sandbox.server import Sandbox, serve


@pytest.fixture
def peer() -> Iterator[Peer]:
    with serving() as peer:
        yield peer


@pytest.fixture
def naps() -> list[float]:
    """How long the client meant to sleep each time."""
    return []


@pytest.fixture
def client_of(naps: list[float]) -> Iterator[Callable[..., MoodleClient]]:
    """Clients that note their naps instead of taking them."""
    made: list[MoodleClient] = []

    def build(url: str, token: str = accounts.MOODLE_TOKEN, **fields: object) -> MoodleClient:
        connection = Connection("moodle_main", "moodle", host=url, **{"password": token, **fields})
        made.append(MoodleClient(connection, sleep=naps.append))
        return made[-1]

    yield build
    for client in made:
        client.close()


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with serve() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The sandbox as new: recorded site, no faults, nothing counted."""
    running_sandbox.faults.clear()
    running_sandbox.counters.reset()
    running_sandbox.moodle.reset()
    return running_sandbox


@pytest.fixture
def site(sandbox: Sandbox) -> str:
    """The address of the recorded Moodle site."""
    return f"{sandbox.url}/moodle"
