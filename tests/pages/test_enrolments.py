"""Enrolments on their page: how each stands, what a transfer would send, asking for it, stopping, switching."""

import json
import re
from html import unescape

import pytest

from etl.connectors.moodle.writing import asked
from etl.load import runs
from etl.load.runs import Counts
from etl.pages.host import Right
from etl.sandbox import accounts
from tests.fixtures.airflow_runs import StandIn
from tests.pages.reading import words

PEOPLE = 130


def form(page, action):
    """The hidden fields of one form of a page."""
    written = re.search(rf'<form method="post" action="{action}".*?</form>', page.text, re.DOTALL)[0]
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', written)
    return {name: unescape(value) for name, value in found}


@pytest.fixture
def site(engine, sandbox, monkeypatch):
    """A site with an occurrence of its empty course; 130 people enrol, one of them without an address."""
    connection = {"conn_type": "moodle", "host": f"{sandbox.url}/moodle", "password": accounts.MOODLE_TOKEN}
    monkeypatch.setenv("AIRFLOW_CONN_MOODLE_MAIN", json.dumps({**connection, "extra": {"wait_limit": 0}}))
    with engine.begin() as session:
        for statement in (
            "insert into core.sources (source, system, connection_id, timezone)"
            " values ('moodle_main', 'moodle', 'moodle_main', 'Europe/Amsterdam')",
            "insert into core.moodle_writing (source, writing, at_most) values ('moodle_main', 'on', 1000)",
            "insert into core.occurrences (occurrence_code, name, status) values ('OCC-1', 'First <aid>', 'active')",
            "insert into core.course_links (source, source_course_id, occurrence_code)"
            " values ('moodle_main', '5', 'OCC-1')",
            "insert into core.clients (client_code, username, given_name, surname, email)"
            " select 'N' || n, 'n' || n, 'Given', 'Name', case when n > 100 then 'n' || n || '@x.example' end"
            f" from generate_series(100, {99 + PEOPLE}) as n",
            "insert into core.enrolments (enrolment_code, client_code, occurrence_code, status)"
            " select 'E-' || client_code, client_code, 'OCC-1', 'active' from core.clients",
        ):
            session.exec_driver_sql(statement)
        asked.refresh_all(session)


@pytest.fixture
def states(engine):
    """A function that counts enrolments by state and whether they are on their way."""

    def states():
        with engine.connect() as session:
            found = session.exec_driver_sql(
                "select state, on_its_way, count(*) from mart.moodle_enrolments group by 1, 2 order by 1, 2"
            )
            return [tuple(row) for row in found]

    return states


def page_of(browser, **more):
    return browser.get("/enrolments", params={"occurrence": "OCC-1"} | more)


def test_before_a_site_is_written_to_the_page_says_what_to_do_first(op):
    assert "Say in moodle_writing.csv which site is written to" in words(op.get("/enrolments"))


def test_the_pages_of_an_occurrence_hold_every_enrolment_once_with_what_to_do_about_blocked_ones(op, site):
    assert "OCC-1 First <aid> active moodle_main, course 5 129 0 0 1" in words(op.get("/enrolments"))
    page, seen = page_of(op), []
    while page:
        seen += re.findall(r'<td class="id[^"]*">(E-N\d+)</td>', page.text)
        following = re.search(r'rel="next" href="([^"]*)"', page.text)
        page = op.get("/" + unescape(following[1])) if following else None
    assert seen == [f"E-N{n}" for n in range(100, 100 + PEOPLE)]
    blocked = page_of(op, state="blocked")
    assert re.findall(r'<td class="id[^"]*">(E-N\d+)</td>', blocked.text) == ["E-N100"]
    assert 'href="rejections?source=moodle_main&amp;reason_code=' in blocked.text


def test_what_tonight_lists_as_blocked_leads_to_those_enrolments_and_to_where_it_is_mended(op, site):
    found = re.findall(r'href="([^"]*)"', op.get("/tonight").text)
    [address] = {unescape(one) for one in found if one.startswith("enrolments?")}
    assert address == "enrolments?reason=client_incomplete"
    listed = op.get(f"/{address}")
    [of_one] = re.findall(r'href="(enrolments\?occurrence=[^"]*)"[^>]*>OCC-1<', listed.text)
    blocked = op.get("/" + unescape(of_one).partition("#")[0])
    assert re.findall(r'<td class="id[^"]*">(E-N\d+)</td>', blocked.text) == ["E-N100"]
    assert 'href="reference-row?file=clients&amp;client_code=' in blocked.text
    assert ">OCC-1<" not in op.get("/enrolments?reason=client_archived").text


def test_the_preview_shows_what_would_be_sent_and_sends_nothing(op, site, states, sandbox):
    before = states()
    fields = form(page_of(op), "enrolments-transfer")
    shown = words(op.post("/enrolments-preview", data=fields | {"enrolment": ["E-N101"]}))
    assert "N101 make account" in shown
    assert "email=n101@x.example" in shown
    assert "N101 enrol in course course=5" in shown
    assert states() == before
    assert not [
        name for name in sandbox.counters.of("moodle") if name.endswith(("create_users", "enrol_users"))
    ]
    answer = op.post("/enrolments-preview", data=fields)
    assert answer.status_code == 422
    assert "at most 50 are shown at once" in words(answer)


def test_a_transfer_is_asked_for_shows_as_on_its_way_and_can_be_stopped(op, site, states, engine):
    fields = form(page_of(op), "enrolments-transfer")
    answer = op.post(
        "/enrolments-transfer", data=fields | {"which": "selected", "enrolment": ["E-N101", "E-N102"]}
    )
    assert "The transfer is asked for" in words(answer)
    assert "2 on their way" in words(answer)
    with engine.connect() as session:
        by = session.exec_driver_sql("select distinct decided_by from ops.outbox_decisions").scalars().all()
    assert by == ["somebody"]
    op.post("/enrolments-transfer", data=fields | {"which": "all"})
    assert ("ready", True, 129) in states()
    answer = op.post("/enrolments-stop", data=form(answer, "enrolments-stop"))
    assert "Stopped" in words(answer)
    assert ("ready", False, 129) in states()


def test_a_transfer_starts_the_run_that_sends_it_and_shows_how_far_it_is(browse, site, engine):
    airflow = StandIn()
    airflow.set("moodle_enrolments", airflow.add("moodle_enrolments", {}, None).run_id, "running")
    op = browse(*Right, runs=airflow)
    fields = form(page_of(op), "enrolments-transfer")
    answer = op.post("/enrolments-transfer", data=fields | {"which": "selected", "enrolment": ["E-N101"]})
    assert "the run that sends it is started" in words(answer)
    assert "waits for its turn Asked for" in words(answer)
    op.post("/enrolments-transfer", data=fields | {"which": "selected", "enrolment": ["E-N102"]})
    waits, _ = airflow.under_way("moodle_enrolments")
    assert (waits.state, waits.by, waits.conf) == ("queued", "somebody", {})
    with engine.begin() as session:
        ours = runs.open_run(session, "moodle_enrolments", waits.run_id)
        runs.record_step(session, ours, "push", "moodle_main", Counts(2, 2))
        runs.close_run(session, ours)
    airflow.set("moodle_enrolments", waits.run_id, "success")
    page = page_of(op, run=waits.run_id)
    assert "push 1 2 2 0 0 0" in words(page)
    assert "data-refresh" not in page.text


def test_a_transfer_is_asked_for_where_no_run_can_be_started(browse, site, states):
    for op in (
        browse(*Right, runs=StandIn(switched_off=["moodle_enrolments"])),
        browse(Right.SEE, Right.PERSONS, Right.CHANGE, runs=StandIn()),
    ):
        fields = form(page_of(op), "enrolments-transfer")
        answer = op.post("/enrolments-transfer", data=fields | {"which": "all"})
        assert "The transfer is asked for: it goes with the next run" in words(answer)
        assert ("ready", True, 129) in states()
        op.post("/enrolments-stop", data=form(answer, "enrolments-stop"))


def test_what_cannot_be_transferred_is_said_and_nothing_is_asked_for(op, site, states, engine):
    before = states()
    fields = form(page_of(op), "enrolments-transfer")
    answer = op.post("/enrolments-transfer", data=fields | {"which": "selected"})
    assert "Nothing was changed: no enrolment is selected" in words(answer)
    answer = op.post(
        "/enrolments-transfer", data=fields | {"which": "selected", "enrolment": ["E-N101", "E-N100"]}
    )
    assert "E-N100 is not ready: it is blocked" in words(answer)
    assert 'value="E-N101" checked' in answer.text
    with engine.begin() as session:
        session.exec_driver_sql("update core.moodle_writing set writing = 'test'")
    answer = op.post("/enrolments-transfer", data=fields | {"which": "all"})
    assert answer.status_code == 422
    assert "in test, or paused" in words(answer)
    assert states() == before


@pytest.mark.parametrize("which", ["selected", "all"])
def test_of_two_who_transfer_or_stop_the_second_is_told_that_the_first_did(op, site, engine, held, which):
    opened = form(page_of(op), "enrolments-transfer") | {"which": which, "enrolment": ["E-N101"]}
    assert "The transfer is asked for" in words(op.post("/enrolments-transfer", data=opened))
    decisions = held("select * from ops.outbox_decisions order by 1")
    page = op.post("/enrolments-transfer", data=opened)
    assert "It is on its way already: nothing is sent twice" in words(page)
    assert held("select * from ops.outbox_decisions order by 1") == decisions
    stop = form(page, "enrolments-stop")
    assert "Stopped" in words(op.post("/enrolments-stop", data=stop))
    assert "Nothing was on its way any more" in words(op.post("/enrolments-stop", data=stop))
    with engine.begin() as session:
        session.exec_driver_sql("update ops.outbox set status = 'accepted' where kind = 'enrolments'")
    answer = op.post("/enrolments-transfer", data=opened)
    assert answer.status_code == 422
    said = {"selected": "E-N101 is not ready: it is transferred", "all": "nothing is ready any more"}
    assert said[which] in words(answer)


def test_sending_automatically_is_switched_unless_somebody_else_switched_it(op, site, engine):
    opened = form(page_of(op), "enrolments-automatic")
    answer = op.post("/enrolments-automatic", data=opened | {"switch": "on"})
    assert "Saved" in words(answer)
    answer = op.post("/enrolments-automatic", data=opened | {"switch": "off"})
    assert answer.status_code == 409
    assert "somebody else switched it meanwhile, to on" in words(answer)
    assert '<option value="off" selected>' in answer.text
    with engine.connect() as session:
        assert session.exec_driver_sql("select send_automatically from core.occurrences").scalars().all() == [
            True
        ]


def test_who_may_only_look_sees_no_form_and_changes_nothing(browse, op, site, states):
    before = states()
    fields = form(page_of(op), "enrolments-transfer")
    reader = browse(Right.SEE, Right.PERSONS)
    assert "csrftoken" not in page_of(reader).text
    for action in ("preview", "transfer", "stop", "automatic"):
        given = fields | {"which": "all", "shown": "site", "switch": "on"}
        assert reader.post(f"/enrolments-{action}", data=given).status_code == 403
    assert page_of(browse(Right.SEE)).status_code == 403
    assert states() == before
