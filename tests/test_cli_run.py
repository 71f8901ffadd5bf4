"""The command ``etl run``: it says what a run did, or would do."""

import pytest
from typer.testing import CliRunner

from etl import cli, db
from etl.reference.importing import import_set
from etl.sandbox import accounts
from etl.sandbox.server import serve
from tests.flows.conftest import SAMPLE


@pytest.fixture
def run(warehouse, monkeypatch):
    """A function that runs ``etl run moodle_results`` on the sandbox's Moodle."""
    engine = db.engine(warehouse)
    import_set(engine, SAMPLE)
    engine.dispose()
    with serve() as sandbox:
        monkeypatch.setenv("WAREHOUSE_URL", warehouse)
        host = f"{sandbox.url}/moodle"
        connection = f'{{"conn_type": "moodle", "host": "{host}", "password": "{accounts.MOODLE_TOKEN}"}}'
        monkeypatch.setenv("AIRFLOW_CONN_MOODLE_MAIN", connection)
        yield lambda *given: CliRunner().invoke(cli._typer, ["run", "moodle_results", *given])


def test_a_dry_run_prints_what_would_be_written_and_writes_nothing(run, warehouse):
    done = run("--dry-run")

    assert (done.exit_code, "would write" in done.output) == (0, True)
    assert "dry run: nothing was written or sent" in done.output
    engine = db.engine(warehouse)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from core.unit_results").scalar_one() == 0
    engine.dispose()


def test_a_run_prints_its_counts_and_ends_with_its_id_and_status(run):
    lines = run().output.splitlines()

    assert any(line.split()[:1] == ["derive"] for line in lines)
    assert lines[-1].startswith("moodle_results ")
    assert lines[-1].endswith(": success")
