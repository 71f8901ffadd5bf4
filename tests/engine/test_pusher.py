"""Who pushes holds the account; what is claimed and what was answered is committed around each call."""

from contextlib import suppress

import pytest

from etl import db
from etl.engine.outcomes import Answered, Outcome
from etl.engine.pusher import exclusive
from etl.load import runs
from tests.engine.carrier import (
    ACCEPTED,
    ELSEWHERE,
    LETTERS,
    LOST,
    PARCELS,
    Account,
    with_streets,
)


def test_an_account_is_held_for_one_pusher_of_its_target(carrier):
    with exclusive(carrier.engine, LETTERS, "north") as pusher:
        assert pusher is not None
        for target, account, free in (
            (LETTERS, "north", False),
            (PARCELS, "north", False),
            (LETTERS, "south", True),
            (ELSEWHERE, "north", True),
        ):
            with exclusive(carrier.engine, target, account) as other:
                assert (other is not None) is free
    with exclusive(carrier.engine, LETTERS, "north") as pusher:
        assert pusher is not None


def test_what_is_sent_is_what_the_ledger_says_when_it_is_claimed_and_no_plan_changes_it_afterwards(carrier):
    carrier.plan({"Ann": "A", "Bob": "B"})
    with exclusive(carrier.engine, LETTERS, "north") as pusher:
        due = [one.item_id for one in pusher.due()]
        carrier.plan({"Ann": "Z"})
        call_id, offered = carrier.claim(pusher, due)
        assert offered == {"Ann": "Z"}
        carrier.plan({"Ann": "Y"})
        pusher.record(call_id, {carrier.item("Ann"): ACCEPTED}, Account())
    assert carrier.statuses() == {"Ann": "accepted", "Bob": "withheld"}
    assert carrier.sql("select street from ops.letters order by 1") == [("B",), ("Z",)]


def test_a_claim_is_committed_before_the_call_and_an_outcome_when_it_is_recorded(carrier):
    carrier.plan({"Ann": "A"})
    with exclusive(carrier.engine, LETTERS, "north") as pusher:
        call_id, _ = carrier.claim(pusher, [carrier.item("Ann")])
        assert carrier.statuses() == {"Ann": "sending"}
        pusher.record(call_id, {carrier.item("Ann"): LOST}, Account())
        assert carrier.statuses() == {"Ann": "unknown"}
    assert carrier.sql("select outcome, cause, connection_id, mode from ops.outbox_attempts") == [
        ("unknown", "HTTP 502", "carrier_main", "live")
    ]


def test_in_a_series_an_answer_is_committed_with_the_next_claim_or_the_end_and_not_without_it(carrier):
    carrier.plan({"Ann": "A", "Bob": "B", "Cid": "C"})
    ann, bob, cid = map(carrier.item, ("Ann", "Bob", "Cid"))
    with exclusive(carrier.engine, LETTERS, "north") as pusher:
        with pusher.series(carrier.run_id(), Account()) as series:
            call_id, _ = series.claim([ann], with_streets)
            assert series.record(call_id, {ann: ACCEPTED}) == {ann: "accepted"}
            with pytest.raises(ZeroDivisionError):
                series.claim([bob], lambda *_: 1 / 0)
            assert carrier.statuses() == {"Ann": "sending", "Bob": "pending", "Cid": "pending"}
            call_id, _ = series.claim([bob], with_streets)
            assert carrier.statuses() == {"Ann": "accepted", "Bob": "sending", "Cid": "pending"}
            series.record(call_id, {bob: LOST})
        assert carrier.statuses() == {"Ann": "accepted", "Bob": "unknown", "Cid": "pending"}
        with suppress(ZeroDivisionError), pusher.series(carrier.run_id(), Account()) as series:
            call_id, _ = series.claim([cid], with_streets)
            series.record(call_id, {cid: ACCEPTED})
            raise ZeroDivisionError
    assert carrier.statuses() == {"Ann": "accepted", "Bob": "unknown", "Cid": "accepted"}


def test_what_is_prepared_during_a_call_stands_with_its_answer_and_not_before(carrier):
    carrier.plan({"Ann": "A", "Bob": "B", "Cid": "C"})
    ann, bob, cid = map(carrier.item, ("Ann", "Bob", "Cid"))
    with exclusive(carrier.engine, LETTERS, "north") as pusher:
        with pusher.series(carrier.run_id(), Account()) as series:
            call_id, _ = series.claim([ann], with_streets)
            series.prepare([bob], with_streets)
            assert carrier.statuses() == {"Ann": "sending", "Bob": "pending", "Cid": "pending"}
            series.record(call_id, {ann: ACCEPTED})
            call_id, offered = series.claim([bob], with_streets)
            assert offered == {"Bob": "B"}
            assert carrier.statuses() == {"Ann": "accepted", "Bob": "sending", "Cid": "pending"}
            series.prepare([cid], with_streets)
            series.record(call_id, {bob: LOST})
        assert carrier.statuses() == {"Ann": "accepted", "Bob": "unknown", "Cid": "pending"}
    assert carrier.sql(
        "select record_key, outcome from ops.outbox_attempts join ops.outbox using (item_id)"
    ) == [
        ("Ann", "accepted"),
        ("Bob", "unknown"),
    ]


@pytest.mark.parametrize(
    ("answer", "stands"),
    [(ACCEPTED, "accepted"), (LOST, "unknown"), (Outcome("rejected", "moved_away"), "rejected")],
)
def test_what_a_call_is_expected_to_be_answered_stands_only_where_it_was(carrier, answer, stands):
    carrier.plan({"Ann": "A", "Bob": "B"})
    ann, bob = map(carrier.item, ("Ann", "Bob"))
    with (
        exclusive(carrier.engine, LETTERS, "north") as pusher,
        pusher.series(carrier.run_id(), Account()) as series,
    ):
        call_id, _ = series.claim([ann], with_streets)
        series.prepare([bob], with_streets, Answered(call_id, {ann: ACCEPTED}))
        series.record(call_id, {ann: answer})
        assert carrier.statuses() == {"Ann": "sending", "Bob": "pending"}
        series.claim([bob], with_streets)
        assert carrier.statuses() == {"Ann": stands, "Bob": "sending"}
    attempts = "select outcome, cause, finished_at is not null from ops.outbox_attempts order by attempt_id"
    assert carrier.sql(attempts) == [(stands, answer.cause, True), ("sending", None, False)]


def test_what_a_call_is_expected_to_be_answered_is_nothing_that_a_dead_pusher_knew(carrier):
    carrier.plan({"Ann": "A", "Bob": "B"})
    ann, bob = map(carrier.item, ("Ann", "Bob"))
    with (
        exclusive(carrier.engine, LETTERS, "north") as pusher,
        pusher.series(carrier.run_id(), Account()) as series,
    ):
        call_id, _ = series.claim([ann], with_streets)
        series.prepare([bob], with_streets, Answered(call_id, {ann: ACCEPTED}))
    assert carrier.statuses() == {"Ann": "sending", "Bob": "pending"}
    with exclusive(carrier.engine, LETTERS, "north") as pusher:
        assert pusher.recover() == ["send_again"]
    assert carrier.statuses() == {"Ann": "unknown", "Bob": "pending"}


def test_what_was_prepared_and_is_not_asked_for_is_as_it_was(carrier):
    carrier.plan({"Ann": "A", "Bob": "B", "Cid": "C"})
    ann, bob, cid = map(carrier.item, ("Ann", "Bob", "Cid"))
    with (
        exclusive(carrier.engine, LETTERS, "north") as pusher,
        pusher.series(carrier.run_id(), Account()) as series,
    ):
        call_id, _ = series.claim([ann], with_streets)
        series.prepare([bob], with_streets)
        series.record(call_id, {ann: ACCEPTED})
        assert series.claim([cid], with_streets)[1] == {"Cid": "C"}
        assert carrier.statuses() == {"Ann": "accepted", "Bob": "pending", "Cid": "sending"}


def test_rows_of_a_call_that_takes_its_time_are_given_back_and_claimed_after_it(carrier, monkeypatch):
    monkeypatch.setattr("etl.engine.ahead._HELD_SECONDS", 0)
    carrier.plan({"Ann": "A", "Bob": "B"})
    ann, bob = map(carrier.item, ("Ann", "Bob"))
    with (
        exclusive(carrier.engine, LETTERS, "north") as pusher,
        pusher.series(carrier.run_id(), Account()) as series,
    ):
        call_id, _ = series.claim([ann], with_streets)
        series.prepare([bob], with_streets)
        carrier.plan({"Ann": "A"})  # waits for nobody, and nobody for it
        series.record(call_id, {ann: ACCEPTED})
        assert series.claim([bob], with_streets)[1] == {}
    assert carrier.statuses() == {"Ann": "accepted", "Bob": "withheld"}


def test_nothing_is_prepared_while_a_plan_of_the_account_runs(carrier):
    carrier.plan({"Ann": "A", "Bob": "B"})
    ann, bob = map(carrier.item, ("Ann", "Bob"))
    with (
        exclusive(carrier.engine, LETTERS, "north") as pusher,
        carrier.engine.connect() as other,
        pusher.series(carrier.run_id(), Account()) as series,
    ):
        call_id, _ = series.claim([ann], with_streets)
        db.execute(other, "load/locks.take", lock="plan of carrier north")
        series.prepare([bob], lambda *_: 1 / 0)
        series.record(call_id, {ann: ACCEPTED})
        assert series.claim([bob], with_streets)[1] == {"Bob": "B"}
    assert carrier.statuses() == {"Ann": "accepted", "Bob": "sending"}


@pytest.mark.parametrize(
    ("if_unknown", "comes_back"), [("send_again", True), ("read_back", True), ("person", False)]
)
def test_what_a_pusher_died_with_is_settled_as_its_target_says(carrier, if_unknown, comes_back):
    carrier.plan({"Ann": "A"}, if_unknown=if_unknown)
    carrier.die()
    with exclusive(carrier.engine, LETTERS, "north") as pusher:
        assert pusher.recover() == [if_unknown]
        assert [(one.status, one.if_unknown) for one in pusher.due()] == [
            ("unknown", if_unknown)
        ] * comes_back
        assert pusher.recover() == []
    assert carrier.sql("select outcome, error_code from ops.outbox_attempts") == [("unknown", "pusher_died")]
    assert carrier.plan({"Ann": "Z"}) == runs.Counts(1, unchanged=1)
