"""A night of points, end to end: registered once, in the account's mode, with counts that add up."""

import pytest

from etl.connectors.pe_online import flow
from etl.engine.options import Options
from etl.errors import GiveUp
from etl.load.report import read_report
from etl.load.report_types import Sent
from etl.sandbox import accounts
from etl.sandbox.pe_online.ledger import BookedAccount
from tests.connectors.pe_online.site import ORG
from tests.fixtures.properties import one_quickly


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


def test_what_was_accepted_in_test_mode_is_sent_again_after_activation(site):
    site.sandbox.ledger.add_account(BookedAccount("5203", "k", "test", "52"))
    account = {"user": "5203", "key": "k"}
    site.accredit()
    people = site.learners(2)
    site.night(mode="test", **account)
    site.night(mode="test", **account)
    assert site.statuses() == dict.fromkeys(people, "accepted_in_test")
    assert (site.booked(), site.calls()) == ({}, 1)
    site.sandbox.ledger.add_account(BookedAccount("5203", "k", "live", "52"))
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
    assert read_report(site.engine).sent == (
        Sent("pe_online", "accreditation points", "pending", "account_paused", 2),
    )
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


def test_rows_that_were_accepted_while_pe_online_was_still_testing_are_sent_again_many_at_once(site):
    site.sandbox.ledger.add_account(BookedAccount("5203", "k", "test", "52"))
    account = {"user": "5203", "key": "k"}
    site.accredit()
    people = site.learners(3)
    site.night(**account)  # mode live on this side: too early
    assert (set(site.statuses().values()), site.booked()) == ({"accepted"}, {})
    site.sandbox.ledger.add_account(BookedAccount("5203", "k", "live", "52"))
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


@pytest.mark.parametrize(("passed", "offered"), one_quickly(MOMENTS.items()))
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
