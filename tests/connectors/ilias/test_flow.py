"""Polls of the sample's ILIAS: what is reported, what waits, and that nothing is asked or written twice."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from etl.connectors import registry
from etl.connectors.ilias import flow
from etl.engine.options import Options
from etl.sandbox.ilias import documents
from tests.conformance.stand_in import columns, golden

REGISTERED = ("ilias", "registrations.csv")
NOTHING = ("0", "0", "0", "0", "0", "")


def test_completions_become_registrations_as_worked_out_by_hand(school):
    run_id, status = school.poll()
    assert (status, school.register()[1]) == ("success", "success")
    assert school.reported() == golden("ilias", "reported.csv")
    assert school.waiting() == golden("ilias", "waiting.csv")
    found = school.rows(
        f"select {columns(*REGISTERED)} from mart.registrations where integration = 'ilias_main'"
    )
    assert found == golden(*REGISTERED)
    assert school.rows(
        "select record_key, reason_code from mart.rejections where flow = 'coachview_results'"
        " and source = 'ilias_main' and resolved_at is null"
    ) == {("71/P0103", "request_finished")}
    # Nine completions of twelve changes; of six of courses of trainings four are handed on.
    assert ("derive", "ilias_main", "18", "13", "0", "2", "3", "") in school.steps(run_id)


def test_a_reported_completion_leads_to_the_answers_that_it_was_read_of(school):
    run_id, _ = school.poll()
    found = (
        "select completion_id from core.reported_completions where course_id = '71' and person_id = 'P0101'"
    )
    [(number,)] = school.rows(found)
    with school.engine.connect() as session:
        answers = registry.answers_of(session, "ilias", int(number))
    assert [(one["resource"], one["key"], one["run_id"]) for one in answers] == [
        ("changes", "1970-01-01 00:00:00", run_id),
        ("users", "301,302,303,304,305", run_id),
        ("results", "85", run_id),
    ]


def test_a_run_costs_a_call_for_changes_and_besides_only_what_is_new(school):
    school.poll()
    first = {"getLearningProgressChanges": 1, "getTestResults": 1, "getUserXML": 1, "login": 1, "logout": 1}
    assert school.calls() == first
    run_id, status = school.poll()
    assert status == "success"
    assert school.calls() == first | {"getLearningProgressChanges": 2, "login": 2, "logout": 2}
    assert sum(int(step[3]) for step in school.steps(run_id)) == 0


@pytest.mark.long
def test_what_was_completed_stays_whatever_the_progress_becomes_and_counts_again_as_an_attempt(school):
    school.poll()
    school.ilias.books.change("302", "260", "2026-04-01 08:00:00", "1")
    school.poll()
    assert school.reported() == golden("ilias", "reported.csv")
    school.ilias.books.change("302", "260", "2026-04-02 08:00:00", "2")
    school.ilias.books.results["85", "302"] = ("30", "30")
    school.poll()
    again = ("P0102", "71", "2026-04-02 06:00", "2026-04-02", "10.0", "true", "")
    assert school.reported() - golden("ilias", "reported.csv") == {again}
    school.register()
    registered = "select result, approved_on from mart.registrations"
    assert school.rows(f"{registered} where request_code = 'TR-0102' and part_code = 'SAFETY-AID'") == {
        ("5.5", "2025-10-26")
    }


def test_a_failed_course_is_none_that_was_completed(school):
    school.ilias.books.change("301", "261", "2026-03-29 02:30:00", "3")
    school.poll()
    assert {row[1] for row in school.reported() if row[0] == "P0101"} == {"71"}


def test_the_next_run_asks_two_hours_back_by_the_site_s_clock_so_that_its_autumn_hour_is_not_missed(school):
    books = school.ilias.books
    books.progress = {("301", "261"): ("2025-10-26 02:59:00", "2")}
    school.poll()
    books.change("302", "261", "2025-10-26 02:05:00", "2")  # an hour and six minutes later
    school.poll()
    assert {row[0] for row in school.reported()} == {"P0101", "P0102"}
    keys = school.rows("select distinct key from raw.landings where resource = 'changes'")
    assert keys == {("1970-01-01 00:00:00",), ("2025-10-26 00:59:00",)}


def test_a_change_that_is_still_to_come_hides_none_before_it(school):
    books = school.ilias.books
    books.progress = {("301", "261"): ("2126-01-01 00:00:00", "2")}
    school.poll()
    assert (school.reported(), {row[2] for row in school.waiting()}) == (set(), {"completed_in_future"})
    books.change(
        "302",
        "261",
        school.rows("select to_char(seen_to, 'YYYY-MM-DD HH24:MI:SS') from ops.ilias_polls").pop()[0],
        "2",
    )
    school.poll()
    assert {row[0] for row in school.reported()} == {"P0102"}


@pytest.mark.long
def test_completions_count_from_the_day_that_the_connection_names(school, connection):
    school.connection = replace(connection, extra=dict(connection.extra) | {"begin": "2026-03-28"})
    school.poll()
    assert {row[0] for row in school.reported()} == {"P0101"}


@pytest.mark.parametrize(
    ("damage", "operation"),
    [
        ("html", "*"),
        pytest.param("truncated", "getLearningProgressChanges", marks=pytest.mark.long),
        pytest.param("server_error", "*", marks=pytest.mark.long),
        pytest.param("answer", "*", marks=pytest.mark.long),
    ],
)
def test_an_answer_that_cannot_be_used_loses_nothing(school, damage, operation):
    school.sandbox.faults.add("ilias", damage, operation=operation, text="<a/>", count=None)
    run_id, status = school.poll()
    assert (status, school.reported()) == ("incomplete", set())
    assert {step[:2] for step in school.steps(run_id)} == {("land", "ilias_main")}
    assert school.rows("select 1 from raw.landings") == school.rows("select 1 from ops.ilias_polls") == set()
    school.sandbox.faults.clear()
    assert (school.poll()[1], school.reported()) == ("success", golden("ilias", "reported.csv"))
    assert school.ilias.sessions == {}


def test_a_document_with_entities_is_not_landed(school, monkeypatch):
    monkeypatch.setattr(documents, "_HEADER", '<?xml version="1.0"?><!DOCTYPE LPData [<!ENTITY a "b">]>')
    assert school.poll()[1] == "incomplete"
    assert school.rows("select 1 from raw.landings") == set()


def test_a_change_that_cannot_be_read_is_listed_and_asked_for_until_it_can(school):
    school.ilias.books.change("301", "262", "2026-03-20 10:00:00", "7")
    run_id, status = school.poll()
    assert ("derive", "ilias_main", "18", "12", "0", "3", "3", "") in school.steps(run_id)
    assert ("ilias_completions/reading", "object 262, user 301", "malformed_record") in school.waiting()
    assert (status, school.reported()) == ("success", golden("ilias", "reported.csv"))
    school.ilias.books.change("301", "262", "2026-03-20 10:00:00", "2")
    school.poll()
    assert school.waiting() == golden("ilias", "waiting.csv")
    assert ("262",) in school.rows("select object_id from core.ilias_completions")


def test_sessions_that_end_in_the_middle_are_opened_anew(school):
    school.ilias.lasting = 1
    assert school.poll()[1] == "success"
    assert school.reported() == golden("ilias", "reported.csv")
    assert school.calls()["login"] == 3


def test_a_right_that_is_missing_for_users_or_a_test_leaves_the_others_and_needs_no_second_completion(school):
    school.ilias.rights = {"progress"}
    run_id, status = school.poll()
    assert (status, school.reported()) == ("incomplete", set())
    assert ("land", "ilias_main/users", *NOTHING[:-1], "give_up") in school.steps(run_id)
    assert {row[2] for row in school.waiting()} == {"user_not_read"}
    school.ilias.rights = {"progress", "users"}
    run_id, status = school.poll()
    assert ("land", "ilias_main/test 85", *NOTHING[:-1], "give_up") in school.steps(run_id)
    assert (status, {row[1] for row in school.reported()}) == ("incomplete", {"72"})
    assert ("ilias_completions", "71/301", "mark_not_read") in school.waiting()
    school.ilias.rights |= {"results"}
    assert (school.poll()[1], school.reported()) == ("success", golden("ilias", "reported.csv"))


def test_who_is_not_known_by_a_number_is_asked_about_again_a_day_later_or_when_a_person_says_so(school):
    users = school.ilias.books.users
    school.poll()
    users["303"].matriculation, users["304"].matriculation = "P0102", "P0101"
    school.poll()
    assert school.calls()["getUserXML"] == 1
    school.change("update core.ilias_users set read_at = read_at - interval '25 hours'")
    school.poll()
    assert school.calls()["getUserXML"] == 2
    # Both have now the number of somebody else, and nobody is guessed.
    assert {row[1:] for row in school.waiting()} == {
        ("71/303", "ambiguous_learner"),
        ("71/304", "ambiguous_learner"),
    }
    users["303"].matriculation, users["304"].matriculation = "P0103", ""
    users["305"].matriculation = ""
    school.poll(full=True)
    assert {row[1:] for row in school.waiting()} == {
        ("71/303", "ambiguous_learner"),
        ("71/304", "number_missing"),
    }


@pytest.mark.long
def test_an_account_that_is_gone_is_listed(school):
    del school.ilias.books.users["303"]
    school.poll()
    assert ("ilias_completions", "71/303", "user_gone") in school.waiting()


def test_a_request_or_a_training_that_is_entered_later_needs_no_second_completion_and_no_call(school):
    school.change("update core.training_requests set external_id = 'P0000' where external_id = 'P0102'")
    school.change("delete from core.training_parts where part_code = 'SAFETY-DRILL'")
    school.poll()
    assert ("ilias_completions", "71/302", "person_unknown") in school.waiting()
    calls = school.calls()["getUserXML"]
    school.change("update core.training_requests set external_id = 'P0102' where external_id = 'P0000'")
    school.change(
        "insert into core.training_parts (part_code, training_code, name, integration, course_id)"
        " values ('SAFETY-DRILL', 'SAFETY', 'Evacuation', 'ilias_main', '172')"
    )
    school.poll()
    assert school.calls()["getUserXML"] == calls
    # The course has two references, and either may be the number of the part.
    expected = {
        row if row[1] == "71" else (row[0], "172", *row[2:]) for row in golden("ilias", "reported.csv")
    }
    assert school.reported() == expected


@pytest.mark.long
def test_a_test_without_a_result_of_the_user_keeps_the_completion_waiting(school):
    mark = school.ilias.books.results.pop(("85", "302"))
    school.poll()
    assert ("ilias_completions", "71/302", "mark_missing") in school.waiting()
    school.ilias.books.results["85", "302"] = mark
    school.change("update core.ilias_marks set read_at = read_at - interval '25 hours'")
    school.poll()
    assert school.reported() == golden("ilias", "reported.csv")


@pytest.mark.long
def test_points_beyond_the_maximum_are_refused_and_not_brought_to_its_edge(school):
    school.ilias.books.results["85", "302"] = ("30", "31")
    school.poll()
    school.register()
    assert ("71/P0102", "grade_outside_definition") in school.rows(
        "select record_key, reason_code from mart.rejections where source = 'ilias_main' and resolved_at is null"
    )


@pytest.mark.long
def test_an_integration_without_results_asks_for_none(school):
    school.change("update core.integrations set sends_result = false where integration = 'ilias_main'")
    school.poll()
    assert "getTestResults" not in school.calls()
    assert {(row[4], row[6]) for row in school.reported()} == {("", "true")}


@pytest.mark.long
def test_persons_may_be_known_by_their_external_account(school, connection):
    school.connection = replace(
        connection, extra=dict(connection.extra) | {"person_field": "external_account"}
    )
    school.change(
        "update core.training_requests set external_id = 'roos@school.example' where external_id = 'P0101'"
    )
    school.poll()
    assert {row[0] for row in school.reported()} == {"roos@school.example"}


@pytest.mark.long
def test_a_paused_integration_is_polled_and_its_completions_wait_to_be_registered(school):
    school.change("update core.integrations set active = false where integration = 'ilias_main'")
    school.poll()
    school.register()
    assert school.reported() == golden("ilias", "reported.csv")
    assert school.rows("select 1 from mart.registrations where integration = 'ilias_main'") == set()
    school.change("update core.integrations set active = true where integration = 'ilias_main'")
    school.register()
    assert len(school.rows("select * from mart.registrations where integration = 'ilias_main'")) == 3


def test_a_dry_run_asks_counts_and_keeps_nothing(school):
    run_id, _ = school.poll(dry_run=True)
    assert ("derive", "ilias_main", "18", "13", "0", "2", "3", "") in school.steps(run_id)
    assert school.rows(f"select record_key from ops.dry_run_rejections where run_id = '{run_id}'") == {
        ("71/303",),
        ("71/304",),
    }
    kept = ("raw.landings", "core.ilias_completions", "core.reported_completions", "ops.ilias_polls")
    assert [school.rows(f"select 1 from {table}") for table in kept] == [set()] * 4
    assert school.poll()[1] == "success"


def test_a_past_night_is_derived_again_from_what_was_landed_without_a_call(school):
    school.poll()
    for table in ("core.ilias_reported", "core.ilias_completions", "core.ilias_users", "core.ilias_marks"):
        school.change(f"delete from {table}")
    school.change("delete from core.reported_completions")
    school.change("update raw.landings set landed_at = '2026-05-01 12:00Z'")
    calls = school.calls()
    assert school.poll(nights=(datetime(2026, 5, 2, tzinfo=UTC),))[1] == "success"
    assert (school.calls(), school.reported()) == (calls, golden("ilias", "reported.csv"))


def test_a_connection_that_is_wrong_is_of_its_integration_only(school):
    school.change(
        "insert into core.integrations (integration, system, connection_id, hash, timezone, sends_result,"
        " sends_presence, sends_passed, person_scheme, active)"
        " select 'ilias_other', system, 'other', hash, timezone, false, true, true, person_scheme, true"
        " from core.integrations where integration = 'ilias_main'"
    )
    broken = replace(school.connection, conn_id="other", password="wrong")
    run_id, status = flow.run(
        school.engine, {"ilias_main": school.connection, "other": broken}.__getitem__, Options()
    )
    assert status == "incomplete"
    assert {step[1] for step in school.steps(run_id) if step[-1]} == {"ilias_other"}
    assert school.reported() == golden("ilias", "reported.csv")
