"""The page of a run, which is its report: what was not done, left out, rejected and sent."""

from etl.load import runs
from etl.pages.host import Right
from tests.pages.conftest import SOURCE
from tests.pages.reading import links, words


def test_a_reason_on_the_page_of_a_run_is_linked_to_where_it_is_mended_and_to_its_rows(
    browse, op, engine, night
):
    with engine.begin() as session:
        session.exec_driver_sql(SOURCE)
        part = runs.Step("main/4", problem_code="course_gone", problem="Course 4 is gone")
        runs.record_steps(session, night, "land", [part])
    found = links(op.get("/run", params={"run_id": night}))
    assert "reference-row?file=client_numbers#f-value" in found
    assert "mapping?source=main&course=4#course" in found
    [rows] = [one for one in found if one.startswith("rejections?") and "unmatched_learner" in one]
    assert "Rows of main, unmatched_learner" in words(op.get(f"/{rows}"))
    viewers = links(browse(Right.SEE).get("/run", params={"run_id": night}))
    assert not [one for one in viewers if one.startswith(("reference-", "rejections"))]


def test_the_page_of_a_run_holds_its_report_by_our_id_or_airflows(op, engine, night):
    with engine.begin() as session:
        runs.close_run(session, runs.open_run(session, "pe_online_attendance", "scheduled__1", {}))
    page = op.get("/run", params={"run_id": "scheduled__1", "flow": "moodle_results"})
    assert "No <access> to 3. What to do:" in words(page)
    assert "The counts add up" in words(page)
    assert "pe_online_attendance" not in page.text
    assert night in op.get("/run", params={"run_id": night}).text


def test_the_page_of_a_run_says_what_was_left_out_on_purpose(op, engine):
    with engine.begin() as session:
        run_id = runs.open_run(session, "coachview_push")
        runs.record_steps(session, run_id, "plan", [runs.Step("coachview", note="the <push> is off")])
        runs.close_run(session, run_id)
    assert "plan coachview: the &lt;push&gt; is off." in op.get("/run", params={"run_id": run_id}).text


SENT = """
insert into ops.outbox (target, kind, account, business_key, record_key, if_unknown, status, reason) values
('pe_online', 'accreditation points', '52', '1', '1', 'person', 'withheld', 'no_relation_number'),
('pe_online', 'accreditation points', '52', '2', '2', 'person', 'accepted', null),
('moodle', 'enrolments', 'main', '3', '3', 'read_back', 'rejected', 'not_taken'),
('moodle', 'accounts', 'main', '4', '4', 'read_back', 'accepted', null)
"""


def test_the_page_of_a_run_says_how_what_is_sent_stands_and_leads_to_where_it_is_listed(
    op, browse, engine, night
):
    with engine.begin() as session:
        session.exec_driver_sql(SENT)
    page, seen = (one.get("/run", params={"run_id": night}) for one in (op, browse(Right.SEE)))
    for shown in (page, seen):
        assert "Accreditation points 1 accepted" in words(shown)
        assert "Accounts 1 accepted" in words(shown)
    lists = ("points", "enrolments", "registrations")
    assert sorted(one for one in links(page) if one.startswith(lists) and "?" in one) == [
        "enrolments?reason=not_taken",
        "points?status=accepted",
        "points?status=withheld&reason=no_relation_number",
    ]
    assert not [one for one in links(seen) if one.startswith(lists)]


def test_a_run_that_is_not_there_is_said_so(op):
    answer = op.get("/run?run_id=nothing")
    assert answer.status_code == 404
    assert "there is no run nothing" in words(answer)
