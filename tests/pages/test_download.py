"""Download now: which courses are asked, one run however many press, how far it is, stopping it."""

import re
from html import unescape

import pytest

from etl.load import runs
from etl.load.runs import Counts
from etl.pages.host import Right
from tests.fixtures.airflow_runs import StandIn
from tests.pages.reading import words

pytestmark = pytest.mark.long
FLOW = "moodle_results"
COURSES = """
insert into core.sources (source, system, connection_id, timezone, late_days)
values ('main', 'moodle', 'main', 'Europe/Amsterdam', 30);
insert into core.occurrences (occurrence_code, name, status, finish_date) values
('OCC-1', 'One', 'active', null), ('OCC-2', 'Two', 'finished', '2020-01-01'), ('OCC-3', 'Three', 'active', null);
insert into core.courses (source, source_course_id, name, idnumber, visible, can_be_asked) values
('main', '7', 'Seven', 'OCC-1', true, true), ('main', '8', 'Eight', 'OCC-1', false, false),
('main', '9', 'Nine', 'OCC-2', true, true), ('main', '11', 'Eleven', 'OCC-3', false, false);
insert into core.course_links (occurrence_code, source, source_course_id) values ('OCC-1', 'main', '10');
"""


@pytest.fixture(autouse=True)
def linked(engine):
    with engine.begin() as session:
        session.exec_driver_sql(COURSES)


@pytest.fixture
def airflow():
    return StandIn()


@pytest.fixture
def op(browse, airflow):
    return browse(*Right, runs=airflow, airflow="/air")


def signed(client):
    """The signature of a form of these pages."""
    page = client.get("/download?course=7")
    return dict(re.findall(r'name="(csrftoken)" value="([^"]*)"', page.text)[:1])


def press(client, button, **asked):
    """Press a button of the page; the answer is the page after."""
    page = client.get("/download", params=asked)
    given = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page.text))
    given = {name: unescape(value) for name, value in given.items()}
    return client.post(f"/download-{button}", data=given)


def test_an_occurrence_asks_its_courses_that_can_be_asked_or_were_not_seen_yet(op, airflow):
    page = op.get("/download", params={"occurrence": "OCC-1"})
    assert "main 7 Seven every night yes" in words(page)
    assert "main 8 Eight not published no" in words(page)
    assert "main 10 not seen yet yes" in words(page)
    assert "Started. Progress waits for its turn" in words(press(op, "start", occurrence="OCC-1"))
    [run] = airflow.under_way(FLOW)
    assert run.conf == {"courses": ["7", "10"], "full": True}
    assert run.by == "somebody"


def test_a_course_that_was_not_published_is_asked_where_there_is_no_other(op, airflow):
    press(op, "start", occurrence="OCC-3")
    assert airflow.under_way(FLOW)[0].conf["courses"] == ["11"]


@pytest.mark.parametrize("asked", [{"occurrence": "OCC-2"}, {"course": "9"}, {"course": "12"}, {}])
def test_what_is_over_or_not_linked_is_not_asked_and_nothing_is_started(op, airflow, asked):
    assert "Start" not in words(op.get("/download", params=asked))
    answer = op.post("/download-start", data=asked | signed(op))
    assert answer.status_code == 409
    assert "Nothing was started: no course that can be asked is linked" in words(answer)
    assert airflow.under_way(FLOW) == []


def test_the_second_who_presses_sees_that_it_is_under_way(op, airflow):
    press(op, "start", occurrence="OCC-1")
    [run] = airflow.under_way(FLOW)
    answer = op.post("/download-start", data=signed(op) | {"course": "7"})
    assert "under way already" in words(answer)
    assert airflow.under_way(FLOW) == [run]
    assert "Start" not in words(op.get("/download?course=7")).replace("Started", "")


def test_a_night_beside_it_is_shown_and_another_course_is_started_beside_it(op, airflow):
    airflow.add(FLOW, {}, None)
    airflow.add(FLOW, {"courses": ["7"], "dry_run": True, "full": True}, "else")
    answer = press(op, "start", course="7")
    assert "Started." in words(answer)
    assert "Of all courses, queued, asked for" in words(answer)
    assert "by its schedule" in words(answer)
    assert len(airflow.under_way(FLOW)) == 3


def test_progress_shows_the_steps_so_far_and_the_problems_of_the_run(op, airflow, engine):
    page = press(op, "start", course="7")
    run = airflow.under_way(FLOW)[0].run_id
    assert page.text.count("data-refresh") == 3
    airflow.set(FLOW, run, "running")
    with engine.begin() as session:
        ours = runs.open_run(session, FLOW, run)
        runs.record_step(session, ours, "land", "main/7", Counts(calls=1203))
    page = op.get("/download", params={"course": "7", "run": run})
    assert "running" in words(page)
    assert "land 1 0 0 0 0 1,203" in words(page)
    assert 'href="/air/dags/moodle_results/runs/manual__1%2B00%3A00" target="_top"' in page.text
    assert 'href="run?run_id=manual__1%2B00%3A00&amp;flow=moodle_results"' in page.text
    with engine.begin() as session:
        runs.record_step(session, ours, "derive", "main/7", Counts(3, 1, 2))
        runs.close_run(session, ours)
    airflow.set(FLOW, run, "success")
    page = op.get("/download", params={"course": "7", "run": run})
    assert "done" in words(page)
    assert "derive 1 3 1 2 0 0" in words(page)
    assert "Download again" in words(page)
    assert "data-refresh" not in page.text


def test_stopping_ends_the_run_and_says_so_in_its_report(op, airflow, engine):
    press(op, "start", course="7")
    run = airflow.under_way(FLOW)[0].run_id
    airflow.set(FLOW, run, "running")
    with engine.begin() as session:
        ours = runs.open_run(session, FLOW, run)
        runs.record_step(session, ours, "land", "main/7", Counts(calls=3))
    answer = press(op, "stop", course="7", run=run)
    assert "Stopped. What was recorded before stays" in words(answer)
    assert "a person stopped it; what was recorded before that stays" in words(answer)
    assert airflow.stopped == [(FLOW, run, "somebody")]
    with engine.connect() as session:
        status = session.exec_driver_sql("select status from ops.runs").scalars().all()
    assert status == ["failed"]
    with engine.begin() as session:
        runs.resume(session, ours)
        assert runs.problems(session, ours) == []


def test_one_that_never_began_is_stopped_and_one_that_is_over_is_left_alone(op, airflow):
    opened = press(op, "start", course="7")
    fields = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', opened.text))
    answer = op.post("/download-stop", data=fields)
    assert "It was over before it began: nothing was asked." in words(answer)
    assert "It was over already" in words(op.post("/download-stop", data=fields))
    assert len(airflow.stopped) == 1


def test_a_whole_night_is_not_stopped_here(op, airflow):
    night = airflow.add(FLOW, {}, None)
    answer = op.post("/download-stop", data=signed(op) | {"course": "7", "run": night.run_id})
    assert answer.status_code == 409
    assert "Nothing was stopped" in words(answer)
    assert airflow.stopped == []


def test_a_flow_that_is_switched_off_starts_nothing_and_says_where_to_switch_it_on(browse):
    op = browse(*Right, runs=StandIn(switched_off=[FLOW]))
    answer = press(op, "start", course="7")
    assert answer.status_code == 409
    assert "Nothing was started: moodle_results is switched off in Airflow" in words(answer)


def test_without_airflow_the_page_says_which_command_does_it(browse):
    alone = browse(*Right)
    page = alone.get("/download?course=7")
    assert "etl run moodle_results --course 7 --full" in words(page)
    assert 'href="download?course=7"' in alone.get("/results?course=7").text


def test_results_have_the_button_for_whoever_may_start_runs(browse, airflow):
    assert 'action="download-start"' in browse(*Right, runs=airflow).get("/results?occurrence=OCC-1").text
    reader = browse(Right.SEE, Right.PERSONS, Right.CHANGE, runs=airflow)
    assert 'action="download-start"' not in reader.get("/results?occurrence=OCC-1").text
    page = reader.get("/download?occurrence=OCC-1")
    assert "ask the administrator" in words(page)
    for button in ("start", "stop"):
        assert reader.post(f"/download-{button}", data={"run": "x"}).status_code == 403
