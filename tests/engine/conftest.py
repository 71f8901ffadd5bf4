"""Fixtures of the engine."""

import pytest

from etl import db
from tests.engine.carrier import DETAILS, Carrier


@pytest.fixture
def template(sample_template):
    """Every warehouse here holds the sample reference set."""
    return sample_template


@pytest.fixture
def carrier(warehouse):
    """A carrier, and its table of letters."""
    engine = db.engine(warehouse)
    carrier = Carrier(engine)
    carrier.sql(DETAILS)
    yield carrier
    engine.dispose()
