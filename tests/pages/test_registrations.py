"""What the page of registrations shows: integrations, what was registered, and what became of messages."""

import pytest

from etl.connectors.coachview import flow
from etl.engine.options import Options
from etl.pages.host import Right
from tests.connectors.coachview import requests
from tests.connectors.coachview.requests import report
from tests.pages.test_pages import links, words


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
