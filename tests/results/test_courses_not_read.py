"""A competence waits for each of its courses; what was given on less is corrected when the course comes in."""

import pytest
from sqlalchemy import text

from etl.connectors.infocaption import flow
from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options
from etl.errors import GiveUp, RetryLater
from etl.sandbox.infocaption.site import Attempt
from tests.fixtures.nights import as_text

K = (
    "select client_code, valid_from, valid_to, source_course_id from core.earned_competences"
    " where competence_code = 'K'"
)
GIVEN_BEFORE = (
    "select client_code, valid_from, valid_to, source_course_id from mart.competence_corrections"
    " where competence_code = 'K'"
)
WAITING = (
    "select record_key from mart.rejections"
    " where scope = 'K' and reason_code = 'course_not_read' and resolved_at is null"
)
FINN = "finn.jones16@student.example"
RIGHT = {("CL00016", "2024-10-03", "2026-10-03", "106")}
WRONG = {("CL00016", "2025-10-15", "2027-10-15", "103")}


@pytest.fixture(autouse=True)
def two_courses_give_k(engine, sandbox):
    """Finn passed both courses of K; the earlier pass decides."""
    with engine.begin() as session:
        session.execute(text("insert into core.competences values ('K', null, 'K', 730)"))
        for course in ("103", "106"):
            session.execute(
                text(f"insert into core.competence_links values ('infocaption_main', '{course}', 'K')")
            )
    attempts = sandbox.infocaption.site.attempts
    attempts["103"].append(Attempt("5016", FINN, "passed", completed="2025-10-15T09:00:00Z"))
    attempts["106"][:] = [Attempt("5016", FINN, "passed", completed="2024-10-03T09:00:00Z")]


@pytest.fixture
def k(read):
    """Who has K, without whoever passed course 103 only."""
    return lambda: {row for row in as_text(read(K)) if row[0] == "CL00016"}


@pytest.fixture
def night(engine, connect):
    return lambda **options: flow.run(engine, connect, Options(**options))


def unreadable(sandbox, course="106", **fault):
    """One night in which a course cannot be read."""
    path = f"/API/public/courses/{course}/participants"
    sandbox.faults.add("infocaption", "unavailable", where={"path": path}, **({"count": 1} | fault))


def test_nothing_is_given_while_a_course_was_never_read_and_the_other_competences_are(
    night, sandbox, k, read
):
    unreadable(sandbox)
    _, status = night()
    assert (status, k(), as_text(read(WAITING))) == ("incomplete", set(), {("infocaption_main/106",)})
    others = read("select distinct competence_code from core.earned_competences")["competence_code"]
    assert {"FIRE-BASIC", "CPR", "INFOSEC"} <= set(others)
    night()
    assert (k(), read(WAITING).empty, read(GIVEN_BEFORE).empty) == (RIGHT, True, True)
    night(full=True)
    assert k() == RIGHT


def test_a_period_of_the_version_before_is_corrected_and_kept_in_the_history(engine, night, k, read, sandbox):
    unreadable(sandbox)
    night()
    with engine.begin() as session:  # as it was decided without waiting for 106
        session.execute(
            text(
                "insert into core.earned_competences values"
                " ('CL00016', 'K', '2025-10-15', '2027-10-15', 'infocaption_main', '103', 'of before')"
            )
        )
    night()
    assert (k(), as_text(read(GIVEN_BEFORE))) == (RIGHT, WRONG)
    written = (
        "select coalesce(sum(written), 0) as n from ops.run_steps where run_id = '{}' and step = 'award'"
    )
    assert read(written.format(night()[0]))["n"].tolist() == [0]


def test_a_course_that_could_not_be_read_in_one_night_corrects_what_was_given_in_it(
    engine, night, sandbox, k, read
):
    attempts = sandbox.infocaption.site.attempts
    attempts["103"].pop(), attempts["106"].pop()
    night()
    with engine.begin() as session:
        session.execute(text("update raw.landings set landed_at = landed_at - interval '6 days'"))
        session.execute(text("update core.course_readings set read_at = read_at - interval '6 days'"))
    days = read("select cast(now() as date) - 4 as four, cast(now() as date) - 2 as two").iloc[0]
    attempts["106"].append(Attempt("5016", FINN, "passed", completed=f"{days['four']}T09:00:00Z"))
    attempts["103"].append(Attempt("5016", FINN, "passed", completed=f"{days['two']}T09:00:00Z"))
    unreadable(sandbox)
    night()
    assert {(row[1], row[3]) for row in k()} == {(str(days["two"]), "103")}
    night()
    assert {(row[1], row[3]) for row in k()} == {(str(days["four"]), "106")}
    assert {(row[1], row[3]) for row in as_text(read(GIVEN_BEFORE))} == {(str(days["two"]), "103")}


def test_an_attempt_entered_after_its_course_was_read_changes_nothing_that_is_held(night, sandbox, k, read):
    late = sandbox.infocaption.site.attempts["106"].pop()
    night()
    assert k() == WRONG
    sandbox.infocaption.site.attempts["106"].append(late)
    night(full=True)
    assert (k(), read(GIVEN_BEFORE).empty) == (WRONG, True)


def test_a_course_linked_later_changes_nothing_that_is_held(engine, night, k):
    change = "update core.competence_links set closed_at = {} where source_course_id = '106'"
    with engine.begin() as session:
        session.execute(text(change.format("now()")))
    night()
    with engine.begin() as session:
        session.execute(text(change.format("null")))
    night()
    assert k() == WRONG


def test_a_course_published_later_corrects_what_was_given_without_it(night, sandbox, k, read):
    sandbox.infocaption.site.guide_list["106"].published = False
    night()
    assert (k(), read(WAITING).empty) == (WRONG, True)
    sandbox.infocaption.site.guide_list["106"].published = True
    night()
    assert (k(), as_text(read(GIVEN_BEFORE))) == (RIGHT, WRONG)


def test_a_course_that_is_gone_is_not_waited_for(night, sandbox, k, read):
    del sandbox.infocaption.site.guide_list["106"]
    night()
    assert (k(), read(WAITING).empty) == (WRONG, True)


def test_a_dry_run_corrects_nothing(night, sandbox, k, read):
    sandbox.infocaption.site.guide_list["106"].published = False
    night()
    sandbox.infocaption.site.guide_list["106"].published = True
    run_id, _ = night(dry_run=True)
    assert (k(), read(GIVEN_BEFORE).empty) == (WRONG, True)
    counted = (
        f"select written from ops.run_steps where run_id = '{run_id}' and scope = 'competence K, corrected'"
    )
    assert read(counted)["written"].tolist() == [1]
    night()
    assert k() == RIGHT


@pytest.mark.parametrize("failing", ["land", "derive"])
def test_an_award_after_a_failed_task_decides_nothing_and_the_cleared_tasks_make_it_good(
    engine, connect, sandbox, failing, k, read
):
    """What Airflow does: award runs whatever became of the batches; the failed task is cleared, then award again."""
    options = Options()
    run_id = flow.open_run(engine, options)
    [batch] = flow.plan(engine, run_id, connect, options)
    first, last = (
        {**batch, "courses": courses} for courses in (["101", "102", "103", "105", "107"], ["106"])
    )
    flow.land(engine, run_id, first, connect, options)
    flow.derive(engine, run_id, first, connect, options)
    if failing == "land":
        unreadable(sandbox)
        with pytest.raises(RetryLater):
            flow.land(engine, run_id, last, connect, options)
        flow.derive(engine, run_id, last, connect, options)
    else:
        flow.land(engine, run_id, last, connect, options)
    flow.award(engine, run_id, options)
    assert k() == set()
    flow.land(engine, run_id, last, connect, options)
    flow.derive(engine, run_id, last, connect, options)
    flow.award(engine, run_id, options)
    assert (k(), read(WAITING).empty, read(GIVEN_BEFORE).empty) == (RIGHT, True, True)


def test_a_moodle_course_is_waited_for_too(engine, connect, night, read):
    night()
    waiting = "select record_key, reason_code from mart.rejections where scope = 'BUSINESS-CERT'"
    assert as_text(read(waiting)) == {("moodle_main/2", "course_not_read")}
    moodle_results.run(engine, connect, Options())
    night()
    assert not read("select 1 from core.earned_competences where competence_code = 'BUSINESS-CERT'").empty
    assert read(f"{waiting} and resolved_at is null").empty


def test_a_source_that_was_never_reached_is_waited_for(engine, connect, night, sandbox, k, read):
    with engine.begin() as session:
        session.execute(
            text(
                "insert into core.sources select 'other', system, 'other_site', timezone, match_code, match_fields,"
                " record_failed, allow_resit, use_enrolment_start, review, null from core.sources"
                " where source = 'infocaption_main';"
                "insert into core.competence_links values ('other', '1', 'K')"
            )
        )

    def connections(conn_id):
        if conn_id == "other_site":
            raise GiveUp("there is no connection other_site")
        return connect(conn_id)

    flow.run(engine, connections, Options())
    assert (k(), as_text(read(WAITING))) == (set(), {("other/1",)})


def test_a_course_of_a_finished_occurrence_is_read_once_when_it_is_waited_for(engine, connect, sandbox):
    with engine.begin() as session:
        session.execute(text("update core.occurrences set status = 'finished'"))
        session.execute(text("insert into core.competence_links values ('moodle_main', '2', 'K')"))
    asked = []
    for _ in range(2):
        run_id = moodle_results.open_run(engine, Options())
        batches = moodle_results.plan(engine, run_id, connect, Options())
        asked.append([course for batch in batches for course in batch["courses"]])
        for batch in batches:
            moodle_results.land(engine, run_id, batch, connect, Options())
            moodle_results.derive(engine, run_id, batch, connect, Options())
    assert asked == [["2"], []]


CERTIFICATE = "select client_code, valid_from::text, valid_to::text from core.earned_competences where {}"
BUSINESS = "competence_code = 'BUSINESS-CERT'"


@pytest.mark.long
def test_a_moodle_course_whose_completions_are_shown_to_nobody_was_not_read(
    engine, connect, night, sandbox, read
):
    refused = {"operation": "core_completion_get_course_completion_status", "text": "cannotviewreport"}
    sandbox.faults.add("moodle", "error_code", count=None, where={"courseid": "2"}, **refused)
    moodle_results.run(engine, connect, Options())
    night()
    waiting = (
        "select record_key from mart.rejections where reason_code = 'course_not_read' and resolved_at is null"
    )
    assert "moodle_main/2" in set(read(waiting)["record_key"])
    sandbox.faults.clear()
    moodle_results.run(engine, connect, Options(full=True))
    night()
    assert "moodle_main/2" not in set(read(waiting)["record_key"])
    assert not read(CERTIFICATE.format(BUSINESS)).empty


@pytest.mark.long
def test_a_moodle_course_completed_again_every_year_renews_its_competence(
    engine, connect, night, sandbox, read
):
    """Completed, reset, completed again in a new enrolment: a period for each year."""
    with engine.begin() as session:
        session.execute(text("update core.competences set validity_days = 30 where " + BUSINESS))
    moodle_results.run(engine, connect, Options())
    night()
    mine = f"{BUSINESS} and client_code = 'CL00001' order by 2"
    [first] = read(CERTIFICATE.format(mine))["valid_from"].tolist()
    with engine.begin() as session:
        enrolled = (
            "insert into core.enrolments values ('E-AGAIN', 'CL00001', 'OCC-1001', 'active', '2026-11-01')"
        )
        session.execute(text(enrolled))
    status = sandbox.moodle.site.completions[2, 7]
    for criterion in status["completions"]:
        criterion.update(complete=True, timecompleted=1_794_000_000)  # 2026-11-06
    sandbox.moodle.site.touch(2, 7, 1_794_000_000)
    moodle_results.run(engine, connect, Options())
    night()
    periods = read(CERTIFICATE.format(mine))
    assert periods["valid_from"].tolist() == [first, "2026-11-06"]
    assert periods["valid_to"].tolist()[-1] == "2026-12-06"
