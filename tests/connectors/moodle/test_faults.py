"""How far a fault reaches, and that what could not be read is asked again and stays open until it was read."""

import pytest

from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options
from etl.errors import GiveUp, RetryLater
from etl.sandbox.moodle import changes
from tests.fixtures.properties import one_quickly

COURSE_A, COURSE_B, COURSE_C = 2, 3, 4
STUDENT, QUIZ = 16, 3
LATER = 1_800_000_000
REPORT = "gradereport_user_get_grade_items"
MODULE = "core_course_get_course_module"
COMPLETION = "core_completion_get_course_completion_status"
USERS = "core_enrol_get_enrolled_users"
CODES = ["ex_unabletolock", "neverseenbefore", "cannotviewreport", "nopermissions"]
NO_ANSWERS = one_quickly(["notice", "fatal", "html", "forbidden"])


def recorded_courses(read):
    found = read("select distinct left(enrolment_code, 6) as course from core.unit_results order by 1")
    return found["course"].tolist()


def with_new_grade(sandbox, moment=LATER):
    sandbox.moodle.site.set_grade(STUDENT, QUIZ, 9, moment)
    sandbox.moodle.site.touch(COURSE_A, STUDENT, moment)


@pytest.mark.parametrize("kind", NO_ANSWERS)
@pytest.mark.parametrize("function", [REPORT, USERS])
@pytest.mark.long
def test_an_answer_that_is_none_costs_its_course_and_no_other(
    kind, function, night, sandbox, read, listed, troubled
):
    sandbox.faults.add("moodle", kind, operation=function, where={"courseid": "2"}, count=None)
    run_id, status = night()
    assert (status, troubled(run_id)) == ("incomplete", [("moodle_main/2", "unusable_answer")])
    assert listed("unusable_answer") == ["2"]
    assert recorded_courses(read) == ["E-1002", "E-1003"]
    sandbox.faults.clear()
    assert night()[1] == "success"
    assert (listed("unusable_answer"), recorded_courses(read)) == ([], ["E-1001", "E-1002", "E-1003"])


@pytest.mark.parametrize("kind", NO_ANSWERS)
def test_an_answer_that_is_none_about_an_activity_costs_its_units_only(
    kind, night, sandbox, read, listed, unit
):
    sandbox.faults.add("moodle", kind, operation=MODULE, where={"cmid": "9"}, count=None)
    assert night()[1] == "success"
    assert listed("unusable_answer") == ["2/9"]
    assert recorded_courses(read) == ["E-1001", "E-1002", "E-1003"]
    assert unit("E-1001-001", "BSBCMM211")[0] == "passed"
    found = read("select distinct unit_code from core.unit_results")["unit_code"].tolist()
    assert "BSBPEF202" not in found  # of activity 9, which has no verdict of its own
    sandbox.faults.clear()
    night()
    assert listed("unusable_answer") == []
    assert "BSBPEF202" in read("select distinct unit_code from core.unit_results")["unit_code"].tolist()


@pytest.mark.parametrize("kind", NO_ANSWERS)
def test_an_answer_that_is_none_about_a_completion_costs_that_one(kind, night, sandbox, read, listed):
    where = {"courseid": "2", "userid": "7"}
    sandbox.faults.add("moodle", kind, operation=COMPLETION, where=where, count=None)
    assert night()[1] == "success"
    assert listed("unusable_answer") == ["2/7"]
    done = read("select client_code from core.course_completions where source_course_id = '2'")["client_code"]
    assert "CL00001" not in done.tolist()
    assert len(done) > 0
    sandbox.faults.clear()
    night()
    done = read("select client_code from core.course_completions where source_course_id = '2'")["client_code"]
    assert ("CL00001" in done.tolist(), listed("unusable_answer")) == (True, [])


def test_byte_order_marks_before_every_answer_change_nothing(night, sandbox, read):
    sandbox.faults.add("moodle", "bom", count=None)
    assert night()[1] == "success"
    assert len(read("select * from mart.unit_results")) == 74


@pytest.mark.parametrize("text", one_quickly(["[]", "{}", '{"usergrades":null}', '{"usergrades":[]}', '"x"']))
@pytest.mark.long
def test_a_grade_report_that_is_none_or_shows_nobody_is_a_problem_of_its_course(
    text, night, sandbox, read, troubled
):
    sandbox.faults.add("moodle", "answer", operation=REPORT, where={"courseid": "2"}, text=text, count=None)
    run_id, status = night()
    assert status == "incomplete"
    assert [scope for scope, _ in troubled(run_id)] == ["moodle_main/2"]
    open_ones = read("select scope, resource from mart.rejections where flow = 'moodle_results/poll'")
    assert open_ones.to_numpy().tolist() == [["2", "course"]]
    sandbox.faults.clear()
    assert night()[1] == "success"
    assert len(read("select * from mart.unit_results")) == 74


def test_a_broken_course_keeps_what_was_read_of_it_and_is_asked_again_though_nobody_was_there(
    first_night, night, sandbox, read, listed, results
):
    before = results()
    sandbox.faults.add("moodle", "notice", operation=USERS, where={"courseid": "2"})
    night()
    assert (listed("unusable_answer"), results()) == (["2"], before)
    night()
    assert (listed("unusable_answer"), results()) == ([], before)


@pytest.mark.parametrize(
    "code", one_quickly(["ex_unabletolock", "neverseenbefore", "cannotviewreport", "nopermissions"])
)
@pytest.mark.long
def test_a_report_that_could_not_be_read_is_asked_again_next_night_and_open_until_then(
    code, first_night, night, sandbox, read, unit, calls
):
    with_new_grade(sandbox)
    where = {"courseid": "2", "userid": str(STUDENT)}
    sandbox.faults.add("moodle", "error_code", operation=REPORT, where=where, text=code, count=2)
    keys = "select record_key from mart.rejections where resource = 'user_grades' and resolved_at is null"
    assert night()[1] == "success"
    assert read(keys)["record_key"].tolist() == ["2/16"]
    night()  # nobody was there, and it still cannot be read
    assert read(keys)["record_key"].tolist() == ["2/16"]
    assert unit("E-1001-010", "BSBCMM211")[0] == "started"
    calls()
    night()
    assert calls()["grade_items"] == 1
    assert (read(keys)["record_key"].tolist(), unit("E-1001-010", "BSBCMM211")[0]) == ([], "passed")
    assert "grade_items" not in (night() and calls())


def test_an_answer_that_did_not_come_for_one_learner_is_asked_again_and_stops_no_other(
    first_night, night, sandbox, read, listed, unit
):
    with_new_grade(sandbox)
    sandbox.moodle.site.touch(COURSE_A, 17, LATER)
    where = {"courseid": "2", "userid": str(STUDENT)}
    sandbox.faults.add("moodle", "server_error", operation=REPORT, where=where)
    assert night()[1] == "success"
    assert listed("not_answered") == ["2/16"]
    night()
    assert (listed("not_answered"), unit("E-1001-010", "BSBCMM211")[0]) == ([], "passed")


@pytest.mark.long
def test_a_completion_that_is_refused_for_one_learner_is_asked_of_all_others(night, sandbox, read):
    where = {"courseid": "3", "userid": "19"}
    sandbox.faults.add("moodle", "error_code", operation=COMPLETION, where=where, text="cannotviewreport")
    night()
    rows = "select record_key from mart.rejections where resource = 'completion' and resolved_at is null"
    recorded = "select client_code from core.course_completions where source_course_id = '3' order by 1"
    assert read(rows)["record_key"].tolist() == ["3/19"]
    first = read(recorded)["client_code"].tolist()
    night()
    assert read(rows)["record_key"].tolist() == []
    assert len(read(recorded)) == len(first) + 1


def test_a_site_that_answers_nothing_is_given_up_and_what_was_not_asked_is_named(
    engine, connect, sandbox, troubled
):
    run_id = moodle_results.open_run(engine, Options())
    (batch,) = moodle_results.plan(engine, run_id, connect, Options())
    sandbox.faults.add("moodle", "html", count=None)
    with pytest.raises(GiveUp, match="HTML instead of JSON"):
        moodle_results.land(engine, run_id, batch, connect, Options())
    assert troubled(run_id) == [(f"moodle_main/{course}", "unusable_answer") for course in (2, 3, 4)]


def test_a_site_that_is_down_is_left_for_later_and_what_was_not_asked_is_named(
    engine, connect, sandbox, troubled, read
):
    run_id = moodle_results.open_run(engine, Options())
    (batch,) = moodle_results.plan(engine, run_id, connect, Options())
    sandbox.faults.add("moodle", "unavailable", count=None)
    with pytest.raises(RetryLater):
        moodle_results.land(engine, run_id, batch, connect, Options())
    assert troubled(run_id) == [(f"moodle_main/{course}", "retry_later") for course in (2, 3, 4)]
    last = read(f"select problem from ops.run_steps where run_id = '{run_id}' and scope = 'moodle_main/4'")
    assert last["problem"][0].startswith("not asked, because of: ")
    sandbox.faults.clear()
    moodle_results.land(engine, run_id, batch, connect, Options())
    assert troubled(run_id) == []


def test_a_token_that_is_refused_on_the_way_gives_up_the_site_and_names_what_was_not_asked(
    engine, connect, sandbox, troubled, listed
):
    run_id = moodle_results.open_run(engine, Options())
    (batch,) = moodle_results.plan(engine, run_id, connect, Options())
    sandbox.faults.add("moodle", "error_code", operation=REPORT, text="invalidtoken")
    with pytest.raises(GiveUp, match="invalidtoken"):
        moodle_results.land(engine, run_id, batch, connect, Options())
    assert [scope for scope, _ in troubled(run_id)] == ["moodle_main/2", "moodle_main/3", "moodle_main/4"]


def test_courses_in_a_row_with_a_fault_of_their_own_do_not_give_up_the_site(night, sandbox, read):
    for course in ("2", "3"):
        sandbox.faults.add("moodle", "html", operation=REPORT, where={"courseid": course}, count=None)
    assert night()[1] == "incomplete"
    assert recorded_courses(read) == ["E-1003"]


def test_a_grade_that_the_site_has_still_to_compute_is_listed_and_asked_again_though_nobody_was_there(
    first_night, night, sandbox, read, listed, unit, calls
):
    with_new_grade(sandbox)
    changes.set_pending(sandbox.moodle.site, STUDENT, QUIZ)
    night()
    assert listed("grade_pending") == ["2/16", "OCC-1001/16/BSBCMM211"]
    assert unit("E-1001-010", "BSBCMM211")[0] == "started"  # as before
    sandbox.moodle.site.set_grade(STUDENT, QUIZ, 9, LATER)
    changes.set_pending(sandbox.moodle.site, STUDENT, QUIZ, pending=False)
    calls()
    night()
    assert calls()["grade_items"] == 1
    assert (listed("grade_pending"), unit("E-1001-010", "BSBCMM211")[0]) == ([], "passed")


@pytest.mark.parametrize("text", one_quickly(['{"courses":[],"warnings":[]}', '{"courses":null}', "[]"]))
def test_a_site_that_shows_no_course_at_all_is_a_problem_and_nothing_is_called_gone(
    text, first_night, night, sandbox, read
):
    sandbox.faults.add(
        "moodle", "answer", operation="core_course_get_courses_by_field", text=text, count=None
    )
    run_id, status = night()
    told = read(f"select problem from ops.run_steps where run_id = '{run_id}' and problem is not null")
    assert status == "incomplete"
    assert "shows no course" in told["problem"][0]
    assert read("select * from core.courses where gone").empty


def test_a_course_that_cannot_be_read_in_the_list_is_listed_and_not_called_gone(
    first_night, night, sandbox, read
):
    rows = '{"courses":[{"id":2,"fullname":null},{"id":3,"fullname":"B","idnumber":"OCC-1002"}]}'
    sandbox.faults.add("moodle", "answer", operation="core_course_get_courses_by_field", text=rows)
    night()
    assert read("select * from core.courses where gone").empty
    found = read("select record_key, reason_code from mart.rejections where resource = 'course'")
    assert found.to_numpy().tolist() == [["course 2", "malformed_record"]]


@pytest.mark.long
def test_grades_that_are_malformed_are_asked_again_though_nobody_was_there(
    night, sandbox, listed, unit, calls
):
    item = changes.item_of(sandbox.moodle.site, 7, QUIZ)
    graderaw = item["graderaw"]
    item["graderaw"] = "n/a"
    night()
    assert listed("malformed_record") == ["2/user 7, activity 3"]
    calls()
    night()
    assert calls()["grade_items"] == 1
    item["graderaw"] = graderaw
    sandbox.moodle.site.changes += 1
    night()
    assert (listed("malformed_record"), unit("E-1001-001", "BSBCMM211")[0]) == ([], "passed")
    night()
    assert "grade_items" not in (calls() and night() and calls())


def test_a_completion_is_asked_with_every_newer_report_of_its_learner(first_night, night, sandbox, calls):
    sandbox.moodle.site.enrolled[COURSE_A][0]["firstname"] = "Another"
    sandbox.moodle.site.changes += 1
    calls()
    night(courses=frozenset({str(COURSE_A)}))  # asked for, so that its people are looked at
    counted = calls()
    assert counted["grade_items"] == counted["course_completion_status"] == 1


def test_an_activity_that_is_not_mapped_any_more_leaves_no_trace_in_what_is_asked(
    first_night, night, sandbox, engine, calls
):
    with engine.begin() as session:
        session.exec_driver_sql("update core.activity_links set closed_at = now() where activity_id = '9'")
    changes.set_gradepass(sandbox.moodle.site, QUIZ, 5)
    calls()
    night()
    assert calls()["course_module"] == 16
    night()
    assert "course_module" not in calls()
