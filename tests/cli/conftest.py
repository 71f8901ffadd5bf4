"""Fixtures of the commands: the command line on a warehouse that holds the sample reference set."""

import pytest
from typer.testing import CliRunner

from etl import cli


@pytest.fixture
def template(sample_template):
    """Every warehouse here holds the sample reference set."""
    return sample_template


@pytest.fixture
def etl(warehouse, engine, monkeypatch):
    """A function that runs the command ``etl`` on the test's warehouse."""
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    return lambda *given: CliRunner().invoke(cli._typer, [str(one) for one in given])


@pytest.fixture
def sql(engine):
    """A function that runs one statement and returns its rows, where it has any."""

    def sql(statement):
        with engine.begin() as session:
            done = session.exec_driver_sql(statement)
            return [tuple(row) for row in done] if done.returns_rows else []

    return sql
