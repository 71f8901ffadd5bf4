"""What the page of registrations shows: integrations, what was registered, and what became of messages."""

import re

import pytest
from sqlalchemy import text

from etl.connectors.coachview import flow, results
from etl.engine.options import Options
from etl.pages.host import Right
from tests.connectors.coachview import requests
from tests.connectors.coachview.requests import report
from tests.pages.reading import form, links, words


@pytest.fixture
def template(sample_template):
    """The warehouse of these tests holds the sample reference set."""
    return sample_template


@pytest.fixture
def registered(engine):
    """One completion that was registered."""
    requests.fill(engine)
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-02", grade=8)
    flow.run(engine, None, Options())


def test_what_was_registered_stands_with_its_integration_and_the_result(op, registered):
    page = words(op.get("/registrations"))
    assert "T1-THEORY" in page
    assert "R1" in page
    assert "not sent there" in page
    assert "There are none of this kind" in words(op.get("/registrations", params={"status": "rejected"}))
    assert "T1-THEORY" in words(op.get("/registrations", params={"integration": "studio"}))
    assert "T1-THEORY" not in words(op.get("/registrations", params={"integration": "other"}))


def test_each_integration_shows_the_address_that_its_messages_are_sent_to(op):
    page = op.get("/registrations")
    assert "/anewspring/academy" in words(page)
    assert "asked by the night" in words(page)
    assert "registrations?integration=studio#rows" in links(page)


def test_messages_say_what_to_do_first_where_there_are_none(op, registered):
    assert "send a test message" in words(op.get("/received-messages"))
    assert "none of this kind" in words(op.get("/received-messages", params={"outcome": "unusable"}))


def test_only_who_may_see_persons_sees_registrations(browse, engine):
    for address in ("/registrations", "/received-messages"):
        assert browse(Right.SEE).get(address).status_code == 403
        assert browse(Right.SEE, Right.PERSONS).get(address).status_code == 200


@pytest.fixture
def told(engine, registered):
    """A function that has the one result stand so at Coachview; and one that says how it stands."""
    with engine.begin() as session:
        results.refresh(session, "coachview")

    def told(status=None):
        with engine.begin() as session:
            if status:
                session.execute(
                    text("update ops.outbox set status = :status, attempts = 1, reason = 'not_in_coachview'"),
                    {"status": status},
                )
            return session.execute(text("select status from ops.outbox")).scalar_one()

    return told


def decide(browser, page, decision):
    return browser.post("/registrations", data=form(page) | {"decision": decision})


@pytest.mark.parametrize(
    ("was", "decision", "becomes", "said"),
    [
        ("unknown", "registered", "accepted", "Settled: Coachview shows it."),
        ("unknown", "not_registered", "pending", "The next push sends it again."),
        ("rejected", "resend", "pending", "The next push offers it again."),
    ],
)
def test_a_result_is_settled_or_offered_again_with_who(op, engine, told, was, decision, becomes, said):
    told(was)
    page = op.get("/registrations", params={"status": was})
    assert said in words(decide(op, page, decision))
    assert told() == becomes
    with engine.connect() as session:
        assert session.execute(text("select decided_by from ops.outbox_decisions")).scalars().all() == [
            "somebody"
        ]


def test_of_two_people_who_settle_a_result_the_second_is_told_what_it_is_now(op, told):
    told("unknown")
    page = op.get("/registrations", params={"status": "unknown"})
    decide(op, page, "registered")
    for decision in ("registered", "not_registered", "resend"):
        assert "is accepted, offered 1 time by now" in words(decide(op, page, decision))
    assert told() == "accepted"


STUDIO = {
    "integration": "studio",
    "system": "elearning",
    "connection_id": "studio",
    "hash": "sha512",
    "timezone": "Europe/Amsterdam",
    "minimum": "1",
    "maximum": "10",
    "decimals": "0",
    "person_scheme": "person",
    "active": "true",
    **dict.fromkeys(("sends_result", "sends_presence", "sends_passed"), "true"),
}


def test_of_two_who_change_an_integration_the_second_sees_what_the_first_saved(op, held):
    opened = form(op.get("/integration", params={"integration": "studio"})) | STUDIO
    op.post("/integration", data=opened | {"do": "save", "pass_mark": "6"})
    for do in ("save", "remove", "try", "try removal"):
        answer = op.post("/integration", data=opened | {"do": do, "pass_mark": "7"})
        assert answer.status_code == 409
        assert "“Passed from” 6" in words(answer)
        assert re.search(r'name="pass_mark"[^>]* value="7"', answer.text)
    assert held(
        "select pass_mark from core.integrations where integration = 'studio' and closed_at is null"
    ) == [(6,)]


def test_the_result_definition_of_an_integration_is_changed_on_a_page(op, engine):
    page = op.get("/integration", params={"integration": "studio"})
    wrong = op.post("/integration", data=form(page) | STUDIO | {"do": "save", "pass_mark": "11"})
    assert "must not be less than “Passed from”" in words(wrong)
    right = op.post("/integration", data=form(page) | STUDIO | {"do": "save", "pass_mark": "6"})
    assert "Saved. What follows from it" in words(right)
    with engine.connect() as session:
        found = session.execute(text("select pass_mark from core.integrations where integration = 'studio'"))
        assert found.scalar_one() == 6


def test_who_may_only_look_settles_nothing(browse, told):
    told("rejected")
    reader = browse(Right.SEE, Right.PERSONS)
    page = reader.get("/registrations", params={"status": "rejected"})
    assert not form(page)
    assert reader.post("/registrations", data={"decision": "resend"}).status_code == 403
