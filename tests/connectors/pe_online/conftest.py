"""Fixtures of the pushes: the sandbox, as new for each test, and a site that pushes to it."""

import pytest

from etl import db
from tests.connectors.pe_online.site import Site


@pytest.fixture
def engine(warehouse):
    engine = db.engine(warehouse)
    yield engine
    engine.dispose()


@pytest.fixture
def site(engine, sandbox):
    return Site(engine, sandbox)
