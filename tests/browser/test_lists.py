"""Lists in a browser: every row once over the pages of a list, each filter, and what an empty warehouse says to do."""

import re

import pytest
from playwright.sync_api import expect

from etl import db
from etl.pages import (
    accreditations,
    competence_holders,
    competences,
    enrolments,
    mapping,
    points,
    registrations,
    rejections,
    relation_numbers,
    results,
    schools,
)
from tests.browser.test_every_page import findings
from tests.fixtures.warehouse import copy_of

# The list of each address, and the module that says how many rows a page has.
LISTS = [
    (results, "results", "#rows table"),
    (mapping, "mapping", "main table"),
    (competences, "competences", "#links + table"),
    (competence_holders, "competence-holders?competence=CPR", "#people + table"),
    (points, "points", "#rows + table"),
    (accreditations, "accreditations", "main table"),
    (relation_numbers, "relation-numbers", "#number"),
    (enrolments, "enrolments?occurrence=OCC-1001", "#rows table"),
    (registrations, "registrations", "#rows + table"),
    (registrations, "registrations?status=accepted", "#rows + table"),
    (registrations, "received-messages", "main table"),
    (rejections, "rejections", "#rows ~ table"),
    (schools, "school?brin6=99QQ00", "#log ~ table >> nth=0"),
    (schools, "school?brin6=99QQ00", "#pupils + table"),
]
# A filter by its label, what is chosen, and what every row of the list says then.
FILTERS = [
    ("results", "#rows table", "Occurrence", "OCC-1002", "OCC-1002"),
    ("results", "#rows table", "Moodle course", "4", "OCC-1003"),
    ("results", "#rows table", "Source", "administration", "administration"),
    ("results", "#rows table", "Learner, by client code", "CL00002", "CL00002"),
    ("results", "#rows table", "Status", "recorded", "recorded"),
    ("results", "#rows table", "Finished from", "2026-09-28", "2026-(09-28|09-29|09-30|10)"),
    ("mapping", "main table", "Occurrence, by the beginning of its code", "occ-1002", "OCC-1002"),
    ("enrolments?occurrence=OCC-1001", "#rows table", "State", "blocked", "blocked"),
    ("competences", "#links + table", "Course (name or id)", "TRUCK", "TRUCK"),
    ("competence-holders?competence=CPR", "#people + table", "Soon: within days", "36", "CL00007"),
    ("points", "#rows + table", "Profession group", "52", "orgID 52"),
    ("points", "#rows + table", "Status", "rejected", "rejected"),
    ("points", "#rows + table", "Client", "CL00002", "CL00002"),
    ("relation-numbers", "#number", "Profession group", "52", "orgID 52"),
    ("relation-numbers", "#number", "Client", "CL00005", "CL00005"),
    ("accreditations", "main table", "Profession group", "52", "52"),
    ("accreditations", "main table", "Course, of PE-Online or ours", "301245", "301245"),
    ("schools", "main table", "State", "active", "99QQ00"),
    ("school?brin6=99QQ00", "#log ~ table >> nth=0", "What happened", "activated", "activated"),
    ("registrations", "#rows + table", "At Coachview", "accepted", "accepted"),
    ("received-messages", "main table", "Integration", "academy", "academy"),
    ("received-messages", "main table", "What became of it", "unusable", "unusable"),
]
# What a page says while nothing is there yet.
FIRST = {
    "tonight": "switch on its DAG in Airflow",
    "results": "Link an occurrence to a course and map its units",
    "mapping": "import occurrences.csv",
    "enrolments": "Say in moodle_writing.csv which site is written to",
    "competences": "enter the tree first",
    "competence-holders": "enter the tree first",
    "points": "Make a connection of type PE-Online",
    "accreditations": "enter a profession group first",
    "relation-numbers": "Nobody's points wait for a number",
    "schools": "activate the first one below",
    "registrations": "No integration is entered yet: enter one",
    "received-messages": "send a test message",
    "rejections": "everything that came in was recorded",
    "person": "Enter the client code of somebody",
    "erasures": "Nobody was erased",
    "reference-data": "Nothing was imported yet: check a set first",
}


def rows_of(page, table):
    return [row.inner_text() for row in page.locator(f"{table} >> tbody tr").all()]


@pytest.mark.parametrize(("module", "address", "table"), LISTS)
def test_the_pages_of_a_list_hold_each_of_its_rows_once_in_their_order(
    visit, monkeypatch, module, address, table
):
    page = visit(address)
    whole = rows_of(page, table)
    assert len(whole) > 2
    monkeypatch.setattr(module, "_MOST", (len(whole) + 1) // 2)
    page.reload()
    shown = rows_of(page, table)
    further = page.locator(f"{table} >> xpath=following::a[@rel='next'][1]")
    if page.locator(table).locator("xpath=ancestor::form").count():
        further = page.locator("form#rows ~ p a[rel=next]")
    with page.expect_navigation():
        further.click()
    assert shown + rows_of(page, table) == whole


@pytest.mark.parametrize(("address", "table", "label", "chosen", "said"), FILTERS)
def test_a_filter_shows_rows_that_are_as_was_asked_and_stays_as_it_was_set(
    visit, address, table, label, chosen, said
):
    page = visit(address)
    before = len(rows_of(page, table))
    if label == "Soon: within days":
        page.locator("select[name=state]").select_option("expiring")
    field = page.locator("form:not([method=post])").get_by_label(label).first
    if field.evaluate("one => one.tagName") == "SELECT":
        field.select_option(chosen)
    else:
        field.fill(chosen)
    with page.expect_navigation():
        field.locator("xpath=ancestor::form").get_by_role("button").first.click()
    rows = rows_of(page, table)
    assert 0 < len(rows) <= before
    assert [row for row in rows if not re.search(said, row)] == []
    expect(page.locator("form:not([method=post])").get_by_label(label).first).to_have_value(chosen)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("results?learner=NOBODY", "No result is as you asked"),
        ("mapping?search=NONE", "No occurrence is as you asked"),
        ("enrolments?occurrence=OCC-1001&state=transferred", "No enrolment is as you asked"),
        ("competences?search=NONE", "No published course is called so"),
        ("competence-holders?competence=TRUCK&state=revoked", "Nobody."),
        ("points?client_code=NOBODY", "There are none of this kind"),
        ("relation-numbers?client_code=NOBODY", "under this choice"),
        ("accreditations?course=NONE", "There are none of this kind"),
        ("schools?status=paused", "No school has this state"),
        ("school?brin6=99QQ00&event=ended", "Nothing of this kind happened"),
        ("registrations?status=sending", "There are none of this kind"),
        ("received-messages?outcome=test", "There are none of this kind"),
    ],
)
def test_where_nothing_is_as_was_asked_the_page_says_so(visit, address, said):
    page = visit(address)
    expect(page.locator("main")).to_contain_text(said)
    assert findings(page) == []


@pytest.fixture
def bare(filled, shown, postgres_url, migrated_template):
    """Pages of a warehouse that nothing is in."""
    with copy_of(postgres_url, migrated_template) as url:
        shown.engine = db.engine(url)
        yield
        shown.engine.dispose()
        shown.engine = filled


def test_before_anything_is_entered_each_page_says_what_to_do_first(bare, visit):
    page = visit("tonight", visitor="admin")
    for address, said in FIRST.items():
        page.goto(page.url.rpartition("/")[0] + f"/{address}")
        expect(page.locator("main")).to_contain_text(said)
        assert findings(page) == [], address
