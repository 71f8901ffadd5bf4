"""Fixtures that every test may use: a real PostgreSQL, and a fresh migrated warehouse a test."""

import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from psycopg2 import sql

from etl.db import embedded, schema

pytest_plugins = ["tests.fixtures.properties", "tests.fixtures.systems", "tests.fixtures.nights"]

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of this test session's own; the URL is its administrator's."""
    home = Path(tempfile.mkdtemp(prefix="etl-tests-"))
    home.chmod(0o755)  # as root, the server runs as another user, who has to get in
    with embedded.running(home, durable=False) as url:
        yield url
    embedded.remove(home)


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> str:
    """The name of a migrated database to copy: much faster than migrating for each test."""
    schema.migrate(embedded.ensure_database(postgres_url, "warehouse"))
    return "warehouse"


@pytest.fixture
def warehouse(postgres_url: str, migrated_template: str) -> Iterator[str]:
    """The URL of a fresh migrated warehouse, owned by an ordinary role."""
    name = sql.Identifier(f"warehouse_{next(_numbers)}")
    owner = sql.Identifier(migrated_template)
    create = sql.SQL("create database {} template {} owner {}").format(name, owner, owner)
    embedded.execute(postgres_url, create)
    yield postgres_url.replace("//postgres@/postgres?", f"//{migrated_template}@/{name.string}?")
    embedded.execute(postgres_url, sql.SQL("drop database {} with (force)").format(name))
