"""How far a fault of InfoCaption reaches: one list, one row; and what was put right is found the next night."""

import pytest
from sqlalchemy import text

from etl.connectors.infocaption import flow as infocaption_competences
from etl.connectors.infocaption.flow import FLOW
from etl.engine.options import Options
from etl.errors import EtlError, GiveUp
from etl.results import competence_decisions
from etl.sandbox.infocaption.site import Attempt
from tests.fixtures.nights import as_text

ASKED = ["101", "102", "103", "105", "107"]
OPEN = (
    "select record_key, reason_code from mart.rejections where resolved_at is null and flow like 'infocaption%'"
    " and scope = '{}'"
)


@pytest.fixture
def night(engine, connect):
    return lambda **options: infocaption_competences.run(engine, connect, Options(**options))


@pytest.fixture
def spoil(sandbox):
    """Something is wrong with the list of one course until it is cleared."""

    def spoil(kind, course="102", **details):
        where = {"path": f"/API/public/courses/{course}/participants"}
        sandbox.faults.add("infocaption", kind, where=where, **({"count": None} | details))

    return spoil


@pytest.fixture
def problems(read):
    """What a run says of each course that it could not read."""

    def problems(run_id):
        found = read(
            f"select scope, problem from ops.run_steps where run_id = '{run_id}' and step = 'land'"
            " and problem_code is not null"
        )
        return {scope.removeprefix("infocaption_main/"): said for scope, said in found.to_numpy()}

    return problems


@pytest.fixture
def given_by(read):
    """The courses that gave something."""
    return lambda: set(read("select source_course_id from core.course_passes")["source_course_id"])


@pytest.fixture
def rejected(read):
    return lambda course: as_text(read(OPEN.format(course)))


@pytest.mark.parametrize(
    ("kind", "details", "said"),
    [
        ("html", {}, "HTML instead of JSON"),
        ("fatal", {}, "plain text instead of JSON"),
        ("notice", {}, "HTML instead of JSON"),
        ("forbidden", {}, "HTTP 403"),
        ("server_error", {}, "HTTP 500"),
        ("answer", {"text": "[]"}, "Expected `object`"),
        ("answer", {"text": "null"}, "plain text instead of JSON"),
        ("answer", {"text": '{"results": null}'}, "Expected `array`"),
        ("answer", {"text": '{"error": "x"}'}, "missing required field `results`"),
        ("answer", {"text": '{"results": [' + "[" * 2000}, "Nested too deeply"),
        ("truncated", {}, "damaged JSON"),
        ("answer", {"text": ""}, "empty answer"),
    ],
)
def test_an_answer_about_one_course_concerns_that_course(
    night, spoil, problems, given_by, kind, details, said
):
    spoil(kind, **details)
    run_id, status = night()
    assert status == "incomplete"
    assert list(problems(run_id)) == ["102"]
    assert said in problems(run_id)["102"]
    assert given_by() == {"101", "103", "107"}


def test_a_list_that_goes_round_concerns_its_course(night, sandbox, problems, given_by):
    sandbox.infocaption.repeating.add("102")
    run_id, _ = night()
    assert {course: "repeats" in said for course, said in problems(run_id).items()} == {"102": True}
    assert given_by() == {"101", "103", "107"}


def test_a_byte_order_mark_spoils_nothing(night, spoil, given_by):
    spoil("bom")
    assert (night()[1], given_by()) == ("success", {"101", "102", "103", "107"})


def test_what_is_wrong_with_a_course_is_listed_until_it_can_be_read(night, spoil, sandbox, rejected):
    spoil("html")
    night()
    assert ("102", "unusable_answer") in rejected("102")
    sandbox.faults.clear()
    night()
    assert ("102", "unusable_answer") not in rejected("102")


def test_what_was_not_asked_because_the_site_gave_no_token_is_named_course_by_course(
    engine, connect, sandbox, problems
):
    run_id = infocaption_competences.open_run(engine, Options())
    [batch] = infocaption_competences.plan(engine, run_id, connect, Options())
    sandbox.faults.add("infocaption", "forbidden", operation="token", count=None)
    with pytest.raises(GiveUp, match="token: HTTP 403"):
        infocaption_competences.land(engine, run_id, batch, connect, Options())
    assert list(problems(run_id)) == ASKED
    assert all("token: HTTP 403" in said for said in problems(run_id).values())


def test_a_token_address_that_is_not_there_does_not_make_courses_gone(engine, connect, sandbox, read):
    run_id = infocaption_competences.open_run(engine, Options())
    [batch] = infocaption_competences.plan(engine, run_id, connect, Options())
    sandbox.infocaption.token_path = "/elsewhere"
    with pytest.raises(EtlError, match="token: HTTP 404"):
        infocaption_competences.land(engine, run_id, batch, connect, Options())
    assert read("select 1 from core.courses where gone and source = 'infocaption_main'").empty


@pytest.mark.parametrize("text", ['{"results": [], "totalHits": 0, "totalPages": 0, "currentPage": 1}'])
def test_an_empty_list_of_courses_is_a_fault_of_the_site_and_not_the_end_of_every_course(
    night, sandbox, read, text
):
    night()
    sandbox.faults.add("infocaption", "answer", operation="courses", count=None, text=text)
    run_id, status = night()
    said = read(f"select problem from ops.run_steps where run_id = '{run_id}' and step = 'plan'")["problem"]
    assert status == "incomplete"
    assert "list of courses is empty" in said.item()
    assert read("select 1 from core.courses where gone and source_course_id = '101'").empty


def replace_attempt(sandbox, course, user, attempt):
    attempts = sandbox.infocaption.site.attempts[course]
    attempts[:] = [one for one in attempts if one.user_id != user] + [attempt]


def test_a_status_put_right_weeks_later_is_found_the_next_night(night, sandbox, rejected, read):
    night()
    assert ("102/5009", "status_unknown") in rejected("102")
    mended = Attempt("5009", "isla.smith9@student.example", "passed", "99", "80", "2026-01-16T08:00:00Z")
    replace_attempt(sandbox, "102", "5009", mended)
    night()
    assert ("102/5009", "status_unknown") not in rejected("102")
    held = "select 1 from core.earned_competences where client_code = 'CL00009' and competence_code = 'CPR'"
    assert len(read(held)) == 1


def test_a_pass_entered_weeks_late_is_found_the_next_night_where_rows_are_rejected(night, sandbox, read):
    night()
    late = Attempt("5016", "finn.jones16@student.example", "passed", "99", "80", "2026-01-16T08:00:00Z")
    sandbox.infocaption.site.attempts["102"].append(late)
    night()
    held = "select 1 from core.earned_competences where client_code = 'CL00016' and competence_code = 'CPR'"
    assert len(read(held)) == 1


def test_a_rejection_stays_open_while_its_row_is_not_put_right(night, rejected):
    night()
    before = rejected("102")
    night()
    night(full=True)
    assert rejected("102") == before


def test_a_score_that_cannot_be_read_voids_no_pass(night, sandbox, rejected, read):
    odd = Attempt("5016", "finn.jones16@student.example", "passed", "n/a", "80", "2026-04-01T08:00:00Z")
    sandbox.infocaption.site.attempts["103"].append(odd)
    night()
    assert not read("select 1 from core.course_passes where client_code = 'CL00016'").empty
    assert rejected("103") == set()


@pytest.mark.long
def test_a_completion_in_the_future_is_listed_and_counts_when_its_time_has_come(
    engine, night, sandbox, rejected, read
):
    soon = read("select now() + interval '3 seconds' as soon")["soon"].iloc[0].isoformat()
    email = "finn.jones16@student.example"
    sandbox.infocaption.site.attempts["103"] += [
        Attempt("5016", email, "passed", completed=soon),
        Attempt("5017", "grace.jones17@student.example", "passed", completed="2031-01-01T08:00:00Z"),
    ]
    night()
    listed = {("103/5017", "completed_in_future"), ("103/5016", "completed_in_future")}
    assert rejected("103") == listed
    with engine.connect() as session:
        session.execute(text(f"select pg_sleep_until('{soon}')"))
    night()
    assert rejected("103") == {("103/5017", "completed_in_future")}
    assert not read("select 1 from core.course_passes where client_code = 'CL00016'").empty


def test_what_is_open_of_a_course_closes_with_its_last_link_and_comes_back_with_it(
    engine, night, rejected, read
):
    night()
    before = rejected("101")
    assert before
    me = {"by": "hr", "reason": "wrong course"}
    competence_decisions.unlink(engine, "infocaption_main", "101", "FIRE-BASIC", **me)
    held = read("select count(*) as n from core.earned_competences")["n"].item()
    night()
    assert rejected("101") == set()
    assert read("select count(*) as n from core.earned_competences")["n"].item() == held
    with engine.begin() as session:
        session.execute(text("update core.competence_links set closed_at = null"))
    night()
    assert rejected("101") == before


def test_what_is_open_of_a_course_that_is_gone_or_of_a_source_out_of_use_closes(engine, night, sandbox, read):
    night()
    del sandbox.infocaption.site.guide_list["102"]
    night()
    still = f"select source, scope from mart.rejections where flow = '{FLOW}' and resolved_at is null"
    assert ("infocaption_main", "102") not in as_text(read(still))
    with engine.begin() as session:
        session.execute(text("update core.sources set closed_at = now() where source = 'infocaption_main'"))
    night()
    assert read(still).empty
