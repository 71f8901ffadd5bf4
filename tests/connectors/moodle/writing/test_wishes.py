"""What is wished for, as a function of the administration and of what was confirmed last."""

import pandas as pd
import pytest

from etl.connectors.moodle.writing import wishes

CLIENT = {
    "client_code": "C1",
    "username": None,
    "given_name": "Ann",
    "other_name": None,
    "surname": "Other",
    "email": "Ann@X.example",
    "archived": False,
    "stored_id": None,
    "user_id": None,
    "sent_username": None,
    "sent_firstname": None,
    "sent_middlename": None,
    "sent_lastname": None,
    "sent_email": None,
    "sent_suspended": None,
    "changes": None,
}
LINKED = {
    "user_id": "48",
    "sent_username": "ann@x.example",
    "sent_firstname": "Ann",
    "sent_middlename": "",
    "sent_lastname": "Other",
    "sent_email": "Ann@X.example",
    "sent_suspended": False,
    "changes": 2,
}
FACT = {
    "source_course_id": "5",
    "enrolment_code": "E1",
    "client_code": "C1",
    "occurrence_code": "O1",
    "status": "active",
    "start_date": None,
    "automatic": True,
    "asked": False,
    "transferred": False,
    "asked_out": None,
    "account_status": None,
    "account_reason": None,
}


def people(**given):
    return wishes.persons(pd.DataFrame([CLIENT | given]))


def facts(*rows):
    return pd.DataFrame([FACT | row for row in rows])


def wish(fact=None, **client):
    [row] = wishes.enrolment_wishes(facts(fact or {}), people(**client)).to_dict("records")
    return row["status"], row["reason"] if isinstance(row["reason"], str) else None


@pytest.mark.parametrize(
    ("fact", "client", "expected"),
    [
        ({}, {}, ("pending", None)),
        ({"automatic": False}, {}, ("withheld", "waits_for_person")),
        ({"automatic": False, "asked": True}, {}, ("pending", None)),
        ({"status": "withdrawn"}, {}, ("withheld", "enrolment_not_active")),
        ({"status": "completed"}, {}, ("withheld", "enrolment_not_active")),
        ({"client_code": "C2"}, {}, ("withheld", "client_not_listed")),
        ({}, {"archived": True}, ("withheld", "client_archived")),
        ({}, {"email": None, "username": "ann"}, ("withheld", "client_incomplete")),
        ({}, {"email": None, "stored_id": "48"}, ("pending", None)),
        ({}, {"email": None} | LINKED, ("pending", None)),
        (
            {"account_status": "rejected", "account_reason": "ambiguous_account"},
            {},
            ("withheld", "ambiguous_account"),
        ),
        ({"account_status": "rejected", "account_reason": "ambiguous_account"}, LINKED, ("pending", None)),
    ],
)
def test_an_enrolment_is_sent_or_says_why_not(fact, client, expected):
    assert wish(fact, **client) == expected


def test_an_account_stays_wished_for_while_it_is_refused():
    refused = {"account_status": "rejected", "account_reason": "email_taken"}
    enrolments = wishes.enrolment_wishes(facts(refused), people())
    assert wishes.account_wishes(enrolments, people())["client_code"].tolist() == ["C1"]


def test_no_account_is_wished_for_who_has_one_or_waits():
    enrolments = wishes.enrolment_wishes(facts({}), people(**LINKED))
    assert wishes.account_wishes(enrolments, people(**LINKED)).empty
    waiting = wishes.enrolment_wishes(facts({"automatic": False}), people())
    assert wishes.account_wishes(waiting, people()).empty


@pytest.mark.parametrize(
    ("client", "changed"),
    [
        ({}, []),
        ({"surname": "New"}, ["lastname"]),
        ({"other_name": "van"}, ["middlename"]),
        ({"other_name": None, "sent_middlename": "van"}, ["middlename"]),
        ({"username": "Ann1"}, ["username"]),
        ({"archived": True}, ["suspended"]),
        ({"surname": None, "email": None, "username": "ann@x.example"}, []),
    ],
)
def test_only_what_differs_from_what_was_sent_last_is_sent(client, changed):
    found = wishes.account_changes(people(**(LINKED | client)))
    assert found["changed"].tolist() == ([changed] if changed else [])
    assert found["change"].tolist() == ([3] if changed else [])


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("suspend", {"suspend": "pending", "unenrol": "withheld"}),
        ("unenrol", {"unenrol": "pending"}),
        ("nothing", {"suspend": "withheld", "unenrol": "withheld"}),
    ],
)
def test_what_becomes_of_a_withdrawn_enrolment_is_what_the_setting_says(setting, expected):
    withdrawn = facts(
        {"status": "withdrawn", "transferred": True}, {"status": "withdrawn", "client_code": "C2"}
    )
    found = wishes.withdrawal_wishes(withdrawn, setting)
    assert dict(zip(found["how"], found["status"], strict=True)) == expected
    assert set(found["client_code"]) == {"C1"}


@pytest.mark.parametrize("status", ["active", "withdrawn"])
def test_whom_a_person_takes_out_of_a_course_goes_withdrawn_or_not(status):
    found = wishes.withdrawal_wishes(
        facts({"status": status, "transferred": True, "asked_out": "unenrol"}), "nothing"
    )
    assert dict(zip(found["how"], found["status"], strict=True))["unenrol"] == "pending"
    assert len(found) == (1 if status == "active" else 2)


def test_who_was_not_transferred_is_not_taken_out():
    assert wishes.withdrawal_wishes(facts({"asked_out": "unenrol"}), "nothing").empty


def test_nobody_is_taken_out_who_stays_by_another_enrolment():
    both = facts({"status": "withdrawn", "transferred": True}, {"enrolment_code": "E2"})
    assert wishes.withdrawal_wishes(both, "suspend").empty
