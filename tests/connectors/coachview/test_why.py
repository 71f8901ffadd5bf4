"""Why a part of a request is registered as it is, or a completion counts for nothing (etl why registration)."""

import hashlib

import pytest
from sqlalchemy import text

from etl.connectors import registry
from etl.connectors.coachview.why import why_registration
from etl.engine import inbox
from etl.engine.inbox import Incoming
from etl.errors import InvalidInput
from etl.load import audit, dismissals
from etl.load.dismissals import ChosenRejections
from etl.results.why.registrations import why_completion
from tests.connectors.coachview.requests import complete_in_moodle

BODY = b'{"course": "VCA-1"}'


@pytest.fixture
def sent(engine):
    """A function that has a completion of studio come in by a message, a second delivery with it; its number."""

    def sent(person, day, grade, kept=True):
        message = Incoming(
            "generic", "studio", "http", "signature", "application/json", BODY, name=f"{person} {day}"
        )
        with engine.begin() as session:
            received = inbox.add(session, message)
            inbox.add(session, message)
            if not kept:
                session.execute(text("update raw.inbox set body = null"))
            return session.execute(
                text(
                    "insert into core.reported_completions"
                    " (integration, person_id, course_id, completed_at, completed_on, grade, message_id)"
                    " values ('studio', :person, 'VCA-1', :day, :day, :grade, :message) returning completion_id"
                ),
                {"person": person, "day": day, "grade": grade, "message": received.message_id},
            ).scalar_one()

    return sent


def told(engine, why, *which):
    """The lists of an answer, by title, and its rule."""
    with engine.connect() as session:
        found = why(session, *which, registry.answers_of)
    return {one.title: list(one.rows) for one in found.lists}, found.rule


def test_a_registration_says_by_which_completions_request_and_definition_it_is(engine, register, sent):
    first, later = sent("X-1001", "2026-03-02", 8), sent("X-1001", "2026-04-02", 9)
    register()
    with engine.begin() as session:
        audit.by(session, "trainer", "page")
        session.execute(text("update core.integrations set maximum = 20 where integration = 'studio'"))
    lists, rule = told(engine, why_registration, "R1", "T1-THEORY")
    assert rule[1:] == [
        "A result is registered already; the grade of this later attempt is kept and not registered.",
        "Coachview was told nothing of it.",
    ]
    completions = lists["Completions that counted for it, in their order"]
    assert [(one["completion_id"], one["outcome"], one["grade_registered"]) for one in completions] == [
        (first, "registered", True), (later, "nothing_new", False),
    ]  # fmt: skip
    assert lists["The request and its part"][0]["matched_by"] == "number elsewhere X-1001"
    [definition] = lists["The integration and its result definition, as they stood then"]
    assert definition["maximum"] == 10
    assert [(one["sha256"], one["deliveries"]) for one in lists["Answers, as they landed"]] == [
        (hashlib.sha256(BODY).hexdigest(), 2)
    ] * 2
    changed = lists["What people decided, newest first"][0]
    assert (changed["decided_by"], changed["it_was"]) == ("trainer", "maximum 10")
    assert [run["flow"] for run in lists["Runs"]] == ["coachview_results"]


def test_a_completion_of_moodle_leads_to_the_run_and_answer_that_it_was_read_of(engine, register):
    with engine.begin() as session:
        for statement in (
            "insert into ops.runs (run_id, flow, parameters) values ('a night', 'moodle_results', '{}')",
            "insert into raw.bodies (sha256, raw_bytes, body) values ('\\xaa', 1, '')",
            "insert into raw.landings (source, scope, resource, key, sha256, run_id, landed_at) values"
            " ('moodle_main', '2', 'grades', '', '\\xaa', 'a night', now())",
        ):
            session.exec_driver_sql(statement)
    complete_in_moodle(engine, "CL00001", "2", "2026-03-02T12:00Z", 80)
    register()
    lists, rule = told(engine, why_registration, "R8", "T2-ONLINE")
    assert rule[1:] == ["Coachview was told nothing of it."]
    assert lists["The request and its part"][0]["matched_by"] == "client CL00001"
    assert [one["sha256"] for one in lists["Answers, as they landed"]] == ["aa"]
    assert {run["run_id"] for run in lists["Runs"]} >= {"a night"}


def test_what_coachview_was_told_and_answered_stands_with_it(engine, school):
    school.night()
    lists, rule = told(engine, why_registration, "R1", "T1-THEORY")
    assert rule[1:] == ["At Coachview: It was accepted."]
    [item] = lists["What Coachview is told"]
    assert (item["status"], item["result"], item["attempts"]) == ("accepted", 8, 1)
    [offered] = lists["Offered to Coachview, newest first"]
    assert (offered["outcome"], offered["account"]) == ("accepted", "coachview")
    assert {run["flow"] for run in lists["Runs"]} == {"coachview_push", "coachview_results"}


@pytest.mark.parametrize(
    ("person", "grade", "why"),
    [
        ("X-9", 8, "No training request is of a person with this number: the person, or the request, is still to be"
         " entered, or the number differs."),
        ("X-1003", 8, "The request, or this part of it, is finished already: nothing is registered on it."),
        ("X-1001", 11, "The grade is not between the minimum and maximum of the integration's result definition:"
         " correct the definition, or the grade in the source."),
    ],
)  # fmt: skip
def test_a_completion_that_counts_for_nothing_says_why(engine, register, sent, person, grade, why):
    number = sent(person, "2026-03-02", grade)
    register()
    lists, rule = told(engine, why_completion, number)
    assert rule[1] == why
    assert lists["What it counted for"] == []


def test_a_completion_says_what_it_counted_for_or_will_and_that_its_message_is_gone(engine, register, sent):
    number = sent("X-1001", "2026-03-02", 8, kept=False)
    assert told(engine, why_completion, number)[1][1] == "The next run registers it."
    register()
    lists, rule = told(engine, why_completion, number)
    assert rule[1] == "It counted for what stands below."
    assert [(one["request_code"], one["part_code"]) for one in lists["What it counted for"]] == [
        ("R1", "T1-THEORY")
    ]
    [message] = lists["Answers, as they landed"]
    assert (message["body_is_kept"], message["sha256"]) == (False, None)
    asked = lists["What this person asked for of the integration's courses"]
    assert [(one["request_code"], one["is_this_course"]) for one in asked] == [("R1", True)]


def test_who_dismissed_a_refused_completion_is_told(engine, register, sent):
    number = sent("X-9", "2026-03-02", 8)
    register()
    dismissals.dismiss(engine, ChosenRejections("studio", "person_unknown"), "trainer", "a test person")
    lists, _ = told(engine, why_completion, number)
    decided = lists["What people decided, newest first"][0]
    assert (decided["decided_by"], decided["because"]) == ("trainer", "a test person")


@pytest.mark.parametrize(("why", "which"), [(why_registration, ("R1", "T1-THEORY")), (why_completion, (99,))])
def test_what_is_not_there_is_said_so(engine, register, why, which):
    with pytest.raises(InvalidInput, match=r"nothing is registered|there is no completion"):
        told(engine, why, *which)
