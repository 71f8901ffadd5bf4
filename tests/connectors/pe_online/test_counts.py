"""Each row is counted by what the ledger says became of it; one of which it says nothing makes the run red."""

import pytest

from etl.connectors.pe_online import flow as pe_flow
from etl.connectors.pe_online.sender import PeSender
from etl.engine import ledger
from etl.engine.options import Options
from etl.engine.pusher import Series
from etl.errors import RetryLater
from tests.connectors.pe_online.site import ORG

COUNTS = "select read, written, unchanged, rejected, ignored from ops.run_steps"
VANISHING = (
    "create function ops.vanish() returns trigger language plpgsql as"
    " $$ begin if new.{0} like 'C052002%' then return null; end if; return new; end $$",
    "create trigger vanish before insert on {1} for each row execute function ops.vanish()",
)


def counts(site, step):
    """Of the newest run: read, written, unchanged, rejected, ignored."""
    (found,) = site.sql(
        f"{COUNTS} where step = '{step}' and run_id = (select run_id from ops.runs order by started_at desc limit 1)"
    )
    return found


def test_each_row_of_a_plan_is_counted_once_by_what_became_of_it(site):
    site.accredit()
    site.learners(2)
    site.person("C8")
    site.passed("C8")
    site.night()
    assert counts(site, "plan") == (3, 2, 0, 1, 0)
    site.person("C9", "052009")
    site.passed("C9")
    site.passed("C052001", at="2026-10-25T15:13:20Z")
    site.number("C052002", "52")  # its points were accepted: the row stands as it was
    assert site.night() == "success"
    assert counts(site, "plan") == (5, 1, 2, 1, 1)


def test_a_plan_that_finds_everything_as_it_was_counts_it_as_unchanged(site):
    site.accredit()
    site.learners(2)
    site.plan()
    site.plan()
    assert counts(site, "plan") == (2, 0, 2, 0, 0)


def test_each_row_of_a_push_is_counted_once_by_how_it_stands_in_the_ledger(site):
    site.accredit()
    site.learners(2)
    site.person("C9", "999999", known=False)
    site.passed("C9")
    assert site.night() == "success"
    assert counts(site, "push") == (3, 2, 0, 1, 0)


@pytest.mark.parametrize("mode", ["live", "test"])
def test_rows_whose_answer_was_lost_or_that_were_not_offered_are_as_they_were(site, mode):
    site.accredit()
    site.learners(5)
    site.sandbox.faults.add("pe", "lost_answer", count=3)
    assert site.night(batch_limit=1, mode=mode) == "incomplete"
    assert sorted(site.statuses().values()) == ["pending"] * 2 + ["unknown"] * 3
    assert counts(site, "push") == (5, 0, 5, 0, 0)
    site.night(batch_limit=1, mode=mode)
    assert counts(site, "push") == (5, 5, 0, 0, 0)


def test_a_row_that_is_withheld_while_the_push_is_under_way_is_left_alone(site, monkeypatch):
    site.accredit()
    site.learners(3)
    meanwhile(site, monkeypatch, "update ops.outbox set status = 'withheld', reason = 'no_longer_passed'")
    assert site.night() == "success"
    assert counts(site, "push") == (3, 2, 0, 0, 1)


@pytest.fixture
def forgetful(monkeypatch):
    """Of each answer the outcome of one row is not written down."""
    record = Series.record

    def all_but_one(series, call_id, outcomes, *keep):
        return record(series, call_id, dict(list(outcomes.items())[1:]), *keep)

    monkeypatch.setattr(Series, "record", all_but_one)


def test_an_answer_that_is_not_written_down_makes_the_run_red(site, forgetful):
    site.accredit()
    site.learners(3)
    assert site.night() == "incomplete"
    assert site.problems() == [("push", str(ORG), "counts_differ")]
    assert counts(site, "push") == (3, 2, 0, 0, 0)


def test_rows_that_are_lost_are_told_though_the_push_met_another_problem(site, forgetful):
    site.accredit()
    site.learners(3)
    site.plan()
    site.sandbox.faults.add("pe", "lost_answer")
    with pytest.raises(RetryLater, match="2 rows have an unknown outcome"):
        site.push()
    assert site.problems() == [("push", str(ORG), "counts_differ")]


def test_a_row_that_vanishes_from_the_ledger_during_the_push_makes_the_run_red(site, monkeypatch):
    site.accredit()
    site.learners(3)
    meanwhile(site, monkeypatch, "delete from ops.pe_attendance")
    assert site.night() == "incomplete"
    assert site.problems() == [("push", str(ORG), "counts_differ")]


def test_points_that_do_not_arrive_in_the_ledger_make_the_run_red(site):
    site.accredit()
    site.learners(3)
    for statement in VANISHING:
        site.sql(statement.format("record_key", "ops.outbox"))
    assert site.night() == "incomplete"
    assert site.problems() == [("plan", str(ORG), "counts_differ")]
    assert counts(site, "plan") == (3, 2, 0, 0, 0)


def test_a_point_of_which_only_the_fact_arrives_is_not_sent_and_makes_plan_and_push_red(site):
    site.accredit()
    people = site.learners(3)
    for statement in VANISHING:
        site.sql(statement.format("client_code", "ops.pe_attendance"))
    assert site.night() == "incomplete"
    assert site.problems() == [(step, str(ORG), "counts_differ") for step in ("plan", "push")]
    assert counts(site, "plan") == (3, 2, 0, 0, 0)
    assert site.booked() == dict.fromkeys([people[0], people[2]], 1)


def test_points_that_are_lost_before_the_ledger_make_the_run_red_though_the_push_goes_on(site, monkeypatch):
    stage = ledger.stage
    monkeypatch.setattr(ledger, "stage", lambda *where, wished: stage(*where, wished=wished.iloc[1:]))
    site.accredit()
    people = site.learners(3)
    run_id = site.run_id()
    pe_flow.plan(site.engine, run_id, lambda _: site.connection(), Options())
    monkeypatch.undo()
    pe_flow.push(site.engine, run_id, ORG, site.connection())
    assert pe_flow.finish(site.engine, run_id) == "incomplete"
    assert site.problems() == [("plan", str(ORG), "counts_differ")]
    assert site.booked() == dict.fromkeys(people[1:], 1)


def meanwhile(site, monkeypatch, statement):
    """Something else happens to one of the due rows, after they were read and before they are sent."""
    send = PeSender.send

    def later(sender, due):
        site.sql(f"{statement} where item_id = {due[0].item_id}")
        send(sender, due)

    monkeypatch.setattr(PeSender, "send", later)
