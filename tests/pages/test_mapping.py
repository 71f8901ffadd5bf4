"""Mapping units to activities on a page: shown, tried, saved with who, and refused to the second of two people."""

import re
from functools import partial

import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from typer.testing import CliRunner

from etl import db
from etl.cli.mapping import app as commands
from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options
from etl.load import runs
from etl.pages.app import PATH, create
from etl.pages.host import PagesHost, Right, Visitor
from etl.sandbox.server import serve
from tests.fixtures.nights import moodle_connection
from tests.fixtures.warehouse import copy_of
from tests.pages.conftest import SECRET
from tests.pages.test_pages import words
from tests.reference.test_effect import connect

UNIT = {"occurrence": "OCC-1001", "unit": "BSBWHS211", "source": "moodle_main", "course": "2"}
OPEN = (
    "select activity_id from core.activity_links where occurrence_code = 'OCC-1001' and unit_code = 'BSBWHS211'"
    " and closed_at is null order by 1"
)
pytestmark = pytest.mark.long  # a night stands before them


@pytest.fixture(scope="module")
def template(postgres_url, sample_template):
    with copy_of(postgres_url, sample_template) as url:
        engine = db.engine(url)
        with serve() as sandbox:
            moodle_results.run(engine, lambda conn_id: moodle_connection(sandbox.url, conn_id), Options())
        engine.dispose()  # a database that is in use cannot be copied
        yield engine.url.database


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


@pytest.fixture
def held(engine):
    def held(statement=OPEN):
        with engine.connect() as session:
            return [tuple(row) for row in session.execute(text(statement))]

    return held


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
    assert held() == [("4",)]
    assert held("select count(*) from ops.audit where through <> 'import'") == [(0,)]


def test_a_saved_mapping_is_kept_with_who_and_when(browser, held):
    answer = post(browser("the administrator", *Right), "save", ["4"], ["2", "4"])
    assert answer.status_code == 303
    page = browser("another", *Right).get(f"/{answer.headers['location']}")
    assert "Saved: 1 link of BSBWHS211 changed." in words(page)
    assert "by the administrator" in words(page)
    assert held() == [("2",), ("4",)]
    assert held("select who, through, table_name from ops.audit where through <> 'import'") == [
        ("the administrator", "page", "core.activity_links")
    ]


def test_the_second_of_two_people_is_told_what_the_first_did_and_changes_nothing(browser, held):
    post(browser("the first", *Right), "save", ["4"], ["2"])
    answer = post(browser("the second", *Right), "save", ["4"], [])
    assert answer.status_code == 409
    assert "BSBWHS211 was changed meanwhile, and counts activities 2 now" in words(answer)
    assert held() == [("2",)]


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
    assert held() == [("4",)]


def test_whoever_may_only_see_changes_nothing(browser, held):
    viewer = browser("a viewer", Right.SEE)
    page = viewer.get("/mapping", params=UNIT).text
    assert [word for word in ('method="post"', "Map it") if word in page] == []
    answer = post(viewer, "save", ["4"], [], signer=browser("somebody", *Right))
    assert answer.status_code == 403
    assert "This needs the right to" in words(answer)
    assert held() == [("4",)]


def test_moodle_that_does_not_answer_is_said_and_nothing_is_lost(browser, held):
    answer = post(browser("somebody", *Right), "look", ["4"], ["2"])
    assert answer.status_code == 503
    assert "Nothing was changed: " in words(answer)
    assert held() == [("4",)]


def test_an_occurrence_that_is_not_listed_is_not_found(browser):
    assert browser("somebody", Right.SEE).get("/mapping", params={"occurrence": "NONE"}).status_code == 404


def test_the_commands_do_the_same(warehouse, monkeypatch, held):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    link = ["OCC-1001", "BSBWHS211", "moodle_main", "2", "2"]
    tried = CliRunner().invoke(commands, ["map", *link, "--what-would-change"])
    assert "results recorded" in tried.output
    assert held() == [("4",)]
    assert CliRunner().invoke(commands, ["map", *link, "--by", "HR"]).output == "1 link changed\n"
    assert CliRunner().invoke(commands, ["unmap", *link[:-1], "4"]).output == "1 link changed\n"
    assert held() == [("2",)]
    assert "BSBWHS211" in CliRunner().invoke(commands, ["show", "OCC-1001"]).output
    assert held("select who from ops.audit where through <> 'import' order by audit_id limit 1") == [("HR",)]


@pytest.fixture
def clerk(engine):
    """A browser of a clerk, for whom the recorded site answers and is written to."""
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into core.moodle_writing (source, writing) values ('moodle_main', 'on');"
            "insert into core.occurrences (occurrence_code, name, status) values ('OCC-9', 'Nine', 'active')"
        )
    with serve() as sandbox:
        visitor = Visitor("clerk", frozenset(Right))
        host = PagesHost(
            lambda: visitor, lambda: engine, SECRET, connect=partial(moodle_connection, sandbox.url)
        )
        app = Starlette(routes=[Mount(PATH, create(host))])
        yield TestClient(app, f"http://etl.test{PATH}")


def course_of(client, do, code="OCC-9", **form):
    """Press a button about the course of an occurrence; the page afterwards."""
    page = client.get("/mapping", params={"occurrence": code})
    token = re.search(r'name="csrftoken" value="([^"]*)"', page.text)[1]
    form = {"csrftoken": token, "occurrence": code, "source": "moodle_main", "do": do} | form
    return client.post("/mapping-course", data=form)


LINKED = "select occurrence_code, source_course_id, linked_by from core.moodle_course_links where closed_at is null"


def test_a_course_is_chosen_by_hand_with_who_and_one_that_is_not_there_is_refused(clerk, held):
    assert "Nothing was changed: course 99 is not shown" in words(course_of(clerk, "link", course="99"))
    assert "no course has OCC-9 as its idnumber" in words(course_of(clerk, "look"))
    assert "say which course, by its number" in words(course_of(clerk, "try"))
    assert "OCC-9 is linked to course 2." in words(course_of(clerk, "link", course="2"))
    assert held(LINKED) == [("OCC-9", "2", "clerk")]


ENROLLED = """
insert into core.enrolments (enrolment_code, client_code, occurrence_code, status, start_date)
select 'E9-' || client_code, client_code, 'OCC-9', 'active', date '2026-09-01'
from core.enrolments where occurrence_code = 'OCC-1001' and status = 'active' and closed_at is null;
insert into core.enrolment_units (enrolment_code, unit_code)
select enrolment_code, 'BSBWHS211' from core.enrolments where occurrence_code = 'OCC-9';
insert into core.activity_links (occurrence_code, unit_code, source, activity_id)
select 'OCC-9', unit_code, source, activity_id from core.activity_links
where occurrence_code = 'OCC-1001' and unit_code = 'BSBWHS211' and closed_at is null;
update core.occurrences set send_automatically = true where occurrence_code = 'OCC-9';
"""


def test_what_a_link_would_change_is_said_before_it_is_saved_and_the_same_of_undoing_it(clerk, engine, held):
    with engine.begin() as session:
        session.exec_driver_sql(ENROLLED)
    results = "select count(*) from mart.unit_results where occurrence_code = 'OCC-9'"
    page = course_of(clerk, "try", course="2")
    assert "What this would change: OCC-9 is linked to course 2 of moodle_main" in words(page)
    [recorded] = re.findall(r"(\d+) results recorded", words(page))
    assert re.search(r"\d+ enrolments sent to course 2, with the accounts they need", words(page))
    assert (held(LINKED), held(results)) == ([], [(0,)])
    assert 'value="link" class="main">Link it to course 2<' in page.text
    course_of(clerk, "link", course="2")
    assert held(LINKED) == [("OCC-9", "2", "clerk")]
    with engine.begin() as session:
        run_id = runs.open_run(session, "moodle_results")
    moodle_results.again(engine, run_id, connect)
    assert held(results) == [(int(recorded),)]
    page = course_of(clerk, "try unlink", course="2")
    assert "OCC-9 is no longer linked to course 2" in words(page)
    assert "What is recorded already stays recorded" in words(page)
    assert held(LINKED) == [("OCC-9", "2", "clerk")]
    assert "is linked to course 2 now" in words(course_of(clerk, "unlink", course="5"))
    assert "OCC-9 is no longer linked to course 2" in words(course_of(clerk, "unlink", course="2"))
    assert held(LINKED) == []
    through = "select distinct who, through from ops.audit where table_name = 'core.moodle_course_links'"
    assert held(through) == [("clerk", "page")]


def test_a_course_that_is_found_by_its_idnumber_is_shown_with_what_it_would_change(clerk, engine, held):
    with engine.begin() as session:
        session.exec_driver_sql("update core.courses set idnumber = null where source_course_id = '2'")
    page = course_of(clerk, "look", "OCC-1001")
    assert "What this would change: OCC-1001 is linked to course 2" in words(page)
    assert held(LINKED) == []


def test_a_course_is_made_in_a_category_of_the_site_and_filled_from_another_one(clerk, engine, held):
    with engine.begin() as session:
        session.exec_driver_sql(
            "update core.occurrences set start_date = '2026-12-01', finish_date = '2027-06-30'"
            " where occurrence_code = 'OCC-9'"
        )
    page = course_of(clerk, "form")
    choice = re.search(r'<select name="category".*?</select>', page.text)[0]
    assert '<option value="1">' in choice
    assert re.search(r'<datalist id="templates">.*<option value="2">', page.text)
    assert "a course needs a short name" in words(course_of(clerk, "make", short_name="S"))
    wanted = {"short_name": "S9", "full_name": "Nine", "category": "1", "template": "2"}
    page = course_of(clerk, "try making", **wanted)
    assert (
        "course S9 made in category 1, from 2026-12-01 to 2027-06-30, visible, filled from course 2"
        in words(page)
    )
    assert 'name="short_name" value="S9"' in page.text
    assert 'value="1" selected' in page.text
    assert held("select count(*) from ops.outbox where kind = 'courses'") == [(0,)]
    page = course_of(clerk, "try making", **wanted | {"template": "99"})
    assert "Nothing was changed: course 99 is not shown" in words(page)
    page = course_of(clerk, "make", **wanted)
    assert "OCC-9 has course" in words(page)
    assert "The next run of moodle_enrolments fills it from course 2." in words(page)
    assert held("select linked_by from core.moodle_course_links") == [("clerk",)]
    assert held("select import_from from ops.moodle_courses") == [("2",)]
