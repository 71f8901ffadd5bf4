"""The night of the recorded Moodle site, end to end below Airflow: real PostgreSQL, real HTTP."""

from pathlib import Path

import pandas as pd

from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options
from tests.fixtures.nights import as_text

GOLDEN = Path(__file__).parents[2] / "golden" / "moodle_results"


def test_the_recorded_site_gives_exactly_the_expected_unit_results(engine, connect, read):
    moodle_results.run(engine, connect, Options())
    expected = pd.read_csv(GOLDEN / "unit_results.csv", dtype=str)
    found = read(f"select {', '.join(expected.columns)} from mart.unit_results")
    assert as_text(found) == as_text(expected)


def test_the_recorded_site_gives_exactly_the_expected_course_completions(engine, connect, read):
    moodle_results.run(engine, connect, Options())
    expected = pd.read_csv(GOLDEN / "course_completions.csv", dtype=str)
    found = read("select client_code, source_course_id, completed_at from mart.course_completions")
    for frame in (expected, found):
        frame["completed_at"] = pd.to_datetime(frame["completed_at"], utc=True)
    assert as_text(found) == as_text(expected)


def test_the_expected_rejections_are_among_those_listed(engine, connect, read):
    moodle_results.run(engine, connect, Options())
    expected = pd.read_csv(GOLDEN / "rejections.csv", dtype=str).fillna("")
    parts = expected[["occurrence_code", "moodle_user_id", "unit_code"]].to_numpy()
    keys = ["/".join(part for part in row if part) for row in parts]
    found = read("select reason_code, record_key from mart.rejections where resolved_at is null")
    assert set(zip(expected["reason_code"], keys, strict=True)) <= as_text(found)


def test_a_second_night_writes_nothing_and_asks_only_who_is_in_each_course(engine, connect, read, results):
    moodle_results.run(engine, connect, Options())
    first = results()
    second_run, status = moodle_results.run(engine, connect, Options())
    steps = read(f"select * from ops.run_steps where run_id = '{second_run}'")
    assert (status, steps["written"].sum(), results()) == ("success", 0, first)
    assert steps.loc[steps["step"] == "land", "calls"].tolist() == [1] * 3
    assert steps[steps["step"] == "derive"].empty
