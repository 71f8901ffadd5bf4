"""The command ``etl review``: what a person sees, adjusts, approves and dismisses."""

import pytest

from etl.errors import InvalidInput

FIRST, SECOND = "E-1001-001", "E-1001-002"
UNIT, OTHER = "BSBTEC201", "BSBCMM211"


@pytest.fixture
def propose(sql):
    """A function that adds an open proposal; a started one has no finish and no grade."""

    def propose(enrolment, unit, status):
        finish, grade = ("null", "null") if status == "started" else ("date '2026-09-20'", "75")
        values = f"'{enrolment}', '{unit}', 'moodle_main', '{status}', '2026-09-10', {finish}, {grade}, 'r'"
        sql(
            "insert into core.proposed_results (enrolment_code, unit_code, source, status, started_on, finished_on,"
            f" grade_percent, run_id) values ({values})"
        )

    sql("update core.sources set review = 'required'")
    return propose


def listed(done):
    """The rows of a list that was printed for a pipe."""
    lines = [line.split("\t") for line in done.output.splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def test_started_proposals_without_finish_and_grade_are_listed(etl, propose):
    propose(FIRST, UNIT, "started")
    propose(SECOND, UNIT, "passed")

    done = etl("review", "list")

    assert done.exit_code == 0
    first, second = listed(done)
    assert (first["enrolment_code"], first["status"], first["state"]) == (FIRST, "started", "ready")
    assert (first["finished_on"], first["grade_percent"]) == ("", "")
    assert second["finished_on"] == "2026-09-20"


def test_a_list_without_proposals_says_so(etl):
    assert etl("review", "list").output == "no open proposals\n"


def test_what_cannot_be_recorded_is_listed_with_its_reason_and_not_approved(etl, propose, sql):
    propose(FIRST, UNIT, "failed")
    propose(SECOND, UNIT, "passed")
    sql(
        "insert into core.unit_results (enrolment_code, unit_code, source, status, started_on, finished_on, run_id)"
        f" values ('{FIRST}', '{UNIT}', 'moodle_main', 'passed', '2026-09-01', '2026-09-02', 'r')"
    )

    first, second = listed(etl("review", "list"))
    assert (first["state"], first["reason"]) == (
        "not_possible",
        "A result of this unit is recorded already; it stands.",
    )
    assert (second["state"], second["reason"]) == ("ready", "")

    done = etl("review", "approve", "--by", "planner", "--unit", UNIT)
    assert done.output.splitlines() == [
        "1 approved, 1 recorded",
        "1 are not possible and stay open: `etl review list` says why",
    ]


def test_a_withdrawn_enrolment_is_not_possible(etl, propose, sql):
    propose(FIRST, UNIT, "passed")
    sql(f"update core.enrolments set status = 'withdrawn' where enrolment_code = '{FIRST}'")

    assert [row["reason"] for row in listed(etl("review", "list"))] == ["The enrolment is not active."]


def test_everything_is_approved_only_with_all_where_nobody_can_be_asked(etl, propose, sql):
    propose(FIRST, UNIT, "passed")
    propose(FIRST, OTHER, "started")

    for decision in ("approve", "dismiss"):
        refused = etl("review", decision, "--by", "planner")
        assert isinstance(refused.exception, InvalidInput)
        assert "--all" in str(refused.exception)
    assert etl("review", "approve", "--by", "planner", "--all").output == "2 approved, 2 recorded\n"
    assert sql("select count(*) from core.unit_results") == [(2,)]


def test_the_result_of_a_proposal_can_be_changed_before_it_is_recorded(etl, propose, sql):
    propose(FIRST, UNIT, "failed")
    propose(FIRST, OTHER, "passed")

    etl("review", "adjust", FIRST, UNIT, "failed", "--result", "passed", "--finished-on", "2026-09-25")
    etl("review", "adjust", FIRST, OTHER, "passed", "--result", "started")
    assert [(row["status"], row["state"]) for row in listed(etl("review", "list"))] == [
        ("started", "adjusted"),
        ("passed", "adjusted"),
    ]

    etl("review", "approve", "--by", "planner", "--enrolment", FIRST)
    recorded = "select unit_code, status, cast(finished_on as text) from core.unit_results order by unit_code"
    assert sql(recorded) == [(OTHER, "started", None), (UNIT, "passed", "2026-09-25")]


def test_a_started_result_becomes_passed_only_with_a_finish(etl, propose):
    propose(FIRST, UNIT, "started")

    refused = etl("review", "adjust", FIRST, UNIT, "started", "--result", "passed")
    done = etl(
        "review", "adjust", FIRST, UNIT, "started", "--result", "passed", "--finished-on", "2026-09-25"
    )

    assert isinstance(refused.exception, InvalidInput)
    assert done.exit_code == 0


def test_an_adjustment_of_nothing_is_refused(etl, propose):
    propose(FIRST, UNIT, "started")

    assert isinstance(etl("review", "adjust", FIRST, UNIT, "started").exception, InvalidInput)
