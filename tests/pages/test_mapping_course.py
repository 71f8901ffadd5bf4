"""The course of an occurrence on its page: chosen by hand, tried, made, taken away; refused to the second of two."""

import re
from functools import partial

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from etl.connectors.moodle import flow as moodle_results
from etl.load import runs
from etl.pages.app import PATH, create
from etl.pages.host import PagesHost, Right, Visitor
from etl.sandbox.server import serve
from tests.fixtures.nights import moodle_connection
from tests.pages.conftest import SECRET
from tests.pages.reading import words
from tests.reference.test_effect import connect

pytestmark = pytest.mark.long  # a night stands before them


@pytest.fixture
def template(night_template):
    return night_template


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


def course_form(client, code="OCC-9"):
    """What the forms about the course of an occurrence say of themselves."""
    page = client.get("/mapping", params={"occurrence": code})
    token = re.search(r'name="csrftoken" value="([^"]*)"', page.text)[1]
    seen = re.findall(r'name="seen" value="([^"]*)"', page.text)[:1]
    return {"csrftoken": token, "occurrence": code, "source": "moodle_main", "seen": seen}


def course_of(client, do, code="OCC-9", **form):
    """Press a button about the course of an occurrence, on its page as it is now; the page afterwards."""
    form = course_form(client, code) | {"do": do} | form
    return client.post("/mapping-course", data=form)


LINKED = "select occurrence_code, source_course_id, linked_by from core.moodle_course_links where closed_at is null"


def test_a_course_is_chosen_by_hand_with_who_and_one_that_is_not_there_is_refused(clerk, held):
    assert "Nothing was changed: course 99 is not shown" in words(course_of(clerk, "link", course="99"))
    assert "no course has OCC-9 as its idnumber" in words(course_of(clerk, "look"))
    assert "say which course, by its number" in words(course_of(clerk, "try"))
    assert "OCC-9 is linked to course 2." in words(course_of(clerk, "link", course="2"))
    assert held(LINKED) == [("OCC-9", "2", "clerk")]


def test_of_two_who_link_or_unlink_a_course_the_second_is_told_and_the_first_stays(clerk, held):
    opened = course_form(clerk)
    course_of(clerk, "link", course="2")
    for do in ("try", "link"):
        answer = clerk.post("/mapping-course", data=opened | {"do": do, "course": "5"})
        assert answer.status_code == 409
        assert "OCC-9 was changed meanwhile, and is linked to course 2 by clerk now" in words(answer)
        assert 'name="course" inputmode="numeric" size="8" maxlength="20" value="5"' in answer.text
    assert held(LINKED) == [("OCC-9", "2", "clerk")]
    opened = course_form(clerk) | {"course": "2"}
    course_of(clerk, "unlink", course="2")
    for do in ("try unlink", "unlink"):
        answer = clerk.post("/mapping-course", data=opened | {"do": do})
        assert answer.status_code == 409
        assert "OCC-9 was changed meanwhile, and is linked to no course by hand now" in words(answer)


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
    other = course_of(clerk, "unlink", course="5", seen="moodle_main 5")
    assert "OCC-9 was changed meanwhile, and is linked to course 2 by clerk now" in words(other)
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


def test_of_two_who_look_for_a_course_the_second_is_told(clerk, engine, held):
    with engine.begin() as session:
        session.exec_driver_sql("update core.courses set idnumber = null where source_course_id = '2'")
    opened = course_form(clerk, "OCC-1001")
    course_of(clerk, "link", "OCC-1001", course="2")
    answer = clerk.post("/mapping-course", data=opened | {"do": "look"})
    assert answer.status_code == 409
    assert "OCC-1001 was changed meanwhile, and is linked to course 2 by clerk now" in words(answer)
    assert held(LINKED) == [("OCC-1001", "2", "clerk")]


def test_of_two_who_make_a_course_the_second_is_told_and_keeps_what_was_typed(clerk, held):
    wanted = {"short_name": "S9", "full_name": "Nine", "category": "1"}
    opened = course_form(clerk) | wanted
    course_of(clerk, "make", **wanted)
    [(course,)] = held("select source_course_id from core.moodle_course_links")
    for do in ("try making", "make"):
        answer = clerk.post("/mapping-course", data=opened | {"do": do, "full_name": "Another nine"})
        assert answer.status_code == 409
        assert f"Nothing was changed: OCC-9 is linked to course {course} (clerk)" in words(answer)
        assert 'name="full_name" value="Another nine"' in answer.text
    assert held("select count(*) from ops.outbox where kind = 'courses'") == [(1,)]
