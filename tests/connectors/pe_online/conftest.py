"""Fixtures of the pushes: the sandbox, as new for each test, and a site that pushes to it."""

import pytest

from tests.connectors.pe_online.site import Site


@pytest.fixture
def site(engine, sandbox):
    return Site(engine, sandbox)
