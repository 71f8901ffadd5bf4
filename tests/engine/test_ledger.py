"""The ledger for any target: here letters and parcels of a carrier, which PE-Online knows nothing of."""

from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import uuid4

import pandas as pd
import pytest
from sqlalchemy import text

from etl import db
from etl.engine import ledger
from etl.engine.ledger import ChosenItems, Target
from etl.engine.outcomes import Answered, Outcome
from etl.engine.pusher import exclusive
from etl.errors import InvalidInput
from etl.load import runs
from etl.load.report import read_report

WHY = {"moved_away": "Nobody lives there any more."}
LETTERS = Target("carrier", "letters", "letter", "ops.letters", nothing_to_do=("moved_away",), reasons=WHY)
PARCELS = Target("carrier", "parcels", "parcel", "ops.letters", reasons=WHY)
ELSEWHERE = Target("other_carrier", "letters", "letter", "ops.letters", reasons=WHY)
DETAILS = "create table ops.letters (item_id bigint primary key references ops.outbox, street text)"
ENTER = """
insert into ops.letters select item.item_id, staged.street from staged
join ops.outbox as item on item.business_key = staged.business_key and (item.target, item.kind) = (:target, :kind)
where item.item_id = any(:offered)
on conflict (item_id) do update set street = excluded.street
returning item_id
"""
ACCEPTED, LOST = Outcome("accepted"), Outcome("unknown", "outcome_unknown", cause="HTTP 502")


@dataclass(frozen=True)
class Account:
    conn_id: str = "carrier_main"
    mode: str = "live"
    retry_days: int = 60


class Carrier:
    """What a connector does with the ledger."""

    def __init__(self, engine):
        self.engine = engine

    def sql(self, statement, **values):
        with self.engine.begin() as session:
            found = session.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    def plan(self, streets, target=LETTERS, account="north", if_unknown="send_again", reason=None):
        """Wish for a letter to each name; returns the counts."""
        facts = pd.DataFrame({"name": list(streets)}, dtype="str")
        wished = facts[[]].assign(
            business_key=ledger.business_keys(facts),
            record_key=facts["name"],
            if_unknown=if_unknown,
            status="withheld" if reason else "pending",
            reason=reason,
            explanation=None,
            street=list(streets.values()),
        )
        with self.engine.begin() as session:
            ledger.stage(session, target, account, wished)
            changed = session.execute(
                text(
                    "select item_id from ops.letters join ops.outbox using (item_id) join staged"
                    " using (business_key) where letters.street <> staged.street"
                )
            )
            offered = ledger.offer(session, target, account, list(changed.scalars()))
            which = {"target": target.system, "kind": target.kind, "offered": offered}
            entered = list(session.execute(text(ENTER), which).scalars())
            ledger.withhold(session, target, ledger.unwished(session, target, account), "moved_away")
            return ledger.planned(session, target, len(wished), offered, entered)

    def run_id(self):
        with self.engine.begin() as session:
            return runs.open_run(session, "letters")

    def claim(self, pusher, items, account=Account()):
        """Claim items in a call; returns its id and name and street of each that was claimed."""
        call_id = uuid4()
        return call_id, pusher.claim(items, call_id, self.run_id(), account, _offered)

    def push(self, outcome=ACCEPTED, account=Account()):
        """Offer everything that is due in one call; returns what was offered."""
        with exclusive(self.engine, LETTERS, "north") as pusher:
            due = [one.item_id for one in pusher.due()]
            call_id, offered = self.claim(pusher, due, account)
            pusher.record(call_id, dict.fromkeys(due, outcome), account)
            return offered

    def die(self):
        """Claim everything that is due, and end before the answer."""
        with exclusive(self.engine, LETTERS, "north") as pusher:
            self.claim(pusher, [one.item_id for one in pusher.due()])

    def statuses(self):
        return dict(self.sql("select record_key, status from ops.outbox"))

    def item(self, name):
        [(item_id,)] = self.sql("select item_id from ops.outbox where record_key = :name", name=name)
        return item_id


def _offered(session, item_ids):
    names = "select record_key, street from ops.outbox join ops.letters using (item_id)"
    found = session.execute(text(f"{names} where item_id = any(:item_ids)"), {"item_ids": list(item_ids)})
    return {name: street for name, street in found}


@pytest.fixture
def carrier(warehouse):
    engine = db.engine(warehouse)
    carrier = Carrier(engine)
    carrier.sql(DETAILS)
    yield carrier
    engine.dispose()


def test_what_a_plan_wishes_for_is_sent_once_and_a_second_plan_changes_nothing(carrier):
    assert carrier.plan({"Ann": "A", "Bob": "B"}) == runs.Counts(2, written=2)
    before = carrier.sql("select item_id, xmin::text from ops.outbox")
    assert carrier.plan({"Ann": "A", "Bob": "B"}) == runs.Counts(2, unchanged=2)
    assert carrier.sql("select item_id, xmin::text from ops.outbox") == before
    assert carrier.push() == {"Ann": "A", "Bob": "B"}
    assert carrier.plan({"Ann": "Z", "Bob": "B"}) == runs.Counts(2, unchanged=2)
    assert carrier.push() == {}
    assert carrier.sql("select street from ops.letters order by 1") == [("A",), ("B",)]


def test_nothing_wished_for_is_no_fault(carrier):
    assert carrier.plan({}) == runs.Counts(0)


def test_one_fact_of_two_kinds_or_targets_is_an_item_of_each(carrier):
    for target in (LETTERS, PARCELS, ELSEWHERE):
        carrier.plan({"Ann": "A"}, target)
    assert carrier.push() == {"Ann": "A"}
    assert carrier.sql("select target, kind, status from ops.outbox order by 1, 2") == [
        ("carrier", "letters", "accepted"),
        ("carrier", "parcels", "pending"),
        ("other_carrier", "letters", "pending"),
    ]
    assert [(heading, [one.items for one in items]) for heading, items in read_report(carrier.engine).sent_by_kind] == [
        ("Letters", [1]),
        ("Parcels", [1]),
        ("Letters", [1]),
    ]  # fmt: skip


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
            call_id, _ = series.claim([ann], _offered)
            assert series.record(call_id, {ann: ACCEPTED}) == {ann: "accepted"}
            with pytest.raises(ZeroDivisionError):
                series.claim([bob], lambda *_: 1 / 0)
            assert carrier.statuses() == {"Ann": "sending", "Bob": "pending", "Cid": "pending"}
            call_id, _ = series.claim([bob], _offered)
            assert carrier.statuses() == {"Ann": "accepted", "Bob": "sending", "Cid": "pending"}
            series.record(call_id, {bob: LOST})
        assert carrier.statuses() == {"Ann": "accepted", "Bob": "unknown", "Cid": "pending"}
        with suppress(ZeroDivisionError), pusher.series(carrier.run_id(), Account()) as series:
            call_id, _ = series.claim([cid], _offered)
            series.record(call_id, {cid: ACCEPTED})
            raise ZeroDivisionError
    assert carrier.statuses() == {"Ann": "accepted", "Bob": "unknown", "Cid": "accepted"}


def test_what_is_prepared_during_a_call_stands_with_its_answer_and_not_before(carrier):
    carrier.plan({"Ann": "A", "Bob": "B", "Cid": "C"})
    ann, bob, cid = map(carrier.item, ("Ann", "Bob", "Cid"))
    with exclusive(carrier.engine, LETTERS, "north") as pusher:
        with pusher.series(carrier.run_id(), Account()) as series:
            call_id, _ = series.claim([ann], _offered)
            series.prepare([bob], _offered)
            assert carrier.statuses() == {"Ann": "sending", "Bob": "pending", "Cid": "pending"}
            series.record(call_id, {ann: ACCEPTED})
            call_id, offered = series.claim([bob], _offered)
            assert offered == {"Bob": "B"}
            assert carrier.statuses() == {"Ann": "accepted", "Bob": "sending", "Cid": "pending"}
            series.prepare([cid], _offered)
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
        call_id, _ = series.claim([ann], _offered)
        series.prepare([bob], _offered, Answered(call_id, {ann: ACCEPTED}))
        series.record(call_id, {ann: answer})
        assert carrier.statuses() == {"Ann": "sending", "Bob": "pending"}
        series.claim([bob], _offered)
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
        call_id, _ = series.claim([ann], _offered)
        series.prepare([bob], _offered, Answered(call_id, {ann: ACCEPTED}))
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
        call_id, _ = series.claim([ann], _offered)
        series.prepare([bob], _offered)
        series.record(call_id, {ann: ACCEPTED})
        assert series.claim([cid], _offered)[1] == {"Cid": "C"}
        assert carrier.statuses() == {"Ann": "accepted", "Bob": "pending", "Cid": "sending"}


def test_rows_of_a_call_that_takes_its_time_are_given_back_and_claimed_after_it(carrier, monkeypatch):
    monkeypatch.setattr("etl.engine.ahead._HELD_SECONDS", 0)
    carrier.plan({"Ann": "A", "Bob": "B"})
    ann, bob = map(carrier.item, ("Ann", "Bob"))
    with (
        exclusive(carrier.engine, LETTERS, "north") as pusher,
        pusher.series(carrier.run_id(), Account()) as series,
    ):
        call_id, _ = series.claim([ann], _offered)
        series.prepare([bob], _offered)
        carrier.plan({"Ann": "A"})  # waits for nobody, and nobody for it
        series.record(call_id, {ann: ACCEPTED})
        assert series.claim([bob], _offered)[1] == {}
    assert carrier.statuses() == {"Ann": "accepted", "Bob": "withheld"}


def test_nothing_is_prepared_while_a_plan_of_the_account_runs(carrier):
    carrier.plan({"Ann": "A", "Bob": "B"})
    ann, bob = map(carrier.item, ("Ann", "Bob"))
    with (
        exclusive(carrier.engine, LETTERS, "north") as pusher,
        carrier.engine.connect() as other,
        pusher.series(carrier.run_id(), Account()) as series,
    ):
        call_id, _ = series.claim([ann], _offered)
        db.execute(other, "load/locks.take", lock="plan of carrier north")
        series.prepare([bob], lambda *_: 1 / 0)
        series.record(call_id, {ann: ACCEPTED})
        assert series.claim([bob], _offered)[1] == {"Bob": "B"}
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


def test_what_is_wished_for_no_more_is_withheld_and_comes_back_when_it_is_wished_for_again(carrier):
    carrier.plan({"Ann": "A", "Bob": "B"})
    carrier.plan({"Ann": "A"})
    assert carrier.statuses() == {"Ann": "pending", "Bob": "withheld"}
    with carrier.engine.connect() as session:
        assert ledger.open_cases(session, LETTERS, "north").empty
    assert carrier.plan({"Ann": "A", "Bob": "B"}) == runs.Counts(2, written=1, unchanged=1)
    assert carrier.push() == {"Ann": "A", "Bob": "B"}


def test_what_is_withheld_or_rejected_is_listed_until_it_says_something_else(carrier):
    carrier.plan({"Ann": "A"}, reason="no_relation_number")
    with carrier.engine.connect() as session:
        [case] = ledger.open_cases(session, LETTERS, "north").to_dict("records")
    assert (case["scope"], case["resource"], case["record_key"]) == ("north", "letter", "Ann")
    carrier.plan({"Ann": "A"})
    carrier.push(Outcome("rejected", "invalid_row"))
    carrier.plan({"Ann": "A"})
    assert (carrier.statuses(), carrier.push()) == ({"Ann": "rejected"}, {})
    carrier.plan({"Ann": "Z"})
    assert carrier.push() == {"Ann": "Z"}


def test_what_was_accepted_in_test_mode_is_sent_again_once_the_account_is_live(carrier):
    carrier.plan({"Ann": "A"})
    carrier.push(account=Account(mode="test"))
    assert (carrier.statuses(), carrier.push()) == ({"Ann": "accepted_in_test"}, {})
    with carrier.engine.begin() as session:
        ledger.activate(session, LETTERS, "north")
    assert carrier.push() == {"Ann": "A"}
    assert carrier.statuses() == {"Ann": "accepted"}


def test_a_person_s_decision_is_kept_with_who_and_when_and_reaches_no_item_of_another_target(carrier):
    carrier.plan({"Ann": "A", "Bob": "B"}, if_unknown="person")
    carrier.push(LOST)
    ann, bob = carrier.item("Ann"), carrier.item("Bob")
    with pytest.raises(InvalidInput, match=f"row {ann}"), carrier.engine.begin() as session:
        ledger.settle(session, PARCELS, [ann], True, "clerk")
    with carrier.engine.begin() as session:
        ledger.settle(session, LETTERS, [ann], True, "clerk")
        ledger.settle(session, LETTERS, [bob], False, "clerk")
        assert ledger.find(session, PARCELS, ChosenItems("accepted")) == []
        assert ledger.find(session, LETTERS, ChosenItems("accepted"), among=[bob]) == []
        assert ledger.resend(session, ledger.find(session, LETTERS, ChosenItems("accepted")), "chief") == 1
    assert carrier.sql(
        "select record_key, decision, decided_by, status_before, decided_at is not null"
        " from ops.outbox_decisions join ops.outbox using (item_id) order by decision_id"
    ) == [
        ("Ann", "registered", "clerk", "unknown", True),
        ("Bob", "not_registered", "clerk", "unknown", True),
        ("Ann", "resend", "chief", "accepted", True),
    ]
    assert carrier.push() == {"Ann": "A", "Bob": "B"}


def test_what_needs_a_person_is_what_a_plan_withholds_except_where_the_reason_asks_nobody(carrier):
    carrier.plan({"Anna": "Dam 1"}, reason="street_unknown")
    carrier.plan({"Bram": "Dam 2"}, account="south", reason="moved_away")
    carrier.plan({"Cor": "Dam 3"}, PARCELS, "south", reason="moved_away")
    needed = "select about, reason_code, items from mart.attention order by about"
    assert carrier.sql(needed) == [("letters", "street_unknown", 1), ("parcels", "moved_away", 1)]


def test_a_reason_that_asks_somebody_from_now_on_needs_a_person(carrier):
    carrier.plan({"Anna": "Dam 1"}, reason="moved_away")
    assert carrier.sql("select items from mart.attention") == []
    carrier.plan({"Anna": "Dam 1"}, replace(LETTERS, nothing_to_do=()), reason="moved_away")
    assert carrier.sql("select items from mart.attention") == [(1,)]
