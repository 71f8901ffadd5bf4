"""Results to Coachview: one call a person and part, whatever happens on the way, against books of its own."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from etl.connectors.coachview import flow, push
from etl.engine.options import Options
from etl.errors import GiveUp, RetryLater
from etl.sandbox import accounts
from tests.connectors.coachview.requests import report

STATUSES = (
    "select request_code, status, coalesce(reason, '') as reason from mart.coachview_results order by 1"
)
PEOPLE = [("R1", "T1-THEORY", "X-1001"), ("R2", "T1-THEORY", "X-1002"), ("R7", "T1-EXAM", "X-1007")]


@pytest.fixture
def statuses(read):
    return lambda: [tuple(row) for row in read(STATUSES).to_numpy()]


BOTH = {
    ("R1", "T1-THEORY"): ("8.0", True, True, "2026-03-02"),
    ("R2", "T1-THEORY"): (None, False, False, None),
}
ONCE = [("X-1001", "VCA-1"), ("X-1002", "VCA-1")]


def test_what_is_registered_is_told_once(school, statuses):
    assert (school.night(), school.night()) == ("success", "success")
    assert (school.shown(), school.books.told) == (BOTH, ONCE)
    assert statuses() == [("R1", "accepted", ""), ("R2", "accepted", "")]


def test_presence_and_passed_are_told_where_somebody_said_so_and_left_out_elsewhere(school, engine, read):
    report(
        engine, "exams", "1001", "77", "2026-03-20", grade=0
    )  # sends no presence; its definition has a pass mark
    report(engine, "exams", "1002", "77", "2026-03-20", presence=False, passed=False)
    flow.run(engine, None, Options())
    school.night()
    found = read("select request_code, part_code, presence, passed from mart.coachview_results order by 1, 2")
    assert [tuple(row) for row in found.astype(object).where(found.notna(), None).to_numpy()] == [
        ("R1", "T1-EXAM", None, False),
        ("R1", "T1-THEORY", True, True),
        ("R2", "T1-EXAM", None, None),
        ("R2", "T1-THEORY", None, None),
    ]


def test_nothing_is_planned_or_sent_until_the_connection_says_so(school, statuses):
    school.changed(push=False)
    assert (school.night(), school.books.told, statuses()) == ("success", [], [])
    school.changed(push=True, webhook_secret="")
    assert (school.night(), school.books.told) == ("incomplete", [])


def test_without_a_connection_the_push_is_off_and_says_so_until_one_was_used(school, engine, statuses):
    there, school.connection = school.connection, None
    assert school.night() == "success"
    assert school.notes() == [
        "the push is off (there is no connection): nothing is planned or sent",
    ]
    school.connection = there
    assert (school.night(dry_run=True), school.notes()) == ("success", [])
    school.connection = None
    assert school.night() == "success"
    school.connection = there
    school.night()
    school.connection = None
    assert (school.night(), school.notes()) == ("incomplete", [])
    [problem] = school.report().problems
    assert (problem.code, problem.sentence) == (
        "connection_missing",
        "connection coachview is not defined; it was used before, so it is not taken as switched off",
    )
    assert problem.what_to_do.startswith("enter the connection")
    assert [status for _, status, _ in statuses()] == ["accepted", "accepted"]


def test_a_push_that_is_switched_off_says_so(school):
    school.changed(push=False)
    assert (school.night(), school.notes()) == (
        "success",
        ["the push is off (Send results of the connection is off): nothing is planned or sent"],
    )


def test_a_dry_run_sends_nothing(school, statuses):
    assert (school.night(dry_run=True), school.books.told, statuses()) == ("success", [], [])


def test_what_is_added_after_it_was_told_is_not_told_again(school, engine, effects):
    school.night()
    report(engine, "studio", "X-1002", "VCA-1", "2026-03-05", grade=9)
    flow.run(engine, None, Options())
    assert effects("R2", "T1-THEORY") == "9.0 f t t t 2026-03-05"
    school.night()
    assert school.books.told == ONCE


def test_a_course_that_is_registered_on_two_requests_is_told_once(school, engine, write):
    write("insert into core.training_parts (part_code, training_code, name, integration, course_id)"
          " values ('T2-THEORY', 'T2', 'Theory', 'studio', 'VCA-1')")  # fmt: skip
    for request, training in (("N1", "T1"), ("N2", "T2")):
        write("insert into core.training_requests (request_code, training_code, external_id, status)"
              f" values ('{request}', '{training}', 'X-2001', 'open')")  # fmt: skip
        school.books.enrol(request, f"{training}-THEORY", "X-2001", "VCA-1")
    report(engine, "studio", "X-2001", "VCA-1", "2026-03-02", grade=8)
    flow.run(engine, None, Options())
    school.night()
    assert school.books.told.count(("X-2001", "VCA-1")) == 1
    assert {("N1", "T1-THEORY"), ("N2", "T2-THEORY")} <= school.shown().keys()


def test_what_coachview_does_not_know_is_listed_and_offered_again_only_by_a_person(school, statuses, listed):
    school.books.parts.pop(0)
    assert (school.night(), school.night()) == ("success", "success")
    assert statuses() == [("R1", "rejected", "not_in_coachview"), ("R2", "accepted", "")]
    assert listed("not_in_coachview") == ["R1/T1-THEORY"]
    assert school.books.told == ONCE


def test_a_wrong_signature_is_a_persons_business_and_costs_no_result(school, statuses):
    school.changed(webhook_secret="another")
    assert school.night() == "incomplete"
    assert (school.books.told, [status for _, status, _ in statuses()]) == ([], ["pending", "pending"])
    school.changed(webhook_secret=accounts.COACHVIEW_WEBHOOK_SECRET)
    assert (school.night(), school.shown()) == ("success", BOTH)


@pytest.mark.parametrize("kind", ["unavailable", "too_many_requests"])
def test_not_now_is_tried_again(school, kind, statuses):
    school.sandbox.faults.add("coachview", kind, operation="result")
    assert school.night() == "incomplete"
    assert [status for _, status, _ in statuses()] == ["pending", "pending"]
    assert (school.night(), school.shown(), school.books.told) == ("success", BOTH, ONCE)


def test_a_connection_that_is_refused_is_tried_again(school, statuses):
    there = school.connection
    school.connection = replace(there, host="http://127.0.0.1:9")
    assert school.night() == "incomplete"
    assert [status for _, status, _ in statuses()] == ["pending", "pending"]
    school.connection = there
    assert (school.night(), school.books.told) == ("success", ONCE)


def test_a_lost_answer_is_settled_by_reading_back_and_nothing_is_sent_again(school, statuses, read):
    school.sandbox.faults.add("coachview", "lost_answer", operation="result")
    assert school.night() == "incomplete"
    assert statuses() == [("R1", "unknown", "outcome_unknown"), ("R2", "accepted", "")]
    assert (school.night(), school.books.told, school.shown()) == ("success", ONCE, BOTH)
    assert statuses() == [("R1", "accepted", ""), ("R2", "accepted", "")]
    assert read("select decision from ops.outbox_decisions")["decision"].tolist() == ["registered"]


@pytest.mark.parametrize("kind", ["drop", "server_error"])
def test_what_coachview_does_not_show_is_a_persons_decision_and_never_sent_again_by_itself(
    school, kind, statuses
):
    school.sandbox.faults.add("coachview", kind, operation="result")
    assert [school.night(), school.night(), school.night()] == ["incomplete"] * 3
    assert statuses() == [("R1", "unknown", "outcome_unknown"), ("R2", "accepted", "")]
    assert school.books.told == ONCE[1:]


def test_what_cannot_be_read_back_stays_unknown_and_keeps_nothing_else_back(school, statuses):
    school.sandbox.faults.add("coachview", "lost_answer", operation="result", count=1)
    school.sandbox.faults.add("coachview", "unavailable", operation="result", count=1)
    assert school.night() == "incomplete"
    school.sandbox.faults.add("coachview", "unavailable", operation="token", count=None)
    assert school.night() == "incomplete"
    assert statuses() == [("R1", "unknown", "outcome_unknown"), ("R2", "accepted", "")]
    school.sandbox.faults.clear()
    assert (school.night(), school.books.told) == ("success", ONCE)


def test_without_requests_left_reading_back_waits_for_the_next_day_and_nothing_is_sent_again(
    school, statuses, write
):
    school.sandbox.faults.add("coachview", "lost_answer", operation="result", count=1)
    assert school.night() == "incomplete"
    school.coachview.left = 0
    assert school.night() == "success"
    assert "the requests of this day are used up; there are more at" in school.notes()[0]
    assert (statuses()[0], school.night()) == (("R1", "unknown", "outcome_unknown"), "success")
    school.coachview.left = 5
    write("update ops.coachview_calls set resets_at = clock_timestamp()")
    assert (school.night(), statuses()[0]) == ("success", ("R1", "accepted", ""))
    assert school.books.told == ONCE


def test_what_is_kept_of_the_day_is_there_for_reading_back(school, statuses, write):
    school.sandbox.faults.add("coachview", "lost_answer", operation="result", count=1)
    school.night()
    write("insert into ops.coachview_calls (run_id, hour, calls)"
          " values ('requests', date_trunc('hour', clock_timestamp()), 4600)")  # fmt: skip
    assert (school.night(), statuses()[0]) == ("success", ("R1", "accepted", ""))


def test_all_parts_of_requests_are_read_back_however_many_a_page_holds(school, statuses):
    for number in range(5):
        school.books.enrol("R1", f"other-{number}", "X-1", "none")
    school.books.parts.reverse()
    school.coachview.most_rows = 2
    school.sandbox.faults.add("coachview", "lost_answer", operation="result", count=1)
    school.night()
    assert (school.night(), statuses()[0]) == ("success", ("R1", "accepted", ""))


def test_after_three_silent_calls_coachview_is_left_alone(school, engine, write, statuses):
    for number in range(3):
        write("insert into core.training_requests (request_code, training_code, external_id, status)"
              f" values ('N{number}', 'T1', 'X-200{number}', 'open')")  # fmt: skip
        report(engine, "studio", f"X-200{number}", "VCA-1", "2026-03-04", grade=8)
    flow.run(engine, None, Options())
    school.sandbox.faults.add("coachview", "drop", operation="result", count=None)
    school.night()
    assert sorted(status for _, status, _ in statuses()) == ["pending"] * 2 + ["unknown"] * 3


def test_a_request_that_is_finished_meanwhile_is_not_told(school, write, statuses):
    school.sandbox.faults.add("coachview", "unavailable", operation="result")
    school.night()
    write("update core.training_requests set status = 'finished' where request_code = 'R1'")
    assert school.night() == "success"
    assert (statuses()[0], school.books.told) == (("R1", "withheld", "request_finished"), ONCE[1:])


def test_a_part_that_is_finished_in_coachview_meanwhile_is_not_told(school, write, statuses):
    school.sandbox.faults.add("coachview", "unavailable", operation="result")
    school.night()
    write("insert into core.training_request_parts (request_code, part_code, finished, approved)"
          " values ('R1', 'T1-THEORY', true, false)")  # fmt: skip
    assert school.night() == "success"
    assert (statuses()[0], school.books.told) == (("R1", "withheld", "request_finished"), ONCE[1:])


def test_of_two_pushers_at_once_one_leaves_and_nothing_is_sent_twice(school, engine):
    run_id = push.open_run(engine, Options())
    push.plan(engine, run_id, lambda _: school.connection, Options())
    school.sandbox.faults.add("coachview", "slow", operation="result", count=None, seconds=0.1)
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: push.push(engine, run_id, school.connection), range(4)))
    assert (sum(one.written for one in counts), school.books.told) == (2, ONCE)


@pytest.mark.long
@pytest.mark.parametrize(
    ("point", "told", "status"),
    [
        ("coachview.planned", 0, "success"),
        ("coachview.claimed", 0, "incomplete"),  # nobody can know that it was not sent
        ("coachview.sent", 1, "success"),
    ],
)
def test_a_push_killed_anywhere_tells_nothing_twice(school, warehouse, point, told, status):
    made = {
        "conn_type": "coachview",
        "host": school.connection.host,
        "login": school.connection.login,
        "password": school.connection.password,
        "extra": dict(school.connection.extra),
    }
    environment = os.environ | {
        "WAREHOUSE_URL": warehouse,
        "AIRFLOW_CONN_COACHVIEW": json.dumps(made),
        "ETL_FAILPOINT": point,
    }
    command = [sys.executable, "-m", "etl", "run", "coachview_push"]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (done.returncode, len(school.books.told)) == (-signal.SIGKILL, told)
    assert school.night() == status
    assert len(school.books.told) == len(set(school.books.told))
    assert len(school.shown()) == (2 if status == "success" else 1)


def test_no_result_and_no_secret_is_logged(school, caplog):
    caplog.set_level("DEBUG")
    school.sandbox.faults.add("coachview", "drop", operation="result")
    school.night()
    school.night()
    secrets = (accounts.COACHVIEW_SECRET, accounts.COACHVIEW_WEBHOOK_SECRET, "X-1001", "Resultaat")
    assert [one for one in secrets if one in caplog.text] == []


def test_errors_say_whether_waiting_helps(school, engine):
    run_id = push.open_run(engine, Options())
    push.plan(engine, run_id, lambda _: school.connection, Options())
    school.sandbox.faults.add("coachview", "lost_answer", operation="result", count=None)
    with pytest.raises(RetryLater, match="the next push reads it back"):
        push.push(engine, run_id, school.connection)
    school.books.parts.clear()
    with pytest.raises(GiveUp, match="etl coachview settle"):
        push.push(engine, run_id, school.connection)
