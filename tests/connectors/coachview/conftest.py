"""A training administration in the warehouse of the sample, and runs of the flow."""

import pytest

from etl.connectors.coachview import flow
from etl.engine.options import Options
from tests.connectors.coachview import requests


@pytest.fixture
def template(sample_template):
    return sample_template


@pytest.fixture
def register(engine):
    """A function that runs the flow on a training administration; returns the run's id and status."""
    requests.fill(engine)

    def register(**options):
        return flow.run(engine, None, Options(**options))

    return register


@pytest.fixture
def effects(read):
    """A function that reads the six effects on a part of a request, as text; None: nothing is registered."""

    def effects(request, part):
        found = read(
            "select concat_ws(' ', coalesce(cast(result as text), '-'), presence, passed, finished, approved,"
            f" approved_on) as row from mart.registrations where request_code = '{request}' and part_code = '{part}'"
        )
        return found["row"].iloc[0] if len(found) else None

    return effects
