"""From results to registered points: eligibility, ledger and every policy of PE-Online's page, end to end."""

from pathlib import Path

import pandas as pd
import pytest

from etl.connectors.pe_online import flow
from etl.engine.options import Options
from etl.errors import GiveUp, RetryLater
from etl.load.report import read_report
from etl.load.report_types import Sent
from etl.reference.importing import import_set
from etl.sandbox import accounts
from etl.sandbox.pe_online.ledger import Account, Course
from etl.sandbox.pe_online.rules import Reason
from tests.connectors.pe_online.site import COURSE, ORG
from tests.fixtures.warehouse import SAMPLE

EDITION = {"pe_edition_id": "7"}
GOLDEN = Path(__file__).parents[2] / "golden"


def test_the_reference_site_gives_exactly_the_expected_attendance(engine, sandbox, site):
    site.sql("delete from core.profession_groups")
    site.sql("delete from core.sources")
    import_set(engine, SAMPLE)
    for row in pd.read_csv(GOLDEN / "moodle_results" / "course_completions.csv", dtype=str).itertuples():
        site.passed(row.client_code, row.source_course_id, row.completed_at)
    site.plan()
    expected = pd.read_csv(GOLDEN / "pe_online" / "pe_attendance.csv", dtype=str, keep_default_na=False)
    expected["status"] = expected["status"].replace("sendable", "pending")
    columns = ", ".join(f"coalesce({name}::text, '')" for name in expected.columns)
    assert set(site.sql(f"select {columns} from mart.pe_attendance")) == set(
        expected.itertuples(index=False, name=None)
    )
    listed = site.sql("select reason_code from mart.rejections where resolved_at is null")
    assert sorted(listed) == sorted((one,) for one in expected["reason"] if one)


def test_points_are_registered_once_and_a_second_run_sends_nothing(site):
    site.accredit()
    people = site.learners(3)
    assert site.night() == "success"
    calls = site.calls()
    assert site.night() == "success"
    assert site.statuses() == dict.fromkeys(people, "accepted")
    assert site.booked() == dict.fromkeys(people, 1)
    assert (calls, site.calls()) == (1, 1)


def test_an_identical_second_plan_writes_no_row(site):
    site.accredit()
    site.learners(3)
    site.person("C9")
    site.passed("C9")
    site.plan()
    before = site.sql("select item_id, xmin::text from ops.outbox order by 1")
    site.plan()
    assert site.sql("select item_id, xmin::text from ops.outbox order by 1") == before


def test_a_failed_course_earns_nothing(site):
    site.accredit()
    site.person("C1", "052001")
    site.passed("C1", passed=False)
    site.night()
    assert site.statuses() == {}


def test_an_inactive_group_has_no_row_at_all(site):
    site.accredit()
    site.learners(1)
    site.sql("update core.profession_groups set active = false")
    site.night()
    assert site.statuses() == {}


def test_results_obtained_before_an_accreditation_was_added_are_registered_at_once(site):
    people = site.learners(2)
    site.night()
    assert site.statuses() == {}
    site.accredit()
    site.night()
    assert site.booked() == dict.fromkeys(people, 1)


def test_one_learner_has_points_in_each_register_under_its_own_number(site):
    site.accredit()
    site.accredit(org=19, pe_course=401777)
    site.person("C1", "052001")
    site.person("C1", "19022000101", org=19)
    site.passed("C1")
    site.night()
    assert site.booked() == {"052001": 1, "19022000101": 1}


def test_a_missing_and_a_malformed_number_withhold_the_points_until_they_are_right(site):
    site.accredit()
    site.person("C1")
    site.person("C2", "52002", known=False)
    for client in ("C1", "C2"):
        site.passed(client)
    site.night()
    assert site.statuses() == {"C1": "withheld", "52002": "withheld"}
    for client, number in (("C1", "052001"), ("C2", "052002")):
        site.person(client, number)
    assert site.night() == "success"
    assert site.statuses() == {"052001": "accepted", "052002": "accepted"}
    assert site.sql("select count(*) from mart.rejections where resolved_at is null") == [(0,)]


def test_a_number_that_is_corrected_after_a_rejection_is_sent(site):
    site.accredit()
    site.person("C1", "999999", known=False)
    site.passed("C1")
    site.night()
    assert site.only("status", "reason") == ("rejected", "person_unknown")
    site.person("C1", "052001")
    site.night()
    assert site.booked() == {"052001": 1}


def test_points_that_were_not_sent_before_the_accreditation_closed_are_withheld_not_deleted(site):
    site.accredit()
    site.learners(1)
    site.plan()
    site.sql("update core.accreditations set closed_at = now()")
    site.night()
    assert site.only("status", "reason") == ("withheld", "no_longer_accredited")
    site.sql("update core.accreditations set closed_at = null")
    site.night()
    assert site.only("status", "reason") == ("accepted", None)


def test_points_that_were_accepted_stand_when_the_accreditation_closes(site):
    site.accredit()
    site.learners(1)
    site.night()
    site.sql("update core.accreditations set closed_at = now()")
    site.night()
    assert site.only("status") == "accepted"


@pytest.mark.parametrize("style", ["text", "code"])
def test_a_person_unknown_to_the_register_is_offered_again_later_and_the_others_are_registered(site, style):
    site.sandbox.pe.settings = type(site.sandbox.pe.settings)(error_style=style)
    site.accredit()
    people = site.learners(3)
    site.person("C9", "999999", known=False)
    site.passed("C9")
    assert site.night() == "success"
    assert site.statuses() == dict.fromkeys(people, "accepted") | {"999999": "rejected"}
    row = "select reason, explanation, next_attempt_at > now() + interval '1 hour' from mart.pe_attendance"
    ((reason, words, later),) = site.sql(f"{row} where relation_number = '999999'")
    assert (reason, later) == ("person_unknown", True)
    assert "999999" not in words
    site.night()
    assert site.calls() == 1
    site.sandbox.ledger.add_person(ORG, "999999")
    site.sql("update ops.outbox set next_attempt_at = now() where status = 'rejected'")
    site.night()
    assert site.booked() == dict.fromkeys([*people, "999999"], 1)


def test_what_is_offered_again_and_again_comes_to_an_end(site):
    site.accredit()
    site.person("C1", "999999", known=False)
    site.passed("C1")
    site.night(retry_days=30)
    site.sql("update ops.outbox set first_due_at = now() - interval '31 days', next_attempt_at = now()")
    site.night(retry_days=30)
    assert site.only("status", "attempts", "next_attempt_at") == ("rejected", 2, None)


def test_a_permanent_rejection_waits_for_its_mapping_and_is_then_sent(site):
    site.accredit()
    site.sandbox.ledger.add_module(ORG, COURSE, 12)
    site.learners(2)
    site.night()
    assert site.sql("select distinct status, reason, next_attempt_at from mart.pe_attendance") == [
        ("rejected", "module_missing", None)
    ]
    site.night()
    assert site.calls() == 1
    site.sql("update core.accreditations set pe_module_id = '12'")
    site.night()
    assert sum(site.booked().values()) == 2


def test_an_edition_that_was_missing_and_is_entered_is_sent_with_it(site):
    site.accredit(course_type=4, pe_edition_id="7")
    site.learners(1)
    site.night()
    assert site.only("status", "reason") == ("rejected", "edition_fault")
    site.sandbox.ledger.add_meeting(ORG, COURSE, (8, None))
    site.sql("update core.accreditations set pe_edition_id = '8'")
    site.night()
    assert site.only("status") == "accepted"


def test_a_rejected_row_is_sent_again_when_a_person_asks_for_it(site):
    site.accredit(known=False)
    site.sandbox.ledger.add_person(ORG, "052001")
    site.learners(1)
    site.night()
    assert site.only("status") == "rejected"
    site.sql("update ops.outbox set next_attempt_at = null")
    site.resend(item_ids=[site.only("attendance_id")])
    site.night()
    assert (site.only("attempts"), site.calls()) == (2, 2)
    assert site.sql("select decision, decided_by from ops.outbox_decisions") == [("resend", "clerk")]


def test_a_mapping_that_the_service_could_not_read_is_rejected_without_being_sent(site):
    site.accredit(known=False, pe_edition_id="7")
    site.accredit("3", pe_course=700010)
    site.learners(2)
    site.passed("C052001", "3")
    assert site.night() == "success"
    found = site.sql("select status, reason, count(*) from mart.pe_attendance group by 1, 2 order by 1")
    assert found == [("accepted", None, 1), ("rejected", "invalid_row", 2)]
    assert len(site.received()) == 1


def test_a_refused_key_stops_the_account_keeps_everything_pending_and_is_told_once(site):
    site.accredit()
    site.accredit("3", org=19, pe_course=401777)
    people = site.learners(5)
    site.person("C052001", "19022000101", org=19)
    site.passed("C052001", "3")
    assert site.night(key="wrong", batch_limit=2) == "incomplete"
    assert site.statuses() == dict.fromkeys([*people, "19022000101"], "pending")
    assert site.problems() == [("account", "pe_online", "account_refused")]
    assert site.calls() == 1
    assert site.night() == "success"
    assert sum(site.booked().values()) == 6


def test_too_many_rows_are_sent_in_smaller_calls(site):
    site.sandbox.pe.settings = type(site.sandbox.pe.settings)(limit=3)
    site.accredit()
    people = site.learners(20)
    assert site.night() == "success"
    assert site.booked() == dict.fromkeys(people, 1)
    assert len(site.received()) == 20


def test_a_row_that_spoils_the_structure_is_isolated_and_the_others_are_sent(site):
    site.accredit()
    people = site.learners(9)
    site.plan()
    site.sql(
        "update ops.pe_attendance set end_date = '2026-02-30T10:00:00+01:00' where client_code = 'C052004'"
    )
    assert site.night() == "success"
    assert site.statuses() == dict.fromkeys(people, "accepted") | {"052004": "rejected"}
    assert site.sql("select reason from mart.pe_attendance where status = 'rejected'") == [("invalid_row",)]
    assert len(site.received()) == 8


def test_a_structure_that_is_refused_for_every_row_is_not_blamed_on_the_rows(site):
    site.accredit()
    site.learners(3)
    site.plan()
    site.sql("update ops.pe_attendance set end_date = '2026-02-30T10:00:00+01:00'")
    with pytest.raises(GiveUp, match="check the settings"):
        site.push()
    assert set(site.statuses().values()) == {"pending"}


LOST = [
    "lost_answer",
    "truncated",
    "cut",
    "escaped",
    "empty",
    "drop",
    "server_error",
    "bad_gateway",
    "unavailable",
    "html",
    "soap_fault",
]


@pytest.mark.parametrize("kind", LOST)
def test_a_lost_answer_is_settled_by_the_identical_row_and_gives_points_once(site, kind):
    site.accredit()
    people = site.learners(2)
    site.sandbox.faults.add("pe", kind)
    assert site.night() == "incomplete"
    assert site.statuses() == dict.fromkeys(people, "unknown")
    site.number("C052001", "099999")  # a number that is corrected meanwhile must not make it another row
    assert site.night() == "success"
    assert site.statuses() == dict.fromkeys(people, "accepted")
    assert site.booked() == dict.fromkeys(people, 1)
    assert (
        len({tuple(row[name] for name in ("person", "end_date", "course")) for row in site.received()}) == 2
    )


def test_a_lost_answer_of_a_classroom_course_waits_for_a_person(site):
    site.accredit(course_type=4, pe_edition_id="7")
    site.sandbox.ledger.add_meeting(ORG, COURSE, (7, None))
    site.learners(2)
    site.sandbox.faults.add("pe", "lost_answer")
    site.plan()
    with pytest.raises(GiveUp, match="etl pe settle"):
        site.push()
    assert site.night() == "success"
    assert set(site.statuses().values()) == {"unknown"}
    assert site.calls() == 1
    first, second = (row for (row,) in site.sql("select attendance_id from mart.pe_attendance order by 1"))
    site.settle(first, True)
    site.settle(second, False)
    site.night()
    assert site.statuses() == {"052001": "accepted", "052002": "accepted"}
    assert [row["person"] for row in site.received()] == ["052001", "052002", "052002"]


def test_a_service_that_cannot_be_reached_leaves_everything_pending(site):
    site.accredit()
    people = site.learners(2)
    assert site.night(url="http://127.0.0.1:9/x.asmx") == "incomplete"
    assert site.statuses() == dict.fromkeys(people, "pending")
    assert site.sql("select distinct outcome, error_code from ops.outbox_attempts") == [
        ("not_processed", "not_sent")
    ]


def test_too_many_requests_leaves_everything_pending_and_says_when_to_come_back(site):
    site.accredit()
    site.learners(2)
    site.sandbox.faults.add("pe", "too_many_requests", retry_after=9)
    site.plan()
    with pytest.raises(RetryLater) as raised:
        site.push()
    assert raised.value.retry_after == 9
    assert set(site.statuses().values()) == {"pending"}


def test_an_unknown_row_that_could_not_be_settled_stays_unknown(site):
    site.accredit()
    site.learners(1)
    site.sandbox.faults.add("pe", "lost_answer")
    site.night()
    for trouble in ({"key": "wrong"}, {"url": "http://127.0.0.1:9/x.asmx"}):
        site.night(**trouble)
        assert site.only("status", "reason") == ("unknown", "outcome_unknown")


def test_an_account_that_gives_no_usable_answer_is_left_alone_after_three_calls(site):
    site.accredit()
    site.learners(10)
    site.sandbox.faults.add("pe", "html", count=None)
    assert site.night(batch_limit=1) == "incomplete"
    assert site.calls() == 3
    assert sorted(site.statuses().values()) == ["pending"] * 7 + ["unknown"] * 3


def test_what_was_accepted_in_test_mode_is_sent_again_after_activation(site):
    site.sandbox.ledger.add_account(Account("5203", "k", "test", "52"))
    account = {"user": "5203", "key": "k"}
    site.accredit()
    people = site.learners(2)
    site.night(mode="test", **account)
    site.night(mode="test", **account)
    assert site.statuses() == dict.fromkeys(people, "accepted_in_test")
    assert (site.booked(), site.calls()) == ({}, 1)
    site.sandbox.ledger.add_account(Account("5203", "k", "live", "52"))
    site.night(mode="live", **account)
    assert site.statuses() == dict.fromkeys(people, "accepted")
    assert site.booked() == dict.fromkeys(people, 1)
    assert site.sql("select mode, count(*) from ops.outbox_attempts group by 1 order by 1") == [
        ("live", 2),
        ("test", 2),
    ]


def test_a_paused_account_sends_nothing_and_goes_on_when_it_is_not_paused(site):
    site.accredit()
    site.learners(2)
    assert site.night(paused=True) == "success"
    assert site.push(paused=True).ignored == 2
    assert (set(site.statuses().values()), site.calls()) == ({"pending"}, 0)
    assert site.sql("select distinct reason from mart.pe_attendance") == [("account_paused",)]
    assert read_report(site.engine).sent == (Sent("accreditation points", "pending", "account_paused", 2),)
    before = site.sql("select xmin::text from ops.outbox")
    site.night(paused=True)
    assert site.sql("select xmin::text from ops.outbox") == before
    site.night()
    assert sum(site.booked().values()) == 2
    assert site.sql("select distinct status, reason from mart.pe_attendance") == [("accepted", None)]


def test_several_courses_of_one_person_go_in_separate_calls(site):
    for place in range(3):
        site.accredit(str(place), pe_course=700010 + place)
    site.person("C1", "052001")
    for place in range(3):
        site.passed("C1", str(place))
    assert site.night() == "success"
    assert site.booked() == {"052001": 3}
    assert site.calls() == 3


@pytest.mark.parametrize("at", ["2026-09-25T16:13:20Z", "2026-11-25T16:13:20Z"])
def test_one_number_and_pe_course_are_claimed_once_whatever_source_course_earned_it(site, at):
    site.accredit("2")
    site.accredit("3", known=False)
    site.person("C1", "052001")
    site.passed("C1", "2")
    site.passed("C1", "3", at=at)
    assert site.night() == "success"
    assert site.night() == "success"
    assert (site.booked(), len(site.received())) == ({"052001": 1}, 1)
    held = site.sql("select source_course_id, status, reason from mart.pe_attendance order by 1")
    assert held == [("2", "accepted", None), ("3", "withheld", "points_claimed_already")]
    assert site.open_cases() == []


def test_a_number_that_two_clients_hold_is_sent_for_neither_and_listed_for_both(site):
    site.accredit()
    for client in ("C1", "C2"):
        site.person(client, "052001")
        site.passed(client)
    assert site.night() == "success"
    assert site.received() == []
    assert site.open_cases() == ["ambiguous_learner"] * 2
    site.number("C2", "052002")
    site.sandbox.ledger.add_person(ORG, "052002")
    site.night()
    assert site.booked() == {"052001": 1, "052002": 1}
    assert site.open_cases() == []


def test_a_pe_course_that_is_replaced_in_place_does_not_send_again_without_a_person_s_word(site):
    site.accredit()
    people = site.learners(3)
    site.night()
    site.sandbox.ledger.add_course(Course(ORG, 700002, "2026-01-01", "2026-12-31"))
    site.sql("update core.accreditations set pe_course_id = '700002'")
    for _ in range(2):
        assert site.night() == "success"
    assert len(site.received()) == 3
    assert site.open_cases() == ["sent_under_another_course"] * 3
    assert site.resend("withheld", course="700002", reason="sent_under_another_course") == 3
    for _ in range(2):
        assert site.night() == "success"
    assert sorted(row["course"] for row in site.received()) == ["700001"] * 3 + ["700002"] * 3
    assert site.booked() == dict.fromkeys(people, 2)
    assert site.open_cases() == []


def test_a_mapping_that_is_corrected_before_anything_was_accepted_is_sent_and_closes_the_old_case(site):
    site.accredit(known=False)
    site.sandbox.ledger.add_person(ORG, "052001")
    site.learners(1)
    site.night()
    assert site.open_cases() == ["course_unknown"]
    site.sandbox.ledger.add_course(Course(ORG, 700002, "2026-01-01", "2026-12-31"))
    site.sql("update core.accreditations set pe_course_id = '700002'")
    site.night()
    assert (site.booked(), site.open_cases()) == ({"052001": 1}, [])


def test_a_number_that_is_corrected_after_the_points_were_accepted_is_listed_until_a_person_decides(site):
    site.accredit()
    site.learners(2)
    site.night()
    for client, number in (("C052001", "062001"), ("C052002", "062002")):
        site.person(client, number)
    for _ in range(2):
        site.night()
    assert (len(site.received()), site.open_cases()) == (2, ["number_changed"] * 2)
    held = site.sql("select distinct status, reason from mart.pe_attendance")
    assert held == [("accepted", "number_changed")]
    first, second = (row for (row,) in site.sql("select attendance_id from mart.pe_attendance order by 1"))
    site.settle(first, True)
    site.resend("accepted", item_ids=[second])
    site.night()
    assert site.open_cases() == []
    assert site.booked() == {"052001": 1, "052002": 1, "062002": 1}


def test_a_number_that_was_somebody_else_s_by_mistake_is_sent_when_a_person_says_so(site):
    site.accredit()
    site.person("C1", "052001")
    site.passed("C1")
    site.night()
    site.person("C1", "062001")
    site.person("C2", "052001")
    site.passed("C2", at="2026-10-25T15:13:20Z")
    site.night()
    assert (len(site.received()), site.open_cases()) == (1, ["ambiguous_learner", "number_changed"])
    site.resend("withheld", reason="ambiguous_learner")
    site.resend("accepted", account=str(ORG))
    site.night()
    assert site.open_cases() == []
    assert [(row["person"], row["end_date"][:10]) for row in site.received()] == [
        ("052001", "2026-09-25"),
        ("062001", "2026-09-25"),
        ("052001", "2026-10-25"),
    ]


def test_a_pending_row_is_taken_back_when_its_course_counts_as_passed_no_more(site):
    site.accredit()
    site.learners(1)
    site.plan()
    site.sql("update core.course_completions set passed = false")
    site.night()
    assert site.only("status", "reason") == ("withheld", "no_longer_passed")
    assert (site.received(), site.open_cases()) == ([], [])
    site.sql("update core.course_completions set passed = true")
    site.night()
    assert site.only("status", "reason") == ("accepted", None)


def test_rows_that_were_accepted_while_pe_online_was_still_testing_are_sent_again_many_at_once(site):
    site.sandbox.ledger.add_account(Account("5203", "k", "test", "52"))
    account = {"user": "5203", "key": "k"}
    site.accredit()
    people = site.learners(3)
    site.night(**account)  # mode live on this side: too early
    assert (set(site.statuses().values()), site.booked()) == ({"accepted"}, {})
    site.sandbox.ledger.add_account(Account("5203", "k", "live", "52"))
    site.night(**account)
    assert site.booked() == {}
    assert site.resend("accepted", account="19") == 0
    assert site.resend("accepted", account=str(ORG)) == 3
    site.night(**account)
    assert site.booked() == dict.fromkeys(people, 1)
    decided = site.sql("select distinct decision, decided_by, status_before from ops.outbox_decisions")
    assert decided == [("resend", "clerk", "accepted")]


@pytest.mark.parametrize("echo", [True, False])
def test_a_course_known_by_its_own_code_is_accepted_under_either_name(site, echo):
    site.sandbox.pe.settings = type(site.sandbox.pe.settings)(echo_pe_course=echo)
    site.accredit(external_course_code="PEO-3")
    site.learners(2)
    site.night()
    assert set(site.statuses().values()) == {"accepted"}


MOMENTS = {
    "2026-08-31T22:30:00Z": "2026-09-01T00:30:00+02:00",
    "2026-08-31T21:59:59Z": "2026-08-31T23:59:59+02:00",
    "2026-10-25T00:30:00Z": "2026-10-25T02:30:00+02:00",
    "2026-10-25T01:30:00Z": "2026-10-25T02:30:00+01:00",
    "2026-03-29T01:00:00Z": "2026-03-29T03:00:00+02:00",
}


@pytest.mark.parametrize(("passed", "offered"), MOMENTS.items())
def test_a_resend_carries_the_identical_date_at_midnight_and_at_summer_time(site, passed, offered):
    site.accredit()
    site.person("C1", "052001")
    site.passed("C1", at=passed)
    site.sandbox.faults.add("pe", "lost_answer")
    site.night()
    # The account's zone is changed in between: the date stays as it was offered first.
    site.night(timezone="America/Curacao")
    assert [row["end_date"] for row in site.received()] == [offered, offered]
    assert (site.only("end_date", "status"), site.booked()) == ((offered, "accepted"), {"052001": 1})


def test_the_date_is_frozen_when_the_row_enters_the_ledger(site):
    site.accredit()
    site.person("C1")
    site.passed("C1")
    site.plan()
    site.number("C1", "052001")
    site.plan(timezone="UTC")
    assert site.only("status", "end_date") == ("pending", "2026-09-25T17:13:20+02:00")


def test_the_day_that_decides_is_the_account_s_not_utc_s(site):
    site.accredit(valid_from="2026-09-01", known=False)
    site.person("C1", "052001")
    site.person("C2", "052002")
    site.passed("C1", at="2026-08-31T22:30:00Z")
    site.passed("C2", at="2026-08-31T21:30:00Z")
    site.plan()
    assert site.statuses() == {"052001": "pending"}


def test_an_account_that_is_not_defined_does_not_stop_the_others(site):
    site.accredit()
    site.accredit(org=19, pe_course=401777)
    site.learners(1)
    site.person("C052001", "19022000101", org=19)
    site.sql("update core.profession_groups set connection_id = 'nowhere' where org_id = 19")

    def connect(conn_id):
        if conn_id == "nowhere":
            raise GiveUp("connection nowhere is not defined")
        return site.connection()

    assert flow.run(site.engine, connect, Options())[1] == "incomplete"
    assert site.booked() == {"052001": 1}
    assert site.problems() == [("plan", "19", "give_up")]


def test_a_preview_shows_what_would_be_sent_without_the_key_and_changes_nothing(site, tmp_path, monkeypatch):
    monkeypatch.setenv("ETL_STATE_DIR", str(tmp_path))
    site.accredit()
    people = site.learners(2)
    shown = flow.preview(site.engine, ORG, site.connection())
    assert all(f"<externalPersonID>{number}</externalPersonID>" in shown for number in people)
    assert accounts.PE_KEY not in shown
    flow.run(site.engine, lambda _: site.connection(), Options(dry_run=True))
    (path,) = tmp_path.glob("preview/*_52.xml")
    assert (path.read_text(), path.stat().st_mode & 0o777) == (shown, 0o600)
    assert (site.statuses(), site.calls()) == ({}, 0)


def test_the_counts_of_a_push_add_up(site):
    site.accredit()
    site.learners(2)
    site.person("C9", "999999", known=False)
    site.passed("C9")
    site.plan()
    counts = site.push()
    assert (counts.read, counts.written, counts.rejected, counts.calls) == (3, 2, 1, 1)


def test_neither_report_nor_rejections_nor_attempts_hold_a_number_or_the_key(site):
    site.accredit()
    site.person("C9", "999999", known=False)
    site.passed("C9")
    site.sandbox.faults.add("pe", "html")
    for _ in range(2):
        site.night()
    for table in ("ops.run_steps", "ops.rejections", "ops.outbox_attempts"):
        (rows,) = site.sql(f"select string_agg(t::text, ' ') from {table} as t")
        assert "999999" not in str(rows)
        assert accounts.PE_KEY not in str(rows)


def test_a_reason_that_is_not_known_is_kept_open_for_a_person_and_offered_again(site, monkeypatch):
    site.accredit()
    site.person("C1", "999999", known=False)
    site.passed("C1")
    unheard = "Iets nieuws over Professional {person} op regel {line}"
    monkeypatch.setattr(Reason.PERSON_UNKNOWN, "_value_", (unheard,))
    assert site.night() == "success"
    assert site.only("status", "reason") == ("rejected", "not_classified")
    assert site.only("explanation").endswith("PE-Online: Iets nieuws over Professional *** op regel 2")
    assert site.open_cases() == ["not_classified"]
    site.sandbox.ledger.add_person(ORG, "999999")
    site.sql("update ops.outbox set next_attempt_at = now() where next_attempt_at > now()")
    site.night()
    assert site.booked() == {"999999": 1}


@pytest.mark.parametrize("style", ["text", "code"])
def test_errors_of_several_kinds_in_one_call_give_each_row_its_own_reason(site, style):
    site.sandbox.pe.settings = type(site.sandbox.pe.settings)(error_style=style)
    site.accredit("2")
    for place, (course, kind) in enumerate([("3", 4), ("4", 4), ("5", 2), ("6", 2)]):
        site.accredit(course, pe_course=700010 + place, course_type=kind, **(EDITION if kind == 4 else {}))
    site.sandbox.ledger.add_meeting(ORG, 700010, (8, None))
    site.sandbox.ledger.add_meeting(ORG, 700011, (7, None))
    site.sandbox.ledger.add_module(ORG, 700012, 1)
    site.sandbox.ledger.add_course(Course(ORG, 700013, "2026-01-01", "2026-12-31", 2, None, "somebody else"))
    for place in range(20):
        number = f"{60000 + place:06d}"
        site.person(f"C{place:02d}", number, known=place % 5 != 0 or place > 9)
        site.passed(f"C{place:02d}", str(2 + place % 5))
    assert site.night() == "success"
    found = site.sql(
        "select source_course_id, status, coalesce(reason, ''), count(*) from mart.pe_attendance"
        " group by 1, 2, 3 order by 1, 2, 3"
    )
    assert found == [
        ("2", "accepted", "", 2),
        ("2", "rejected", "person_unknown", 2),
        ("3", "rejected", "edition_fault", 4),
        ("4", "accepted", "", 4),
        ("5", "rejected", "module_missing", 4),
        ("6", "rejected", "mandate_missing", 4),
    ]
    assert len(site.sandbox.ledger.bookings()) == 6


def test_a_certificate_that_is_renewed_every_year_gives_points_in_each_period(site):
    site.accredit()
    site.accredit(valid_from="2027-01-01", valid_to="2027-12-31", known=False)
    site.sandbox.ledger.add_course(Course(ORG, COURSE, "2027-01-01", "2027-12-31"))
    site.person("C1", "052001")
    site.passed("C1")
    site.night()
    for again in ("2026-11-25T16:13:20Z", "2027-02-01T08:00:00Z", "2027-05-01T08:00:00Z"):
        site.passed("C1", at=again)
        assert site.night() == "success"
    assert [row["end_date"][:10] for row in site.received()] == ["2026-09-25", "2027-02-01"]
    assert site.booked() == {"052001": 2}
