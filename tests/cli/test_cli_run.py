"""The command ``etl run``: it says what a run did, or would do."""

import pytest

from etl.sandbox import accounts


@pytest.fixture
def moodle(monkeypatch, sandbox):
    """The sandbox's Moodle, as the environment names its connection."""
    host = f"{sandbox.url}/moodle"
    connection = f'{{"conn_type": "moodle", "host": "{host}", "password": "{accounts.MOODLE_TOKEN}"}}'
    monkeypatch.setenv("AIRFLOW_CONN_MOODLE_MAIN", connection)


def test_a_dry_run_prints_what_would_be_written_and_writes_nothing(etl, moodle, sql):
    done = etl("run", "moodle_results", "--dry-run")

    assert (done.exit_code, "would write" in done.output) == (0, True)
    assert "dry run: nothing was written or sent" in done.output
    assert sql("select count(*) from core.unit_results") == [(0,)]
    assert "needs_start_date: No start date is known" in done.output
    assert sql("select count(*) from mart.rejections where scope <> ''") == [(0,)]


def test_a_run_prints_its_counts_and_ends_with_its_id_and_status(etl, moodle):
    lines = etl("run", "moodle_results").output.splitlines()

    assert any(line.split()[:1] == ["derive"] for line in lines)
    assert lines[-1].startswith("moodle_results ")
    assert lines[-1].endswith(": success")
