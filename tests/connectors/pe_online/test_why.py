"""Why a point stands as it does (etl why point): what made it count, its number, its answers, who decided."""

import pytest

from etl.connectors.pe_online import relation_numbers
from etl.connectors.pe_online.why import why_point
from etl.errors import InvalidInput
from etl.load import audit
from tests.connectors.pe_online.site import ORG

LANDED = (
    "insert into raw.bodies (sha256, raw_bytes, body) values ('\\xaa', 1, ''), ('\\xbb', 1, ''), ('\\xcc', 1, '')",
    "insert into core.client_numbers values ('C1', 'moodle:moodle_main', '9')",
    "insert into ops.runs (run_id, flow, parameters) values ('r', 'moodle_results', '{\"nights\": [\"tonight\"]}')",
    "insert into raw.landings (source, scope, resource, key, sha256, run_id, landed_at) values"
    " ('moodle_main', '2', 'completion', '9', '\\xaa', 'r', now() - interval '2 hours'),"
    " ('moodle_main', '2', 'completion', '8', '\\xbb', 'r', now() - interval '2 hours'),"
    " ('moodle_main', '2', 'module', '9', '\\xbb', 'r', now() - interval '2 hours'),"
    " ('moodle_main', '2', 'completion', '9', '\\xcc', 'r', now() + interval '1 day')",
)


def lists(engine, point):
    """The lists of the answer, by title, and the rule."""
    with engine.connect() as session:
        why = why_point(session, point)
    return {one.title: [dict(row) for row in one.rows] for one in why.lists}, why.rule


@pytest.fixture
def lost(site):
    """A classroom point of C1, whose answer was lost; it was passed in course 2, of which three answers landed."""
    site.accredit(course_type=4, pe_edition_id="7")
    site.sandbox.ledger.add_meeting(ORG, 700001, (7, None))
    site.person("C1")
    site.sandbox.ledger.add_person(ORG, "052001")
    relation_numbers.enter(site.engine, ORG, "C1", "052001", "clerk", through="page")
    for statement in LANDED:
        site.sql(statement)
    site.passed("C1")
    site.sandbox.faults.add("pe", "lost_answer")
    site.night()
    return site.only("attendance_id")


def test_a_point_says_what_made_it_count_and_what_became_of_it(site, lost):
    site.settle(lost, registered=True)
    told, rule = lists(site.engine, lost)
    assert rule[0].startswith("Who completes a course inside the period of an accreditation")
    assert rule[1] == "It was accepted."
    [point] = told["The point"]
    assert (point["status"], point["at PE-Online"]) == ("accepted", "course 700001, type 4")
    [offered] = told["Offered to PE-Online, newest first"]
    assert offered["outcome"] == "unknown"
    assert offered["cause, where no answer came"]
    [line] = told["Accreditations of the course, as they stood when it counted"]
    assert (line["made_it_count"], str(line["valid_from"]), str(line["valid_to"])) == (
        True, "2026-01-01", "2026-12-31",
    )  # fmt: skip
    [number] = told["Relation number"]
    assert (number["goes_under"], number["comes_from"]) == ("052001", "entered by clerk (page)")
    [decided, entered] = told["What people decided, newest first"]
    assert (decided["decided_by"], decided["decision"], decided["it_was"]) == (
        "clerk", "registered at PE-Online", "unknown",
    )  # fmt: skip
    assert entered["decision"].startswith("relation number added (page)")
    assert "052001" not in entered["decision"]


def test_of_a_point_only_the_answers_of_its_learner_that_were_there_then_are_told(site, lost):
    told, _ = lists(site.engine, lost)
    [answer] = told["Answers, as they landed"]
    assert (answer["resource"], answer["key"], answer["sha256"]) == ("completion", "9", "aa")
    assert answer["body_is_kept"]
    assert [run["flow"] for run in told["Runs"]] == ["pe_online_attendance", "moodle_results"]


def test_an_accreditation_that_was_changed_since_is_told_as_it_stood_and_who_changed_it(site, lost):
    with site.engine.begin() as session:
        audit.by(session, "hr", "page")
        session.exec_driver_sql("update core.accreditations set valid_to = '2026-09-24'")
    told, _ = lists(site.engine, lost)
    [line] = told["Accreditations of the course, as they stood when it counted"]
    assert (line["made_it_count"], str(line["valid_to"])) == (True, "2026-12-31")
    changed = told["What people decided, newest first"][0]
    assert changed["decision"] == "accreditation from 2026-01-01 changed (page): valid to 2026-09-24"
    assert (changed["decided_by"], changed["it_was"]) == ("hr", "valid to 2026-12-31")


def test_a_withheld_point_says_what_it_lacks(site):
    site.accredit()
    site.person("C1")
    site.passed("C1")
    site.night()
    told, rule = lists(site.engine, site.only("attendance_id"))
    assert rule[1] == "The learner has no relation number for this profession group."
    assert told["Offered to PE-Online, newest first"] == []
    assert told["Relation number"][0]["comes_from"] is None


def test_a_point_that_is_not_there_is_said_so(engine):
    with engine.connect() as session, pytest.raises(InvalidInput, match="there is no point 7"):
        why_point(session, 7)
