"""Receivers of every sender, on a real port and in one process."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from tests.fixtures.webhooks import fill, receivers


@pytest.fixture
def filled(engine: Engine) -> Engine:
    fill(engine)
    return engine


@pytest.fixture
def client(warehouse: str, filled: Engine) -> Iterator[TestClient]:
    with TestClient(receivers(warehouse), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def rows(engine: Engine):
    """The rows of a statement, as tuples."""

    def rows(statement: str) -> list[tuple[object, ...]]:
        with engine.connect() as session:
            return [tuple(row) for row in session.execute(text(statement))]

    return rows


@pytest.fixture
def template(migrated_template: str) -> str:
    """Nothing is entered but what these tests enter."""
    return migrated_template
