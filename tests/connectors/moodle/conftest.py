"""Fixtures of Moodle's nights."""

import pytest

from etl import db
from etl.connectors.moodle import flow
from etl.engine.options import Options
from etl.sandbox.server import serve
from tests.fixtures.nights import moodle_connection
from tests.fixtures.warehouse import copy


@pytest.fixture
def template(request, sample_template):
    """Every warehouse here holds the sample reference set; that of ``first_night`` its results too."""
    if "first_night" in request.fixturenames:
        return request.getfixturevalue("night_template")
    return sample_template


@pytest.fixture
def first_night(sandbox):
    """The recorded site has had a night before the test begins; nothing was counted of its calls."""


@pytest.fixture(scope="session")
def night_template(postgres_url, sample_template):
    """The name of a database to copy that holds what a night of the recorded site leaves."""
    name = "warehouse_after_a_night"
    engine = db.engine(copy(postgres_url, sample_template, name))
    with serve() as sandbox:
        _, status = flow.run(engine, lambda conn_id: moodle_connection(sandbox.url, conn_id), Options())
    engine.dispose()  # a database that is in use cannot be copied
    assert status == "success"
    return name
