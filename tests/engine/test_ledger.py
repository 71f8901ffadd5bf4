"""The ledger for any target: here letters and parcels of a carrier, which PE-Online knows nothing of."""

from dataclasses import replace

import pandas as pd
import pytest

from etl.engine import ledger
from etl.engine.ledger import ChosenItems
from etl.engine.outcomes import Outcome
from etl.errors import InvalidInput
from etl.load import runs
from etl.load.report import read_report
from tests.engine.carrier import ELSEWHERE, LETTERS, LOST, PARCELS, Account


def test_what_a_plan_wishes_for_is_sent_once_and_a_second_plan_changes_nothing(carrier):
    assert carrier.plan({"Ann": "A", "Bob": "B"}) == runs.Counts(2, written=2)
    before = carrier.sql("select item_id, xmin::text from ops.outbox")
    assert carrier.plan({"Ann": "A", "Bob": "B"}) == runs.Counts(2, unchanged=2)
    assert carrier.sql("select item_id, xmin::text from ops.outbox") == before
    assert carrier.push() == {"Ann": "A", "Bob": "B"}
    assert carrier.plan({"Ann": "Z", "Bob": "B"}) == runs.Counts(2, unchanged=2)
    assert carrier.push() == {}
    assert carrier.sql("select street from ops.letters order by 1") == [("A",), ("B",)]


def test_facts_that_differ_in_any_sign_are_items_of_their_own(carrier):
    names = ["\\", "\\\\", '"', "\\x41", "A", "a", "\t", "\\t", "é", "e\u0301", "漢", " A"]
    wished = {name: "street" for name in names}
    assert carrier.plan(wished) == runs.Counts(len(names), written=len(names))
    assert carrier.plan(wished) == runs.Counts(len(names), unchanged=len(names))


def test_a_number_that_may_be_written_in_two_ways_names_no_fact():
    with pytest.raises(TypeError, match="course: a fact is named by texts, whole numbers and times"):
        ledger.business_keys(pd.DataFrame({"course": [52, None], "name": ["Ann", "Bob"]}))


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
