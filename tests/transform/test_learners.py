"""Which client a learner is: stored user id, then idnumber, then fields; nobody is guessed."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.transform.enrolments import courses_without_learners, learner_enrolments, not_enrolled
from etl.transform.learners import (
    hidden_fields,
    learner_candidates,
    match_learners,
    matched_and_not,
    used_fields,
)
from tests.fixtures.properties import examples

PERSON = ["idnumber", "username", "email", "given_name", "surname"]


def learners(*rows):
    """Rows of (user id, idnumber, email, given name), all in course 2."""
    data = [("2", "O", user, code, None, email, name, None) for user, code, email, name in rows]
    return pd.DataFrame(data, columns=["scope", "label", "user_id", *PERSON]).astype(
        dict.fromkeys(PERSON, "str")
    )


def clients(*rows):
    """Rows of (client code, email, given name)."""
    data = [(code, None, email, name, None) for code, email, name in rows]
    columns = ["client_code", "username", "email", "given_name", "surname"]
    return pd.DataFrame(data, columns=columns).astype("str")


def match(users, known, stored=(), match_code=True, match_fields=None):
    ids = pd.DataFrame(list(stored), columns=["user_id", "client_code"]).astype("str")
    persons = match_learners(users, known, ids, match_code, match_fields)
    matched, rejected = matched_and_not(persons.assign(label="O"))
    return dict(zip(matched["user_id"], matched["client_code"], strict=True)), dict(
        zip(rejected["record_key"], rejected["reason_code"], strict=True)
    )


ANNA, BEN = ("C1", "anna@x.example", "Anna"), ("C2", "ben@x.example", "Ben")


@pytest.mark.parametrize(
    ("user", "keywords", "expected"),
    [
        ((7, "C1", None, None), {}, "C1"),
        ((7, " c1 ", None, None), {}, "C1"),  # trimmed, case-folded
        ((7, "C2", None, None), {"stored": [("7", "C1")]}, "C1"),  # the stored id first
        ((7, None, "ANNA@x.example", "anna"), {"match_fields": "email+given_name"}, "C1"),
        ((7, "unknown", "anna@x.example", None), {"match_fields": "email"}, "C1"),
        ((7, None, "anna@x.example", "Ben"), {"match_fields": "email+given_name"}, None),  # AND
        ((7, None, None, None), {"match_fields": "email"}, None),  # nothing is no match
        ((7, "C1", None, None), {"match_code": False}, None),
        ((7, "", None, None), {}, None),
        ((7, "C11", None, None), {}, None),
    ],
)
def test_a_learner_matches_by_the_first_rule_that_finds_somebody(user, keywords, expected):
    matched, rejected = match(learners(user), clients(ANNA, BEN), **keywords)
    assert matched == ({7: expected} if expected else {})
    assert rejected == ({} if expected else {"O/7": "unmatched_learner"})


def test_two_clients_with_the_same_address_are_ambiguous():
    same = clients(ANNA, ("C3", "anna@x.example", "Anna"))
    found = match(learners((7, None, "anna@x.example", None)), same, match_fields="email")
    assert found == ({}, {"O/7": "ambiguous_learner"})


def test_two_learners_with_the_same_idnumber_are_both_ambiguous():
    found = match(learners((7, "C1", None, None), (8, "C1", None, None)), clients(ANNA))
    assert found == ({}, {"O/7": "ambiguous_learner", "O/8": "ambiguous_learner"})


def test_the_learner_whose_id_is_stored_keeps_the_client_against_a_look_alike():
    found = match(learners((7, "C1", None, None), (8, "C1", None, None)), clients(ANNA), stored=[("7", "C1")])
    assert found == ({7: "C1"}, {"O/8": "ambiguous_learner"})


@pytest.mark.parametrize("stored", ["7.0", "7.007", "07", " 7", "7e0", "٧", "inf", "nan", ""])
def test_a_stored_id_is_compared_as_text(stored):
    found = match(learners((7, None, None, None)), clients(ANNA), stored=[(stored, "C1")])
    assert found == ({}, {"O/7": "unmatched_learner"})


def test_accounts_elsewhere_on_the_site_claim_a_client_too():
    others = pd.DataFrame({"user_id": [7, 9], "client_code": ["C2", "C1"], "rank": [1, 1]})
    known, none = clients(ANNA, BEN), pd.DataFrame({"user_id": [], "client_code": []}, dtype="str")
    people = learners((7, "C1", None, None), (8, "C2", None, None))
    matched, rejected = matched_and_not(
        match_learners(people, known, none, True, None, others).assign(label="O")
    )
    assert matched["client_code"].tolist() == ["C2"]  # what else was known of 7 itself does not count
    assert rejected["record_key"].tolist() == ["O/7"]


@pytest.mark.parametrize(("shown", "hidden"), [([None, None], ["2"]), (["C1", None], []), (["", None], [])])
def test_a_field_that_was_known_and_is_shown_of_nobody_is_listed(shown, hidden):
    now = learners((7, shown[0], None, None), (8, shown[1], None, None))
    accounts = learners((7, "C1", None, None), (8, "", None, None)).drop(columns=["scope", "label"])
    assert hidden_fields(now, accounts, used_fields(True, None))["record_key"].tolist() == hidden


def test_active_enrolments_of_which_the_source_tells_nothing_are_listed():
    absent = pd.DataFrame(
        {"scope": "2", "occurrence_code": "O", "user_id": [7, 8], "status": ["active", "completed"]}
    )
    assert not_enrolled(absent)["record_key"].tolist() == ["O/7"]
    courses = pd.DataFrame({"scope": ["2", "3", "4"], "occurrence_code": ["O", "P", "Q"]})
    enrolled = pd.DataFrame({"occurrence_code": ["O", "P", "Q"], "status": ["active", "active", "withdrawn"]})
    empty = courses_without_learners(courses, enrolled, pd.DataFrame({"scope": ["2"]}))
    assert empty["record_key"].tolist() == ["3"]


def test_leading_zeros_are_part_of_a_code():
    matched, _ = match(learners((7, "0012", None, None)), clients(("12", None, None), ("0012", None, None)))
    assert matched == {7: "0012"}


@examples(30)
@given(
    st.lists(st.sampled_from(["C1", "c1 ", "C2", "", None]), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
def test_every_learner_is_either_matched_or_listed_in_any_order(codes, random):
    rows = [(position, code, None, None) for position, code in enumerate(codes, start=7)]
    straight = match(learners(*rows), clients(ANNA, BEN))
    shuffled = match(learners(*random.sample(rows, len(rows))), clients(ANNA, BEN))
    assert straight == shuffled
    assert len(straight[0]) + len(straight[1]) == len(rows)


CODES = ["C1", "c1 ", "C2", "", None]
MAILS = ["a@x.example", " A@X.example", None]
NAMES = ["Anna", "ben", None]


def claimed(user, people, held, match_code, match_fields):
    """The clients that a learner may be, and by which rule, as docs/results.md says it; in plain Python."""

    def same(one, other):
        one, other = ((value or "").strip().lower() for value in (one, other))
        return one != "" and one == other

    user_id, code, mail, name = user
    ours = {"email": mail, "given_name": name}
    attempts = [{client for held_by, client in held if held_by == user_id}]
    if match_code:
        attempts.append({client for client, _, _ in people if same(code, client)})
    if match_fields:
        fields = match_fields.split("+")
        known = [(client, {"email": their_mail, "given_name": their}) for client, their_mail, their in people]
        attempts.append({client for client, his in known if all(same(ours[one], his[one]) for one in fields)})
    found = [(rank, clients) for rank, clients in enumerate(attempts) if clients]
    return {(user_id, client, found[0][0]) for client in found[0][1]} if found else set()


@examples(100)
@given(
    st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from(MAILS), st.sampled_from(NAMES)), max_size=4),
    st.lists(
        st.tuples(st.sampled_from(["C1", "C2", "C3"]), st.sampled_from(MAILS), st.sampled_from(NAMES)),
        max_size=3,
        unique_by=lambda one: one[0],
    ),
    st.lists(st.tuples(st.integers(6, 9), st.sampled_from(["C1", "C3"])), max_size=3),
    st.booleans(),
    st.sampled_from([None, "email", "email+given_name"]),
)
def test_the_clients_that_a_learner_may_be_are_those_of_the_first_rule_that_finds_any(
    users, people, held, match_code, match_fields
):
    rows = [(user_id, *user) for user_id, user in enumerate(users, start=7)]
    stored = pd.DataFrame([(str(user), client) for user, client in held], columns=["user_id", "client_code"])
    found = learner_candidates(
        learners(*rows), clients(*people), stored.astype("str"), match_code, match_fields
    )
    expected = [claimed(row, people, held, match_code, match_fields) for row in rows]
    assert set(found.itertuples(index=False, name=None)) == set().union(*expected)


def enrolments(*rows):
    columns = ["enrolment_code", "client_code", "occurrence_code", "status", "start_date"]
    return pd.DataFrame([(*row, None) for row in rows], columns=columns)


@pytest.mark.parametrize(
    ("held", "found", "reason"),
    [
        ([("E1", "C1", "O", "active")], ["E1"], []),
        ([("E1", "C1", "O", "completed")], ["E1"], []),
        ([("E1", "C1", "O", "withdrawn")], [], ["enrolment_not_active"]),
        ([("E1", "C1", "O", "withdrawn"), ("E2", "C1", "O", "active")], ["E2"], []),
        ([("E1", "C1", "OTHER", "active")], [], ["no_enrolment"]),
        ([], [], ["no_enrolment"]),
    ],
)
def test_results_belong_to_enrolments_that_are_not_withdrawn(held, found, reason):
    matched = pd.DataFrame({"scope": ["2"], "user_id": [7], "client_code": ["C1"]})
    courses = pd.DataFrame({"scope": ["2"], "occurrence_code": ["O"]})
    kept, rejected = learner_enrolments(matched, courses, enrolments(*held).astype({"status": "str"}))
    assert (kept["enrolment_code"].tolist(), rejected["reason_code"].tolist()) == (found, reason)
