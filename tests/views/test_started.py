"""What is stuck in started: since when, and which activities are open (mart.started), over the recorded site."""

import pytest

from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options


def test_every_started_unit_is_listed_with_the_activities_that_keep_it_open(engine, connect, read):
    moodle_results.run(engine, connect, Options())

    found = read(
        "select enrolment_code, unit_code, open_activities, open_activity_list, surname from mart.started"
    )
    started = read("select enrolment_code, unit_code from mart.unit_results where status = 'started'")
    assert set(zip(found["enrolment_code"], found["unit_code"], strict=True)) == set(
        zip(started["enrolment_code"], started["unit_code"], strict=True)
    )
    derived = read("select enrolment_code, unit_code from core.unit_results where status = 'started'")
    listed = found.merge(derived)
    assert len(listed) == len(derived) > 0
    assert (listed["open_activities"] > 0).all()
    assert listed["open_activity_list"].str.contains(r"\(\d+, (?:not_graded|not_passed)\)").all()


@pytest.mark.long
def test_a_second_night_changes_nothing_of_what_is_open(engine, connect, read):
    moodle_results.run(engine, connect, Options())
    before = read(
        "select cast(cast(xmin as text) as bigint), * from core.open_activities order by 4, 5, 6"
    ).to_csv()
    moodle_results.run(engine, connect, Options(full=True))

    after = read(
        "select cast(cast(xmin as text) as bigint), * from core.open_activities order by 4, 5, 6"
    ).to_csv()
    assert after == before
