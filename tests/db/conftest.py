"""Fixtures: databases that are not, or not wholly, migrated."""

from collections.abc import Iterator
from itertools import count

import pytest
from psycopg2 import sql

from etl.db import embedded

_numbers = count(1)


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    """The URL of a fresh empty database, owned by an ordinary role."""
    name = f"empty_{next(_numbers)}"
    yield embedded.ensure_database(postgres_url, name)
    embedded.execute(postgres_url, sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
