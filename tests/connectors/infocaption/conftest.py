"""Fixtures of InfoCaption's nights."""

import pytest


@pytest.fixture
def template(sample_template):
    """Every warehouse here holds the sample reference set."""
    return sample_template
