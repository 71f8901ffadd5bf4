"""Night after night: what changed is asked and recorded, what is recorded stands, what fails is listed."""

import threading
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from etl.connections import Connection
from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options
from etl.results import review

COURSE_A = 2
STUDENT, TEACHER, QUIZ = 16, 47, 3  # CL00010 has not been graded for the quiz yet
LATER = 1_800_000_000


def test_a_student_who_was_there_costs_one_report_and_the_new_grade_is_recorded(
    first_night, night, sandbox, calls, unit
):
    sandbox.moodle.site.set_grade(STUDENT, QUIZ, 9, LATER)
    sandbox.moodle.site.touch(COURSE_A, STUDENT, LATER)
    night()
    assert calls() == {
        "courses_by_field": 1,
        "enrolled_users": 3,
        "grade_items": 1,
        "course_completion_status": 1,
    }
    assert unit("E-1001-010", "BSBCMM211") == ("passed", "2026-09-10", "2027-01-15")


def test_a_unit_that_was_started_keeps_its_start_date_when_it_finishes(first_night, night, sandbox, unit):
    before = unit("E-1001-010", "BSBOPS203")
    for activity in (5, 6):
        sandbox.moodle.site.set_grade(STUDENT, activity, 95, LATER)
    sandbox.moodle.site.touch(COURSE_A, STUDENT, LATER)
    night()
    assert before == ("started", "2026-09-22", None)
    assert unit("E-1001-010", "BSBOPS203") == ("passed", "2026-09-22", "2027-01-15")


def test_a_teacher_who_was_there_costs_the_whole_report_and_the_pass_grades(
    first_night, night, sandbox, calls, unit
):
    sandbox.moodle.site.set_grade(STUDENT, QUIZ, 9, LATER)
    sandbox.moodle.site.touch(COURSE_A, TEACHER, LATER)
    night()
    assert calls()["course_module"] == 9
    assert unit("E-1001-010", "BSBCMM211")[0] == "passed"


def test_a_full_sweep_finds_what_access_times_do_not_show(first_night, night, sandbox, unit):
    sandbox.moodle.site.set_grade(STUDENT, QUIZ, 9, LATER)
    night()
    assert unit("E-1001-010", "BSBCMM211")[0] == "started"
    night(full=True)
    assert unit("E-1001-010", "BSBCMM211")[0] == "passed"


def test_a_week_after_the_last_whole_report_a_sweep_comes_by_itself(first_night, night, engine, calls):
    with engine.begin() as session:
        session.exec_driver_sql("update raw.landings set landed_at = landed_at - interval '8 days'")
    calls()
    night()
    assert calls()["grade_items"] == 3


def test_what_is_recorded_stands_against_a_later_worse_grade(first_night, night, sandbox, unit):
    sandbox.moodle.site.set_grade(7, QUIZ, 1, LATER)
    night(full=True)
    assert unit("E-1001-001", "BSBCMM211") == ("passed", "2026-09-22", "2026-09-23")


def test_a_removed_course_is_listed_as_gone_and_its_results_stay(
    first_night, night, sandbox, results, listed
):
    before = results()
    sandbox.moodle.site.remove_course(COURSE_A)
    _, status = night()
    assert (status, results()) == ("success", before)
    assert listed("course_gone") == ["2"]


def test_an_activity_that_vanishes_blocks_its_units_and_is_listed(night, sandbox, unit, listed):
    sandbox.moodle.site.hide_activity(QUIZ)
    night()
    assert listed("activity_missing") == ["OCC-1001/BSBCMM211/3"]
    assert unit("E-1001-001", "BSBCMM211") is None
    assert unit("E-1001-010", "BSBCMM211")[0] == "started"  # the administration's own


def test_a_course_that_cannot_be_read_does_not_stop_the_others(night, sandbox, read, connect):
    sandbox.faults.add("moodle", "dbconnectionfailed", operation="gradereport_user_get_grade_items")
    run_id, status = night()
    problems = read(
        f"select scope, problem_code from ops.run_steps where run_id = '{run_id}' and problem_code is not null"
    )
    assert (status, problems.values.tolist()) == ("incomplete", [["moodle_main/2", "retry_later"]])
    assert read("select distinct occurrence_code from mart.unit_results").shape[0] == 3  # A has recorded ones
    _, status = night()
    assert (status, len(read("select * from mart.unit_results"))) == ("success", 74)


def test_a_wrong_token_is_a_problem_that_names_the_site_and_what_to_do(engine, sandbox, read):
    connection = Connection("moodle_main", "moodle", host=f"{sandbox.url}/moodle", password="wrong")
    _, status = moodle_results.run(engine, lambda _: connection, Options())
    assert status == "incomplete"
    [problem] = read(
        "select step || ' ' || scope || ': ' || problem from mart.run_steps where problem is not null"
    )["?column?"]
    assert problem.startswith("plan moodle_main: ")
    assert "invalidtoken" in problem


def test_new_mappings_are_derived_from_what_was_landed(first_night, night, engine, calls, tmp_path, unit):
    with engine.begin() as session:
        session.exec_driver_sql(
            "update core.activity_links set closed_at = now() where unit_code = 'BSBOPS203' and activity_id <> '1'"
        )
    night()
    assert "grade_items" not in calls()
    assert unit("E-1001-011", "BSBOPS203")[:2] == ("passed", "2026-09-22")


def test_a_dry_run_counts_and_writes_no_result(night, read, results):
    run_id, _ = night(dry_run=True)
    assert not any(results().values())
    counted = read(f"select sum(written)::int as written from ops.run_steps where run_id = '{run_id}'")
    night()
    assert counted["written"][0] == sum(len(rows) for rows in results().values())


def test_a_past_night_is_derived_from_what_was_landed_then_without_asking_the_site(
    first_night, night, engine, sandbox, results, calls
):
    first = results()
    with engine.connect() as session:
        then = session.exec_driver_sql("select clock_timestamp()").scalar()
    sandbox.moodle.site.set_grade(STUDENT, QUIZ, 9, LATER)
    sandbox.moodle.site.touch(COURSE_A, STUDENT, LATER)
    night()
    with engine.begin() as session:
        session.exec_driver_sql(
            "truncate core.unit_results, core.course_completions, core.enrolment_completions"
        )
    calls()
    night(nights=(then,))
    assert (results(), calls()) == (first, {"courses_by_field": 1})


def test_a_night_of_which_nothing_was_landed_is_polled(night, results):
    night(nights=(datetime.now(UTC) - timedelta(days=30),))
    assert len(results()["unit_results"]) == 72


def test_two_runs_at_once_leave_the_rows_of_one(engine, connect, results):
    outcomes = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(moodle_results.run(engine, connect, Options())[1]))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == ["success", "success"]
    assert len(results()["unit_results"]) == 72


def test_only_the_courses_that_were_asked_for_are_polled(night, read):
    night(courses=frozenset({"4"}))
    assert set(read("select distinct scope from raw.landings")["scope"]) == {"", "4"}


def test_a_failed_result_of_the_administration_gives_way_to_a_resit_only_where_that_is_allowed(
    night, engine, unit
):
    held = "'E-1001-005', 'BSBCMM211', 'failed', '2026-08-01', '2026-08-02'"
    with engine.begin() as session:
        session.exec_driver_sql(f"insert into core.recorded_results values ({held})")
    night()
    assert unit("E-1001-005", "BSBCMM211") == ("failed", "2026-08-01", "2026-08-02")
    with engine.begin() as session:
        session.exec_driver_sql("update core.sources set allow_resit = true")
    night()
    assert unit("E-1001-005", "BSBCMM211") == ("passed", "2026-09-22", "2026-09-23")


@pytest.mark.long
def test_reviewed_results_are_recorded_only_when_a_person_approves(night, engine, results, unit):
    with engine.begin() as session:
        session.exec_driver_sql("update core.sources set review = 'required'")
    night()
    proposals = pd.DataFrame(review.open_proposals(engine, review.ChosenProposals()))
    assert (len(proposals), results()["unit_results"]) == (72, set())
    review.adjust(engine, "E-1001-001", "BSBTEC201", "passed", datetime(2026, 9, 10).date(), None)
    night(full=True)  # the same proposals, and the adjusted one stays adjusted
    chosen = review.ChosenProposals(unit_code="BSBTEC201")
    assert review.decide(engine, chosen, "dismissed", "planner").recorded == 0
    assert review.decide(
        engine, review.ChosenProposals(enrolment_code="E-1001-001"), "approved", "planner"
    ) == review.Decided(4, 4, [])
    assert unit("E-1001-001", "BSBTEC201") is None
    night(full=True)
    assert (
        len(review.open_proposals(engine, review.ChosenProposals()))
        == 72 - len(proposals.query("unit_code == 'BSBTEC201'")) - 4
    )


def test_a_completion_of_an_accredited_course_that_came_too_late_for_its_enrolment_is_listed(
    night, engine, read, unit, listed
):
    with engine.begin() as session:
        session.exec_driver_sql(
            "update core.enrolments set status = 'completed' where enrolment_code in ('E-1001-001', 'E-1001-010')"
        )
    night()
    completed = read("select client_code from mart.course_completions where source_course_id = '2'")[
        "client_code"
    ]
    assert "CL00001" not in set(completed)
    assert "OCC-1001/7" in listed("enrolment_not_active")  # a point may hang on it
    assert "OCC-1001/16" not in listed("enrolment_not_active")  # has not completed the course
    assert unit("E-1001-001", "BSBCMM211")[0] == "passed"  # a completed enrolment still gets its units
