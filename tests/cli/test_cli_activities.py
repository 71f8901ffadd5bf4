"""The activities of a course by name: filled by the night, completed on demand (mart.activities)."""

import json

import pytest

from etl.errors import RejectRecord
from etl.sandbox import accounts


@pytest.fixture
def moodle(monkeypatch, sandbox):
    """The sandbox's Moodle, as the environment names its connection."""
    connection = {
        "conn_type": "moodle",
        "host": f"{sandbox.url}/moodle",
        "password": accounts.MOODLE_TOKEN,
    }
    monkeypatch.setenv("AIRFLOW_CONN_MOODLE_MAIN", json.dumps(connection))
    return sandbox


@pytest.mark.long
def test_a_night_names_what_has_grades_with_type_and_what_is_mapped(etl, moodle, sql):
    etl("run", "moodle_results")

    found = sql(
        "select activity_id, activity_type, can_be_mapped, mapped from mart.activities where activity_id = '2'"
    )
    assert found == [("2", "assign", True, True)]
    assert sql("select count(*) from mart.activities where activity_name = ''") == [(0,)]
    passed = sql("select count(*) from mart.activities where mapped and pass_grade is not null")
    assert passed > [(0,)]


@pytest.mark.long
def test_a_second_night_changes_nothing_of_them(etl, moodle, sql):
    etl("run", "moodle_results")
    before = sql("select xmin::text, * from core.activities order by activity_id")
    etl("run", "moodle_results", "--full")

    assert sql("select xmin::text, * from core.activities order by activity_id") == before


def test_all_activities_of_a_course_are_listed_on_demand_with_pass_grade_and_type(etl, moodle):
    lines = [line.split("\t") for line in etl("moodle", "activities", "moodle_main", "2").output.splitlines()]

    rows = {row[0]: dict(zip(lines[0], row, strict=True)) for row in lines[1:]}
    types = {row["activity_type"]: row["can_be_mapped"] for row in rows.values()}
    assert types["quiz"] == types["assign"] == "True"
    assert types["forum"] == "False"
    assert all(row["activity_name"] for row in rows.values())
    assert float(rows["2"]["pass_grade"]) > 0
    assert rows["2"]["mapped"] == "True"
    assert rows["2"]["units"].startswith("OCC-1001/")


def test_what_is_no_longer_in_the_course_is_no_longer_listed(etl, moodle, sql):
    etl("moodle", "activities", "moodle_main", "2")
    sql(
        "insert into core.activities (source, source_course_id, activity_id, name, module, mappable)"
        " values ('moodle_main', '2', '99999', 'Removed', 'quiz', true)"
    )
    assert "Removed" not in etl("moodle", "activities", "moodle_main", "2").output


def test_a_course_that_the_site_does_not_know_is_an_error(etl, moodle):
    assert isinstance(etl("moodle", "activities", "moodle_main", "999999").exception, RejectRecord)


@pytest.mark.long
def test_names_of_courses_are_text_and_the_home_of_the_site_is_no_course(etl, moodle, sql):
    etl("run", "moodle_results")

    names = dict(
        sql("select source_course_id, course_name from mart.linkable_courses where source = 'moodle_main'")
    )
    assert names["3"] == "BSB40120 Certificate IV in Business & Admin (Term 1)"
    assert "1" not in names
