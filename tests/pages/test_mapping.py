"""Mapping units to activities on a page: shown, tried, saved with who, and refused to the second of two people."""

import re
from functools import partial

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from typer.testing import CliRunner

from etl.cli.mapping import app as commands
from etl.pages.app import PATH, create
from etl.pages.host import PagesHost, Right, Visitor
from tests.pages.conftest import SECRET
from tests.pages.reading import words
from tests.reference.test_effect import connect

UNIT = {"occurrence": "OCC-1001", "unit": "BSBWHS211", "source": "moodle_main", "course": "2"}
OPEN = (
    "select activity_id from core.activity_links where occurrence_code = 'OCC-1001' and unit_code = 'BSBWHS211'"
    " and closed_at is null order by 1"
)
pytestmark = pytest.mark.long  # a night stands before them


@pytest.fixture
def template(night_template):
    return night_template


@pytest.fixture
def browser(engine):
    """A browser of somebody with this name and these rights."""

    def browser(name, *rights):
        host = PagesHost(
            lambda: Visitor(name, frozenset(rights)), lambda: engine, SECRET, connect=partial(connect)
        )
        app = Starlette(routes=[Mount(PATH, create(host))])
        return TestClient(app, f"http://etl.test{PATH}")

    return browser


def post(client, do, shown, wanted, signer=None):
    """Press a button of the form, which a ``signer`` got who may change something."""
    page = (signer or client).get("/mapping", params=UNIT)
    client.cookies.update((signer or client).cookies)
    token = re.search(r'name="csrftoken" value="([^"]*)"', page.text)[1]
    form = UNIT | {"do": do, "shown": shown, "wanted": wanted, "csrftoken": token}
    return client.post("/mapping", data=form, follow_redirects=False)


def test_occurrences_are_listed_with_their_courses_and_found_by_their_code(browser):
    page = browser("somebody", Right.SEE).get("/mapping")
    assert "OCC-1001" in page.text
    assert "moodle_main, course 2: " in words(page)
    found = words(browser("somebody", Right.SEE).get("/mapping", params={"search": "occ-1002"}))
    assert "OCC-1002" in found
    assert "OCC-1001" not in found


def test_a_unit_is_shown_with_what_counts_for_it_and_what_could(browser):
    page = browser("somebody", *Right).get("/mapping", params=UNIT)
    boxes = dict(re.findall(r'name="wanted" value="(\d+)"( checked| disabled|)', page.text))
    assert boxes["4"] == " checked"
    assert boxes["2"] == ""
    assert "found by idnumber" in words(page)


def test_what_it_would_change_is_said_with_the_choice_kept_and_nothing_written(browser, held):
    answer = post(browser("somebody", *Right), "try", ["4"], ["2"])
    assert answer.status_code == 200
    assert re.search(r'value="2" checked', answer.text)
    assert "What this would change" in words(answer)
    assert re.search(r"\d+ results (recorded|changed)", words(answer))
    assert held(OPEN) == [("4",)]
    assert held("select count(*) from ops.audit where through <> 'import'") == [(0,)]


def test_a_saved_mapping_is_kept_with_who_and_when(browser, held):
    answer = post(browser("the administrator", *Right), "save", ["4"], ["2", "4"])
    assert answer.status_code == 303
    page = browser("another", *Right).get(f"/{answer.headers['location']}")
    assert "Saved: 1 link of BSBWHS211 changed." in words(page)
    assert "by the administrator" in words(page)
    assert held(OPEN) == [("2",), ("4",)]
    assert held("select who, through, table_name from ops.audit where through <> 'import'") == [
        ("the administrator", "page", "core.activity_links")
    ]


def test_the_second_of_two_people_is_told_what_the_first_did_and_changes_nothing(browser, held):
    post(browser("the first", *Right), "save", ["4"], ["2"])
    for do in ("try", "save"):
        answer = post(browser("the second", *Right), do, ["4"], ["1", "4"])
        assert answer.status_code == 409
        assert "BSBWHS211 was changed meanwhile, and counts activities 2 now" in words(answer)
        assert re.search(r'value="1" checked', answer.text)
    assert held(OPEN) == [("2",)]


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("999", "activity 999 is none of course 2 that can be mapped"),
        ("12", "activity 12 is none of course 2"),
    ],
)
def test_what_cannot_be_mapped_is_refused(browser, held, wanted, why):
    answer = post(browser("somebody", *Right), "save", ["4"], ["4", wanted])
    assert answer.status_code == 409
    assert why in words(answer)
    assert held(OPEN) == [("4",)]


def test_whoever_may_only_see_changes_nothing(browser, held):
    viewer = browser("a viewer", Right.SEE)
    page = viewer.get("/mapping", params=UNIT).text
    assert [word for word in ('method="post"', "Map it") if word in page] == []
    answer = post(viewer, "save", ["4"], [], signer=browser("somebody", *Right))
    assert answer.status_code == 403
    assert "This needs the right to" in words(answer)
    assert held(OPEN) == [("4",)]


def test_moodle_that_does_not_answer_is_said_and_nothing_is_lost(browser, held):
    answer = post(browser("somebody", *Right), "look", ["4"], ["2"])
    assert answer.status_code == 503
    assert "Nothing was changed: " in words(answer)
    assert held(OPEN) == [("4",)]


def test_an_occurrence_that_is_not_listed_is_not_found(browser):
    assert browser("somebody", Right.SEE).get("/mapping", params={"occurrence": "NONE"}).status_code == 404


def test_the_commands_do_the_same(warehouse, monkeypatch, held):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    link = ["OCC-1001", "BSBWHS211", "moodle_main", "2", "2"]
    tried = CliRunner().invoke(commands, ["map", *link, "--what-would-change"])
    assert "results recorded" in tried.output
    assert held(OPEN) == [("4",)]
    assert CliRunner().invoke(commands, ["map", *link, "--by", "HR"]).output == "1 link changed\n"
    assert CliRunner().invoke(commands, ["unmap", *link[:-1], "4"]).output == "1 link changed\n"
    assert held(OPEN) == [("2",)]
    assert "BSBWHS211" in CliRunner().invoke(commands, ["show", "OCC-1001"]).output
    assert held("select who from ops.audit where through <> 'import' order by audit_id limit 1") == [("HR",)]
