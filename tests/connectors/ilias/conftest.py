"""A connection to the sandbox's ILIAS."""

from dataclasses import replace

import pytest

from etl.connections import Connection
from etl.connectors.ilias.client import IliasClient
from etl.sandbox import accounts


def connection_to(url, **extra):
    """The account of the sandbox at a site."""
    settings = {"client": accounts.ILIAS_CLIENT, "tests": {"71": "85"}, "wait_limit": 0}
    return Connection(
        "ilias_main",
        "ilias",
        host=url,
        login=accounts.ILIAS_USER,
        password=accounts.ILIAS_PASSWORD,
        extra=settings | extra,
    )


@pytest.fixture
def ilias(sandbox):
    """The stand-in itself."""
    return sandbox.ilias


@pytest.fixture
def connection(sandbox):
    return connection_to(f"{sandbox.url}/ilias")


@pytest.fixture
def client_of(connection):
    """A function that makes a client, of a connection with other fields."""
    made = []

    def client_of(extra=None, **fields):
        settings = dict(connection.extra) | (extra or {})
        made.append(IliasClient(replace(connection, extra=settings, **fields)))
        return made[-1]

    yield client_of
    for client in made:
        client.close()
