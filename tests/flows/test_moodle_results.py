"""The night of the recorded Moodle site, end to end below Airflow: real PostgreSQL, real HTTP."""

from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

from etl import db
from etl.connections import Connection
from etl.flows import moodle_results
from etl.flows.options import Options
from etl.reference.importing import import_set
from etl.sandbox import accounts
from etl.sandbox.server import serve

GOLDEN = Path(__file__).parents[1] / "golden" / "moodle_results"
SAMPLE = Path(accounts.__file__).parent / "data" / "reference"
TABLES = ["unit_results", "course_completions", "enrolment_completions"]


@pytest.fixture
def sandbox():
    with serve() as running:
        yield running


@pytest.fixture
def engine(warehouse):
    engine = db.engine(warehouse)
    import_set(engine, SAMPLE)
    yield engine
    engine.dispose()


@pytest.fixture
def connect(sandbox):
    def connect(conn_id):
        host = f"{sandbox.url}/moodle"
        return Connection(conn_id, "moodle", host=host, password=accounts.MOODLE_TOKEN)

    return connect


def read(engine, statement):
    with engine.connect() as connection:
        return pd.read_sql(text(statement), connection)


def as_text(frame):
    return {tuple("" if pd.isna(value) else str(value) for value in row) for row in frame.to_numpy()}


def contents(engine):
    """The rows of the result tables without what tells one night from another."""
    return {
        table: as_text(read(engine, f"select * from core.{table}").drop(columns=["run_id", "recorded_at"]))
        for table in TABLES
    }


def test_the_recorded_site_gives_exactly_the_expected_unit_results(engine, connect):
    moodle_results.run(engine, connect, Options())
    expected = pd.read_csv(GOLDEN / "unit_results.csv", dtype=str)
    found = read(engine, f"select {', '.join(expected.columns)} from mart.unit_results")
    assert as_text(found) == as_text(expected)


def test_the_recorded_site_gives_exactly_the_expected_course_completions(engine, connect):
    moodle_results.run(engine, connect, Options())
    expected = pd.read_csv(GOLDEN / "course_completions.csv", dtype=str)
    found = read(engine, "select client_code, source_course_id, completed_at from mart.course_completions")
    for frame in (expected, found):
        frame["completed_at"] = pd.to_datetime(frame["completed_at"], utc=True)
    assert as_text(found) == as_text(expected)


def test_the_expected_rejections_are_among_those_listed(engine, connect):
    moodle_results.run(engine, connect, Options())
    expected = pd.read_csv(GOLDEN / "rejections.csv", dtype=str).fillna("")
    parts = expected[["occurrence_code", "moodle_user_id", "unit_code"]].to_numpy()
    keys = ["/".join(part for part in row if part) for row in parts]
    found = read(engine, "select reason_code, record_key from mart.rejections where resolved_at is null")
    assert set(zip(expected["reason_code"], keys, strict=True)) <= as_text(found)


def test_a_second_night_writes_nothing_and_asks_one_call_a_course(engine, connect, sandbox):
    moodle_results.run(engine, connect, Options())
    first = contents(engine)
    second_run, status = moodle_results.run(engine, connect, Options())
    steps = read(engine, f"select * from ops.run_steps where run_id = '{second_run}'")
    assert (status, steps["written"].sum(), contents(engine)) == ("success", 0, first)
    assert steps.loc[steps["step"] == "land", "calls"].tolist() == [1] * 3
    assert steps[steps["step"] == "derive"].empty


def test_the_counts_of_a_run_add_up_and_nothing_is_left_out(engine, connect):
    run_id, _ = moodle_results.run(engine, connect, Options())
    derived = read(engine, f"select * from ops.run_steps where run_id = '{run_id}' and step = 'derive'")
    open_rejections = read(engine, "select * from ops.rejections where scope <> ''")
    assert derived["rejected"].sum() == len(open_rejections)
    assert derived["written"].sum() == sum(len(rows) for rows in contents(engine).values())
