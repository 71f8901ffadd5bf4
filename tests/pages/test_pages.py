"""What the pages show of a night, and to whom (docs/pages.md)."""

import csv
import re
from html import unescape
from io import StringIO

import pytest
from fastapi import HTTPException
from starlette.testclient import TestClient

from etl.load import runs
from etl.load.runs import Counts
from etl.pages.access import RIGHTS
from etl.pages.app import application, create
from etl.pages.host import PagesHost, Right
from etl.pages.tonight import bars
from tests.browser.addresses import CHANGES, FILES, PAGES
from tests.pages.conftest import SECRET
from tests.pages.reading import links, words


def test_tonight_says_what_was_not_done_and_what_to_do_with_a_link_to_the_run(op, night):
    page = op.get("/tonight")
    assert "moodle_results: 1 part. No <access> to 3. Look at what the sentence names" in words(page)
    assert f"run?run_id={night}" in links(page)
    assert "not complete, 1 problem" in words(page)
    assert "0 of 1 flow did all they had to" in words(page)


def test_what_to_do_that_asks_something_ends_with_its_question_mark_alone(op, engine, night):
    with engine.begin() as session:
        session.exec_driver_sql("update ops.runs set started_at = started_at - interval '3 days'")
    said = words(op.get("/tonight"))
    assert "does the scheduler run?" in said
    assert "?." not in said


def test_tonight_lists_new_rejections_with_a_link_to_their_rows(op, night):
    page = op.get("/tonight")
    assert "main: 249 rows. Nobody matches." in words(page)
    [found] = [one for one in links(page) if "unmatched_learner" in one]
    assert "Rows of main, unmatched_learner" in words(op.get(f"/{found}"))


def test_whatever_needs_a_person_is_on_the_page_however_many_kinds_there_are(op, engine, night):
    with engine.begin() as session:
        codes = (
            session.exec_driver_sql(
                "update ops.rejections as held set reason_code = 'kind_' || chosen.n"
                " from (select rejection_id, row_number() over (order by rejection_id) as n from ops.rejections"
                "       where reason_code = 'unmatched_learner' order by rejection_id limit 12) as chosen"
                " where held.rejection_id = chosen.rejection_id returning held.reason_code"
            )
            .scalars()
            .all()
        )
    page = op.get("/tonight")
    found = [one for one in links(page) if "reason_code=" in one]
    assert len(codes) == 12
    assert {f"rejections?source=main&reason_code={code}" for code in codes} <= set(found)
    assert f"{len(found) - 8} more kinds" in words(page)


def test_a_reason_that_is_mended_on_a_page_is_linked_to_it_from_tonight_and_from_its_rows(op, night):
    place = "reference-row?file=client_numbers"
    assert f"{place}#f-value" in links(op.get("/tonight"))
    page = op.get("/rejections?source=main&reason_code=unmatched_learner")
    assert sum(one.startswith(f"{place}&value=") for one in links(page)) == 100
    assert place not in "".join(links(op.get("/rejections?source=main&reason_code=needs_graded_date")))


def test_rows_of_one_reason_are_listed_whatever_their_source(op, night):
    page = op.get("/rejections", params={"reason_code": "needs_graded_date"})
    assert "Rows of needs_graded_date" in words(page)
    assert re.findall(r'<span class="id">([^<]*)</span>', page.text) == ["=2"]


def test_before_the_first_run_tonight_says_what_to_do_first(op):
    assert "No flow has run yet: switch on its DAG in Airflow" in words(op.get("/"))


def test_a_dry_run_is_no_night(op, engine, night):
    with engine.begin() as session:
        trial = runs.open_run(session, "moodle_results", None, {"dry_run": True})
        runs.close_run(session, trial)
    assert trial not in op.get("/tonight").text


def test_a_run_that_a_person_stopped_is_shown_as_stopped_and_needs_nobody(op, engine):
    with engine.begin() as session:
        run_id = runs.open_run(session, "moodle_results", "manual__1")
        runs.stop(session, "moodle_results", "manual__1")
    page = op.get("/tonight")
    assert "Nothing: everything that came in was recorded or is as it was." in words(page)
    assert re.search(r'class="state recorded">stopped by a person', page.text)
    assert "stopped by a person" in words(op.get("/run", params={"run_id": run_id}))


def test_a_part_that_a_stopped_run_could_not_do_still_needs_a_person(op, engine):
    with engine.begin() as session:
        run_id = runs.open_run(session, "moodle_results", "manual__1")
        runs.record_step(session, run_id, "land", "main/3", Counts(), "access_denied", "No access to 3")
        runs.stop(session, "moodle_results", "manual__1")
    assert "moodle_results: 1 part. No access to 3." in words(op.get("/tonight"))


def test_the_pages_of_a_list_hold_every_row_once(op, night):
    rows, address = [], "rejections"
    while address:
        page = op.get(f"/{address}")
        rows += re.findall(r'<span class="id">([^<]*)</span>', page.text)
        address = next((one for one in links(page) if "after_id" in one), None)
    assert sorted(map(unescape, rows)) == sorted(["=2", *(f"2/{one}" for one in range(249))])


def test_the_export_holds_every_row_and_no_formula(op, night):
    rows = list(csv.DictReader(StringIO(op.get("/rejections.csv").text)))
    assert len(rows) == 250
    assert {row["record_key"] for row in rows} == {"'=2", *(f"2/{one}" for one in range(249))}
    some = op.get("/rejections.csv", params={"source": "main", "reason_code": "needs_graded_date"})
    assert [row["reason"] for row in csv.DictReader(StringIO(some.text))] == ["No <date>."]


def test_a_page_needs_its_right_and_is_in_the_menu_only_of_those_who_have_it(browse, night):
    nobody, viewer = browse(), browse(Right.SEE)
    for page in (one for one, right in RIGHTS.items() if right in (Right.SEE, Right.PERSONS)):
        asked = {"run": {"run_id": night}, "point": {"item_id": 0}}.get(page, {})
        assert nobody.get(f"/{page}", params=asked).status_code == 403
        allowed = RIGHTS[page] == Right.SEE
        assert viewer.get(f"/{page}", params=asked).status_code == (200 if allowed else 403)
    assert viewer.get("/rejections.csv").status_code == 403
    assert "rejections" not in links(viewer.get("/tonight"))


def test_without_a_login_no_page_answers(engine, night):
    def visitor():
        raise HTTPException(401, "Not authenticated")

    stranger = TestClient(create(PagesHost(visitor, lambda: engine, SECRET, "/airflow")))
    for address in ("/", "/tonight", f"/run?run_id={night}", "/rejections", "/rejections.csv"):
        answer = stranger.get(address)
        assert answer.status_code == 401
        assert 'href="/airflow/" target="_top"' in answer.text
        assert night not in answer.text


def test_every_address_is_looked_at_in_a_browser_or_sent_a_form_there(engine):
    app = application(PagesHost(lambda: None, lambda: engine, SECRET))
    routes = [route for route in app.routes if hasattr(route, "methods")]
    shown = {route.path for route in routes if "GET" in route.methods}
    changed = {route.path for route in routes if "POST" in route.methods}
    assert shown == {*PAGES, *FILES}
    assert changed == set(CHANGES)


def test_pages_are_kept_by_no_browser_and_load_nothing_from_elsewhere(op, night):
    answer = op.get("/tonight")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none';")
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not [one for one in links(answer) if one.startswith(("http", "/"))]  # holds below any prefix


def test_a_plot_is_as_tall_as_the_longest_run_and_shows_which_was_red():
    plot = bars(
        [
            {"status": "success", "seconds": 10.0},
            {"status": "incomplete", "seconds": 20.0},
            {"status": "running", "seconds": None},
        ]
    )
    assert [(bar.height, bar.right) for bar in plot] == [(11, True), (22, False), (1, True)]


@pytest.mark.parametrize("value", ["after_at=yesterday", "after_id=x"])
def test_an_address_that_makes_no_sense_is_refused(op, value):
    answer = op.get(f"/rejections?{value}")
    assert answer.status_code == 422
    assert "holds what it cannot mean" in words(answer)


def test_a_refusal_below_another_address_finds_its_stylesheet(browse):
    refused = browse(*Right).get("/rejections/nothing")
    assert "There is no page at this address" in words(refused)
    assert "../static/pages.css" in links(refused)
