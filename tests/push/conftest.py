"""Fixtures of the pushes: the sandbox, as new for each test, and a site that pushes to it."""

import pytest
import requests

from etl import db
from etl.sandbox.server import serve
from tests.push.site import Site


@pytest.fixture(scope="package")
def running():
    with serve() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running):
    requests.post(f"{running.url}/control/reset", timeout=5).raise_for_status()
    return running


@pytest.fixture
def engine(warehouse):
    engine = db.engine(warehouse)
    yield engine
    engine.dispose()


@pytest.fixture
def site(engine, sandbox):
    return Site(engine, sandbox)
