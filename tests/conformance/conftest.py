"""Each stand-in of each connector of the registry."""

from contextlib import ExitStack

import pytest

from etl import db
from tests.conformance.stand_ins import played
from tests.fixtures.warehouse import copy_of


@pytest.fixture(params=played())
def kind(request):
    return request.param


@pytest.fixture
def template(sample_template):
    """Every warehouse here holds the sample reference set."""
    return sample_template


@pytest.fixture
def stand_in(kind, engine, sandbox, tmp_path):
    return kind(engine, sandbox, tmp_path)


@pytest.fixture
def fresh(postgres_url, template, sandbox, tmp_path):
    """A function that makes a system and its warehouse anew; returns the stand-in and the warehouse's URL."""
    with ExitStack() as stack:

        def fresh(kind):
            sandbox.reset()
            url = stack.enter_context(copy_of(postgres_url, template))
            engine = db.engine(url)
            stack.callback(engine.dispose)
            return kind(engine, sandbox, tmp_path), url

        yield fresh
