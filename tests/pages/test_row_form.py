"""Accreditations and profession groups are entered, changed and ended on pages, by the rules of their files."""

import re
from urllib.parse import urlencode

import pytest

from etl.pages.host import Right
from tests.connectors.pe_online.site import ORG, Site
from tests.pages.reading import form, links, words

KEY = {"org_id": "52", "source": "moodle_main", "source_course_id": "2", "valid_from": "2026-01-01"}
GRANTED = KEY | {"valid_to": "2026-12-31", "pe_course_id": "700001", "course_type": "2"}


@pytest.fixture
def site(engine, sandbox):
    return Site(engine, sandbox)


@pytest.fixture
def connected(site, monkeypatch):
    """The account is there, as the environment names it; three people passed the course."""
    at = site.connection()
    monkeypatch.setenv(
        "AIRFLOW_CONN_PE_ONLINE",
        f'{{"conn_type": "pe_online", "host": "{at.host}", "login": "u", "password": "k"}}',
    )
    site.learners(3)
    return site


def send(browser, address, do, seen=None, **row):
    """Press a button of the form of a row, as the page shows it for its key."""
    asked = {name: value for name, value in row.items() if name in KEY} if seen is None else {}
    page = browser.get(f"/{address}", params=asked if seen is None else {})
    sent = {
        "csrftoken": form(page)["csrftoken"],
        "seen": seen if seen is not None else seen_of(page),
        "do": do,
    }
    return browser.post(f"/{address}", data=sent | row, follow_redirects=False)


def seen_of(page):
    return re.search(r'name="seen" value="([^"]*)"', page.text)[1]


def stands(site):
    return site.sql(
        "select cast(valid_to as text), pe_course_id from core.accreditations where closed_at is null"
    )


@pytest.mark.long
def test_what_an_accreditation_would_send_to_whom_is_said_before_and_nothing_is_kept(op, connected):
    answer = send(op, "accreditation", "try", "", **GRANTED)
    said = words(answer)
    assert "orgID 52, course 700001 (moodle_main/2): 3 points to 3 people; PE-Online has no undo" in said
    assert "No night has seen course 2 of moodle_main yet" in said
    assert 'value="700001"' in answer.text
    assert stands(connected) == connected.sql("select * from ops.outbox") == []


def test_an_accreditation_that_is_saved_is_listed_sent_and_kept_with_who(op, connected):
    answer = send(op, "accreditation", "save", "", **GRANTED)
    page = op.get(f"/{answer.headers['location']}")
    assert "Saved. The next push sends what follows from it." in words(page)
    assert "course 700001" in words(page)
    assert f"accreditation?{urlencode(KEY)}" in links(page)
    assert connected.sql("select who, through, after ->> 'pe_course_id' from ops.audit") == [
        ("somebody", "page", "700001")
    ]


@pytest.mark.long
def test_an_accreditation_is_ended_and_what_waits_would_not_be_sent(op, connected):
    connected.accredit()
    connected.plan(paused=True)
    row = GRANTED | {"valid_to": "2026-06-30"}
    assert "3 points that wait would not be sent" in words(send(op, "accreditation", "try", **row))
    assert send(op, "accreditation", "save", **row).status_code == 303
    assert stands(connected) == [("2026-06-30", "700001")]


@pytest.mark.long
def test_one_that_was_entered_by_mistake_is_removed_after_a_look_at_what_that_changes(op, connected):
    connected.accredit()
    connected.plan(paused=True)
    assert "What removing it would change" in words(send(op, "accreditation", "try removal", **GRANTED))
    assert stands(connected) != []
    answer = send(op, "accreditation", "remove", **GRANTED)
    assert "Removed: it counts no more." in words(op.get(f"/{answer.headers['location']}"))
    assert stands(connected) == []


@pytest.mark.parametrize(
    ("said", "field", "why"),
    [
        ({"valid_to": "2025-01-01"}, "valid_to", "must not be before “First day of the period”"),
        ({"pe_course_id": ""}, "pe_course_id", "give either this or “Own code of the course there”"),
        ({"source_course_id": "two"}, "source_course_id", "must be a whole number"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_entered(op, site, said, field, why):
    answer = send(op, "accreditation", "save", "", **(GRANTED | said))
    assert answer.status_code == 409
    assert "1 field is not right" in words(answer)
    [control] = re.findall(
        rf'name="{field}"[^>]*aria-invalid="true"[^>]*aria-describedby="([^"]*)"', answer.text
    )
    assert why in words(answer)
    assert f'id="{control}"' in answer.text
    assert stands(site) == []


@pytest.mark.long
def test_the_second_of_two_people_sees_what_the_first_saved(op, site):
    site.accredit()
    seen = seen_of(op.get("/accreditation", params=KEY))
    send(op, "accreditation", "save", **(GRANTED | {"valid_to": "2026-06-30"}))
    for do in ("save", "remove", "try"):
        answer = send(op, "accreditation", do, seen, **(GRANTED | {"valid_to": "2026-09-30"}))
        assert answer.status_code == 409
        assert "“Last day of the period” 2026-06-30" in words(answer)
        assert f"accreditation?{urlencode(KEY)}" in links(answer)
    assert send(op, "accreditation", "save", "", **GRANTED).status_code == 409  # entered as a new one
    assert stands(site) == [("2026-06-30", "700001")]


def test_of_two_who_change_a_profession_group_the_second_sees_what_the_first_saved(op, site):
    row = {"org_id": str(ORG), "name": "First", "active": "true", "number_scheme": "pe:52"}
    row |= {"number_pattern": r"^\d{6}$", "connection_id": "pe_online"}
    seen = seen_of(op.get("/profession-group", params={"org_id": str(ORG)}))
    assert send(op, "profession-group", "save", seen, **row).status_code == 303
    for do in ("save", "remove", "try", "try removal"):
        answer = send(op, "profession-group", do, seen, **(row | {"name": "Second"}))
        assert answer.status_code == 409
        assert "“Name” First" in words(answer)
        assert 'value="Second"' in answer.text
    assert site.sql("select name from core.profession_groups where closed_at is null") == [("First",)]


def test_a_row_that_does_not_stand_is_not_found(op, site):
    assert op.get("/accreditation", params=KEY).status_code == 404


@pytest.mark.long
def test_a_profession_group_is_entered_and_made_inactive(op, site):
    group = {
        "org_id": "19",
        "name": "GAIA",
        "active": "true",
        "number_scheme": "pe:19",
        "number_pattern": r"^\d{11}$",
    }
    refused = send(op, "profession-group", "save", "", **(group | {"number_pattern": "("}))
    assert "is not a valid regular expression" in words(refused)
    send(op, "profession-group", "save", "", **group)
    page = op.get("/points")
    assert "GAIA orgID 19 active" in words(page)
    assert "profession-group?org_id=19" in links(page)
    send(op, "profession-group", "save", **(group | {"active": "false"}))
    assert "GAIA orgID 19 not active" in words(op.get("/points"))
    site.accredit()
    refused = send(op, "profession-group", "remove", **{"org_id": str(ORG)})
    assert "1 that accreditations.csv" in words(refused)


@pytest.mark.long
def test_an_account_that_is_not_there_is_said_and_nothing_is_kept(op, site):
    site.learners(1)
    answer = send(op, "accreditation", "try", "", **GRANTED)
    assert answer.status_code == 200
    assert "not known: plan 52" in words(answer)


def test_who_may_only_look_sees_the_row_and_can_change_nothing(browse, op, site):
    site.accredit()
    reader = browse(Right.SEE, Right.PERSONS)
    for address, key in (("accreditation", KEY), ("profession-group", {"org_id": "52"})):
        page = reader.get(f"/{address}", params=key)
        assert page.status_code == 200
        assert "<form" not in page.text
        signed = form(op.get(f"/{address}", params=key))
        reader.cookies.update(op.cookies)
        answer = reader.post(f"/{address}", data=signed | {"do": "save"})
        assert answer.status_code == 403
        assert "This needs the right to" in words(answer)
        assert browse(Right.SEE).get(f"/{address}", params=key).status_code == 403
