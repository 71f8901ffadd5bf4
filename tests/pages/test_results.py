"""Results on a page: filtered, paged, adjusted, recorded and dismissed, each by whoever saw what they decide about."""

import re
from datetime import timedelta
from html import unescape

import pytest

from etl.pages.host import Right
from tests.pages.reading import ahead, links, words

pytestmark = pytest.mark.long
NIGHT = """
insert into core.sources (source, system, connection_id, timezone, review)
values ('main', 'moodle', 'main', 'Europe/Amsterdam', 'required');
insert into core.clients (client_code) select 'CL' || n from generate_series(1000, 1149) as n;
insert into core.occurrences (occurrence_code, name, status)
values ('OCC-1', 'One', 'active'), ('OCC-2', 'Two', 'active');
insert into core.units (unit_code, kind, name) values ('U1', 'unit', 'One'), ('U2', 'unit', 'Two');
insert into core.enrolments (enrolment_code, client_code, occurrence_code, status)
select 'E' || n, 'CL' || n, case when n < 1140 then 'OCC-1' else 'OCC-2' end, 'active'
from generate_series(1000, 1149) as n;
insert into core.proposed_results (enrolment_code, unit_code, source, status, started_on, finished_on, run_id)
select 'E' || n, 'U1', 'main', 'passed', date '2026-09-01', date '2026-09-10', 'run'
from generate_series(1000, 1149) as n;
insert into core.unit_results (enrolment_code, unit_code, source, status, started_on, finished_on, run_id)
values
('E1000', 'U1', 'main', 'passed', '2026-08-01', '2026-08-02', 'run'),
('E1149', 'U2', 'main', 'failed', '2026-10-01', '2026-10-02', 'run');
insert into core.courses (source, source_course_id, name, visible) values ('main', '7', 'Seven', true);
insert into core.course_links (occurrence_code, source, source_course_id) values ('OCC-2', 'main', '7');
"""


@pytest.fixture(autouse=True)
def standing(engine):
    with engine.begin() as session:
        session.exec_driver_sql(NIGHT)


def rows(page):
    return re.findall(r'<tr id="([^"]*)"', page.text)


def post(client, page, do, address="/results", **form):
    """Press a button of a page; ``do`` may name a row, as the page has it."""
    fields = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page.text))
    return client.post(address, data=fields | {"do": do} | form, follow_redirects=False)


def keys(page):
    found = re.findall(r'name="chosen" value="([^"]*)"', page.text)
    return {re.search(r"E\d+", key)[0]: unescape(key) for key in found}


def test_the_page_shows_what_waits_and_what_is_recorded_with_what_to_do(op):
    page = op.get("/results")
    assert "150 wait for review" in words(page)
    assert "Nothing is to be done: dismiss it." in words(page)
    assert rows(page)[:3] == ["E1000|U1|passed", "E1000|U1|passed", "E1001|U1|passed"]


def test_the_list_goes_on_where_the_page_before_ended(op):
    first = op.get("/results")
    [more] = [one for one in links(first) if "after=" in one]
    second = op.get(f"/{more}")
    assert len(rows(first)) == 100
    assert rows(second)[0] == "E1099|U1|passed"
    assert len(rows(second)) == 52
    assert not [one for one in links(second) if "after=" in one]


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"occurrence": "OCC-2"}, 11),
        ({"course": "7"}, 11),
        ({"learner": "CL1149"}, 2),
        ({"state": "not_possible"}, 1),
        ({"state": "recorded"}, 2),
        ({"since": "2026-09-11"}, 1),
        ({"learner": "nobody"}, 0),
    ],
)
def test_rows_are_found_by_occurrence_course_learner_status_and_day(op, asked, count):
    assert len(rows(op.get("/results", params=asked))) == count


def test_the_selected_are_recorded_and_the_page_says_so_with_its_filter_kept(op, held):
    page = op.get("/results", params={"occurrence": "OCC-2"})
    chosen = [keys(page)["E1140"], keys(page)["E1141"]]
    answer = post(op, page, "record", "/results?occurrence=OCC-2", chosen=chosen)
    assert answer.status_code == 303
    after = op.get(f"/{answer.headers['location']}")
    assert "2 results recorded." in words(after)
    assert len(rows(after)) == 11
    assert held("select count(*) from core.unit_results where enrolment_code in ('E1140', 'E1141')") == [(2,)]
    assert held("select distinct who, through from ops.audit") == [("somebody", "page")]


@pytest.mark.parametrize("fast", [timedelta(0), timedelta(minutes=5)])  # the clock of the web server
def test_all_green_records_what_is_ready_under_the_filter_and_was_so_when_it_was_shown(
    op, engine, held, monkeypatch, fast
):
    monkeypatch.setattr("etl.pages.results.datetime", ahead(fast))
    page = op.get("/results", params={"occurrence": "OCC-2"})
    with engine.begin() as session:
        session.exec_driver_sql(
            "update core.proposed_results set proposed_at = clock_timestamp() where enrolment_code = 'E1145'"
        )
    post(op, page, "green", "/results?occurrence=OCC-2")
    assert held("select count(*) from core.unit_results where unit_code = 'U1'") == [(1 + 9,)]


def test_a_row_is_adjusted_and_yellow_and_recorded_as_it_was_adjusted(op, held):
    page = op.get("/results", params={"learner": "CL1001", "adjust": "E1001|U1|passed"})
    key = keys(page)["E1001"]
    change = {"started_on": "2026-09-02", "finished_on": "2026-09-09", "result": "failed"}
    assert post(op, page, f"adjust {key}", "/results?learner=CL1001", **change).status_code == 303
    page = op.get("/results", params={"learner": "CL1001"})
    assert 'class="state adjusted"' in page.text
    post(op, page, f"record {keys(page)['E1001']}")
    assert held(
        "select status, started_on::text, finished_on::text from core.unit_results where enrolment_code = 'E1001'"
    ) == [("failed", "2026-09-02", "2026-09-09")]


def test_a_start_after_the_finish_is_refused_and_nothing_is_changed(op, held):
    page = op.get("/results", params={"learner": "CL1001", "adjust": "E1001|U1|passed"})
    answer = post(op, page, f"adjust {keys(page)['E1001']}", started_on="2026-09-12")
    assert answer.status_code == 409
    assert "Nothing was changed" in words(answer)
    assert held("select count(*) from core.proposed_results where adjusted") == [(0,)]


def test_the_second_of_two_who_adjust_is_told_what_it_is_now_and_keeps_what_was_typed(op, held):
    page = op.get("/results", params={"learner": "CL1001", "adjust": "E1001|U1|passed"})
    key = keys(page)["E1001"]
    post(op, page, f"adjust {key}", "/results?learner=CL1001", finished_on="2026-09-09")
    again = post(
        op, page, f"adjust {key}", "/results?learner=CL1001", finished_on="2026-09-08", result="failed"
    )
    assert again.status_code == 409
    assert "it is passed, 2026-09-01 to 2026-09-09, by now: look at it again" in words(again)
    assert 'name="finished_on" value="2026-09-08"' in again.text
    assert "<option selected>failed</option>" in again.text
    assert held("select finished_on::text from core.proposed_results where enrolment_code = 'E1001'") == [
        ("2026-09-09",)
    ]
    post(op, page, f"dismiss {keys(again)['E1001']}", because="it is none")
    late = post(op, page, f"adjust {key}", finished_on="2026-09-08")
    assert "it was dismissed by somebody already" in words(late)


@pytest.mark.parametrize(
    ("first", "second"),
    [(first, second) for first in ("record", "dismiss") for second in ("record", "dismiss")],
)
def test_the_second_of_two_who_review_is_told_how_it_stands_and_what_was_typed_is_kept(
    op, held, first, second
):
    page = op.get("/results", params={"occurrence": "OCC-2"})
    one, other = keys(page)["E1140"], keys(page)["E1141"]
    decided = "select decision, decided_because from core.proposed_results where enrolment_code = 'E1140'"
    post(op, page, first, chosen=[one], because="the first")
    stands = held(decided)
    answer = post(op, page, second, chosen=[one], because="the second")
    assert answer.status_code == 409
    done = {"record": "recorded", "dismiss": "dismissed"}
    assert f"Nothing was changed: 1 was {done[first]} by somebody already: look at it again." in words(answer)
    assert 'name="because" maxlength="500" size="30" value="the second"' in answer.text
    both = post(op, page, second, chosen=[one, other], because="the second")
    told = words(op.get(f"/{both.headers['location']}"))
    assert f"1 result {done[second]}. 1 was {done[first]} by somebody already: look at it again." in told
    assert held(decided) == stands


def test_of_two_who_record_all_green_the_second_is_told_that_nothing_is_ready_any_more(op, held):
    page = op.get("/results", params={"occurrence": "OCC-2"})
    post(op, page, "green", "/results?occurrence=OCC-2")
    recorded = held("select * from core.unit_results order by 1, 2")
    answer = post(op, page, "green", "/results?occurrence=OCC-2")
    assert answer.status_code == 409
    assert "Nothing was changed: of what was ready when the page was shown, all is recorded" in words(answer)
    assert held("select * from core.unit_results order by 1, 2") == recorded


def test_one_is_dismissed_only_with_a_reason_which_is_kept(op, held):
    page = op.get("/results", params={"state": "not_possible"})
    key = keys(page)["E1000"]
    assert "say why" in words(post(op, page, "dismiss", chosen=[key]))
    post(op, page, "dismiss", chosen=[key], because="it stands already")
    assert held(
        "select decided_by, decided_because from mart.proposals where state = 'dismissed' and enrolment_code = 'E1000'"
    ) == [("somebody", "it stands already")]


def test_whoever_may_see_people_and_not_change_has_no_buttons_and_is_refused(browse, op, held):
    reader = browse(Right.SEE, Right.PERSONS)
    page = reader.get("/results")
    assert page.status_code == 200
    assert 'method="post"' not in page.text
    signed = op.get("/results")
    reader.cookies.update(op.cookies)
    answer = post(reader, signed, "green")
    assert answer.status_code == 403
    assert "This needs the right to" in words(answer)
    assert browse(Right.SEE).get("/results").status_code == 403
    assert held("select count(*) from core.unit_results") == [(2,)]


def test_before_there_are_results_the_page_says_what_to_do_first(op, engine):
    with engine.begin() as session:
        session.exec_driver_sql("delete from core.proposed_results; delete from core.unit_results")
    assert "Link an occurrence to a course and map its units" in words(op.get("/results"))


def test_a_day_that_is_none_is_said(op):
    assert op.get("/results", params={"since": "soon"}).status_code == 404


def test_tonight_leads_to_the_results_of_a_source_that_wait(op, engine):
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into core.sources (source, system, connection_id, timezone)"
            " values ('other', 'moodle', 'other', 'Europe/Amsterdam');"
            "update core.proposed_results set source = 'other' where enrolment_code = 'E1149'"
        )
    [address] = [one for one in links(op.get("/tonight")) if one.startswith("results?") and "other" in one]
    page = op.get(f"/{address}")
    assert rows(page) == ["E1149|U1|passed"]
    assert "Record all green of these" in words(page)


def test_a_result_that_is_not_possible_leads_to_the_enrolment_that_has_to_be_mended(op, engine):
    with engine.begin() as session:
        session.exec_driver_sql(
            "update core.enrolments set status = 'withdrawn' where enrolment_code = 'E1001'"
        )
    page = op.get("/results?state=not_possible")
    enrolment = "reference-row?file=enrolments&enrolment_code=E1001&client_code=CL1001&occurrence_code=OCC-1"
    assert f"{enrolment}#f-status" in links(page)
    assert "results?state=not_possible&occurrence=OCC-1&learner=CL1000#rows" in links(page)
