"""Why somebody has a competence or has not (etl why competence): what each pass did, who decided."""

import pytest

from etl.errors import InvalidInput
from etl.results import competence_decisions
from etl.results.why.competences import why_competence

# FA is valid for 100 days. Course 101 gives it, 102 did until its link was removed, 2 is a course of completions.
FILL = (
    "insert into core.sources (source, system, connection_id, timezone) values"
    " ('info', 'infocaption', 'info', 'Europe/Stockholm'), ('main', 'moodle', 'main', 'Europe/Amsterdam')",
    "insert into core.clients (client_code) values ('C1'), ('C2')",
    "insert into core.competences (competence_code, name, validity_days) values ('FA', 'First aid', 100)",
    "insert into core.competence_links (source, source_course_id, competence_code, linked_on, closed_at) values"
    " ('info', '101', 'FA', '2026-01-01', null), ('info', '102', 'FA', '2026-01-01', '2026-02-01T00:00Z'),"
    " ('main', '2', 'FA', '2026-01-01', null)",
    "insert into ops.runs (run_id, flow, parameters) values"
    " ('pass', 'infocaption_competences', '{\"nights\": [\"2026-03-06T04:00Z\"]}'), ('give', 'moodle_results', '{}')",
    # By Stockholm's clock the first was on the 5th.
    "insert into core.course_passes (source, source_course_id, client_code, passed_at, run_id, recorded_at) values"
    " ('info', '101', 'C1', '2026-03-04T23:30Z', 'pass', '2026-11-01T04:00Z'),"
    " ('info', '101', 'C1', '2026-05-01T09:00Z', 'pass', '2026-11-01T04:00Z'),"
    " ('info', '102', 'C1', '2026-10-01T09:00Z', 'pass', '2026-11-01T04:00Z'),"
    " ('info', '101', 'C2', '2026-10-01T09:00Z', 'pass', '2026-11-01T04:00Z')",
    "insert into core.course_completions"
    " (source, source_course_id, client_code, completed_at, passed, run_id, recorded_at) values"
    " ('main', '2', 'C1', '2026-09-01T09:00Z', false, 'give', '2026-09-02T04:00Z')",
    "insert into core.earned_competences"
    " (client_code, competence_code, valid_from, valid_to, source, source_course_id, run_id, recorded_at) values"
    " ('C1', 'FA', '2026-03-05', '2026-06-13', 'info', '101', 'give', '2026-11-01T04:10Z')",
    "insert into core.recorded_competences (client_code, competence_code, valid_from, valid_to) values"
    " ('C1', 'FA', '2025-01-01', '2025-12-31')",
    "insert into ops.completion_decisions"
    " (decision, source, source_course_id, client_code, completed_at, decided_by, reason)"
    " values ('revoked', 'main', '2', 'C1', '2026-09-01T09:00Z', 'hr', 'by fraud')",
    "insert into raw.bodies (sha256, raw_bytes, body) values ('\\xaa', 1, ''), ('\\xbb', 1, '')",
    "insert into raw.landings (source, scope, resource, key, sha256, run_id, landed_at) values"
    " ('info', '101', 'participants', '', '\\xaa', 'pass', '2026-03-06T03:00Z'),"
    " ('info', '101', 'participants', '', '\\xbb', 'pass', '2026-04-06T03:00Z')",
)


@pytest.fixture
def lists(engine):
    """The lists of the answer for somebody, by title, and how it stands."""
    with engine.begin() as session:
        for statement in FILL:
            session.exec_driver_sql(statement)

    def lists(client):
        with engine.connect() as session:
            why = why_competence(session, "FA", client)
        return {one.title: list(one.rows) for one in why.lists}, why.rule[1]

    return lists


def test_each_pass_says_what_it_did(lists):
    told, stands = lists("C1")
    assert stands == "The last period is from 2026-03-05 until 2026-06-13."
    assert [
        (str(one["passed_at"])[:10], one["what_it_did"]) for one in told["Passes, and what each did"]
    ] == [
        ("2026-03-04", "gave the period from 2026-03-05"),
        ("2026-05-01", "changed nothing: it was held already, from 2026-03-05 until 2026-06-13"),
        ("2026-09-01", "gives nothing: the completion counts as passed no more"),
        ("2026-10-01", "gave nothing: the course is not linked to it any more"),
    ]
    assert [(str(one["valid_from"]), one["given_by"]) for one in told["Periods, newest first"]] == [
        ("2026-03-05", "a course"), ("2025-01-01", "the administration"),
    ]  # fmt: skip
    [revoked] = told["What people decided, newest first"]
    assert (revoked["decided_by"], revoked["decision"], revoked["because"]) == (
        "hr", "completion of course 2 revoked", "by fraud",
    )  # fmt: skip


def test_a_pass_is_told_the_period_that_held_then_and_not_a_later_one(lists, write):
    write(
        "insert into core.earned_competences"
        " (client_code, competence_code, valid_from, valid_to, source, source_course_id, run_id, recorded_at) values"
        " ('C1', 'FA', '2026-07-01', '2026-10-09', 'info', '101', 'give', '2026-11-01T04:10Z')"
    )
    told, _ = lists("C1")
    did = {str(one["passed_at"])[:10]: one["what_it_did"] for one in told["Passes, and what each did"]}
    assert did["2026-05-01"] == "changed nothing: it was held already, from 2026-03-05 until 2026-06-13"


def test_the_answer_of_a_past_night_is_the_one_that_was_known_then(lists):
    told, _ = lists("C1")
    assert [one["sha256"] for one in told["Answers, as they landed"]] == ["aa"]
    assert {run["run_id"] for run in told["Runs"]} == {"pass", "give"}


def test_a_pass_that_gave_nothing_yet_waits_for_the_next_run_or_for_its_restoration(lists, engine):
    told, stands = lists("C2")
    assert (stands, told["Passes, and what each did"][0]["what_it_did"]) == (
        "The person never had it.", "the next run decides",
    )  # fmt: skip
    competence_decisions.revoke(engine, "FA", None, "hr", "a new norm")
    told, stands = lists("C2")
    assert stands == "The competence was revoked; it is given again when it is restored."
    assert told["Passes, and what each did"][0]["what_it_did"] == stands
    assert told["The competence"][0]["from_everyone"]
    assert told["What people decided, newest first"][0]["because"] == "a new norm"


def test_what_is_not_there_is_said_so(engine):
    with engine.connect() as session, pytest.raises(InvalidInput, match="no competence FA"):
        why_competence(session, "FA", "C1")
