"""Who the participants are is asked now and then; who was there when, every night."""

import pytest

from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options
from etl.errors import GiveUp

CLIENT, STUDENT, LATER = "CL00001", 7, 1_795_500_000
ASKED = "select scope, resource from raw.landings where run_id = '{}' and scope <> '' order by 1, 2"


@pytest.fixture
def asked(night, read):
    """A function that plays a night and tells what it asked of course 2."""

    def asked(**options):
        run_id, status = night(**options)
        assert status == "success"
        found = read(ASKED.format(run_id))
        return found.loc[found["scope"] == "2", "resource"].tolist()

    return asked


@pytest.fixture
def later(write):
    """A function that lets all of what was landed lie so many hours back."""
    return lambda hours: write(f"update raw.landings set landed_at = landed_at - interval '{hours} hours'")


def renamed(sandbox, idnumber):
    """The account of a student gets another idnumber, without anybody having been in a course."""
    for course in sandbox.moodle.site.enrolled.values():
        for row in course:
            if row["id"] == STUDENT:
                row["idnumber"] = idnumber
    sandbox.moodle.site.changes += 1


def test_a_quiet_night_asks_when_everybody_was_there_and_not_who_they_are(asked, calls, read):
    asked()
    calls()
    assert asked() == ["access"]
    courses = read("select count(distinct scope) as n from raw.landings where resource = 'users'")["n"][0]
    assert calls() == {"courses_by_field": 1, "enrolled_users": courses}
    assert asked() == ["access"]


@pytest.mark.long
def test_whoever_comes_or_leaves_is_asked_for_the_same_night(asked, sandbox, read):
    site = sandbox.moodle.site
    gone = next(row for row in site.enrolled[2] if row["id"] == STUDENT)
    asked()
    site.enrolled[2].remove(gone)
    site.changes += 1
    assert {"access", "users"} <= set(asked())
    site.enrolled[2].append(gone)
    site.changes += 1
    assert {"access", "users"} <= set(asked())
    assert asked() == ["access"]


@pytest.mark.long
def test_a_changed_idnumber_is_found_after_the_period_or_when_the_course_is_asked_for(
    asked, sandbox, later, listed
):
    asked()
    renamed(sandbox, "CL99999")
    later(6 * 24)
    assert asked() == ["access"]
    later(25)
    assert "users" in asked()
    assert f"OCC-1001/{STUDENT}" in listed("unmatched_learner")
    renamed(sandbox, CLIENT)
    assert asked() == ["access"]  # of the same day
    assert "users" in asked(courses=frozenset({"2"}))
    assert f"OCC-1001/{STUDENT}" not in listed("unmatched_learner")


@pytest.mark.long
def test_where_somebody_is_listed_as_unknown_it_is_asked_the_next_night(asked, sandbox, later, listed):
    renamed(sandbox, "CL99999")
    asked()
    renamed(sandbox, CLIENT)
    later(23)
    assert "users" in asked()
    assert f"OCC-1001/{STUDENT}" not in listed("unmatched_learner")


@pytest.mark.long
def test_a_grade_never_goes_to_whose_idnumber_it_was_before(asked, sandbox, listed):
    site = sandbox.moodle.site
    asked()
    renamed(sandbox, "CL99999")
    site.reports[2][STUDENT]["useridnumber"] = "CL99999"
    site.touch(2, STUDENT, LATER)
    assert {"access", "user_grades", "users"} <= set(asked())
    assert f"OCC-1001/{STUDENT}" in listed("unmatched_learner")


@pytest.mark.parametrize("days", [-1, 32, "seven"])
def test_a_period_that_is_none_is_refused_by_name(engine, connect, days):
    def wrong(conn_id):
        connection = connect(conn_id)
        connection.extra["profile_days"] = days
        return connection

    with pytest.raises(GiveUp, match="profile_days"):
        moodle_results._NIGHT.client(engine, wrong("moodle_main"))


def test_with_a_period_of_no_days_it_is_asked_every_night(engine, connect, read):
    def every_night(conn_id):
        connection = connect(conn_id)
        connection.extra["profile_days"] = 0
        return connection

    for _ in range(2):
        run_id, _ = moodle_results.run(engine, every_night, Options(courses=frozenset()))
    assert "users" in read(ASKED.format(run_id))["resource"].tolist()
