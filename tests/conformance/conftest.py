"""Each connector of the registry with its stand-in; one that has none fails with what to write."""

from contextlib import ExitStack

import pytest

from etl import db
from tests.conformance.stand_in import WITH_A_FLOW, stand_in_of
from tests.fixtures.warehouse import copy_of


@pytest.fixture(params=WITH_A_FLOW, ids=lambda connector: connector.system)
def connector(request):
    return request.param


@pytest.fixture
def template(sample_template):
    """Every warehouse here holds the sample reference set."""
    return sample_template


@pytest.fixture
def stand_in(connector, engine, sandbox, tmp_path):
    return stand_in_of(connector)(engine, sandbox, tmp_path)


@pytest.fixture
def fresh(connector, postgres_url, template, sandbox, tmp_path):
    """A function that makes the system and its warehouse anew; returns the stand-in and the warehouse's URL."""
    with ExitStack() as stack:

        def fresh():
            sandbox.reset()
            url = stack.enter_context(copy_of(postgres_url, template))
            engine = db.engine(url)
            stack.callback(engine.dispose)
            return stand_in_of(connector)(engine, sandbox, tmp_path), url

        yield fresh
