"""Completions that Moodle's night recorded are registered as those that were sent are."""

import pandas as pd
import pytest

from etl import db
from tests.connectors.coachview.requests import complete_in_moodle, counted


def test_a_course_completed_in_moodle_is_registered_with_its_grade_scaled_into_the_definition(
    engine, register, read, effects
):
    complete_in_moodle(engine, "CL00001", "2", "2026-09-25 22:30Z", 50)
    assert counted(read, register()[0]) == [("moodle_main", 1, 1, 0, 0, "")]
    assert effects("R8", "T2-ONLINE") == "5.5 t t t t 2026-09-26"  # half of 1 to 10; the day is Amsterdam's
    assert counted(read, register()[0]) == []


def test_a_course_completed_without_a_grade_is_registered_without_a_result(engine, register, effects):
    complete_in_moodle(engine, "CL00001", "2", "2026-09-25 12:30Z", None)
    register()
    assert effects("R8", "T2-ONLINE") == "- t t t t 2026-09-25"


def test_where_there_is_a_pass_mark_the_grade_says_who_passed(engine, register, write, effects):
    write("update core.integrations set pass_mark = 5.6 where integration = 'moodle_main'")
    complete_in_moodle(engine, "CL00001", "2", "2026-09-25 12:30Z", 50)
    register()
    assert effects("R8", "T2-ONLINE") == "5.5 t f t t 2026-09-25"


def test_more_than_all_points_of_moodle_lie_outside_the_definition(engine, register, listed):
    complete_in_moodle(engine, "CL00001", "2", "2026-09-25 12:30Z", 110)
    register()
    assert listed("grade_outside_definition") == ["2/CL00001"]


def test_a_completion_of_moodle_that_is_nobodys_open_part_is_left_until_it_is(
    engine, register, write, effects, read
):
    complete_in_moodle(engine, "CL00002", "2", "2026-09-25 12:30Z", 50)  # R9 is finished
    complete_in_moodle(engine, "CL00003", "2", "2026-09-25 12:30Z", 50)  # asked for nothing
    register()
    assert read("select * from core.reported_completions").empty
    write("update core.training_requests set status = 'open' where request_code = 'R9'")
    register()
    assert effects("R9", "T2-ONLINE") == "5.5 t t t t 2026-09-25"


def test_a_completion_that_a_person_revoked_is_not_registered(engine, register, write, read):
    complete_in_moodle(engine, "CL00001", "2", "2026-09-25 12:30Z", 50)
    write("update core.course_completions set passed = false")
    register()
    assert read("select * from core.registrations").empty


@pytest.mark.usefixtures("register")
def test_a_course_that_is_only_the_part_of_a_training_is_polled_and_its_completions_count(engine, write):
    write("update core.training_parts set course_id = '7' where part_code = 'T2-ONLINE'")
    with engine.connect() as session:
        wanted = db.query(session, "results/courses.occurrences", source="moodle_main")
    [row] = wanted[wanted["scope"] == "7"].to_dict("records")
    assert (row["counted"], row["waited_for"], pd.isna(row["occurrence_code"])) == (True, False, True)
