"""What is recorded stands: the same rule decides what is derived, merged, proposed and shown."""

from itertools import product

import pandas as pd
import pytest
from sqlalchemy import text

from etl import db
from etl.load.merge import Merged, merge
from etl.results.review import ChosenProposals, decide
from etl.transform.unit_results import RESULT_COLUMNS, stands

STATUSES = ("started", "passed", "failed")
# What is recorded, what comes in, whether a resit is allowed: what is recorded afterwards.
AFTER = {
    ("started", "started", False): "started",
    ("started", "passed", False): "passed",
    ("started", "failed", False): "failed",
    ("passed", "started", False): "passed",
    ("passed", "passed", False): "passed",
    ("passed", "failed", False): "passed",
    ("failed", "started", False): "failed",
    ("failed", "passed", False): "failed",
    ("failed", "failed", False): "failed",
    ("started", "started", True): "started",
    ("started", "passed", True): "passed",
    ("started", "failed", True): "failed",
    ("passed", "started", True): "passed",
    ("passed", "passed", True): "passed",
    ("passed", "failed", True): "passed",
    ("failed", "started", True): "failed",
    ("failed", "passed", True): "passed",
    ("failed", "failed", True): "failed",
}
CASES = list(product(STATUSES, STATUSES, (False, True)))
PLACE = """
insert into core.sources (source, system, connection_id, timezone, allow_resit, review)
values ('site', 'moodle', 'site', 'Europe/Amsterdam', {resit}, 'required');
insert into core.units (unit_code, kind, name) values ('U', 'unit', 'U');
insert into core.occurrences (occurrence_code, name, status) values ('O', 'O', 'active');
insert into core.clients (client_code) values ('C');
insert into core.enrolments (enrolment_code, client_code, occurrence_code, status) values ('E', 'C', 'O', 'active');
"""
HELD = """
insert into core.unit_results (enrolment_code, unit_code, source, status, started_on, finished_on, run_id)
values ('E', 'U', 'site', '{0}', '2026-09-01', {1}, 'before');
"""
ADMINISTERED = """
insert into core.recorded_results (enrolment_code, unit_code, status, started_on, finished_on)
values ('E', 'U', '{0}', '2026-09-01', {1});
"""
PROPOSED = HELD.replace("core.unit_results", "core.proposed_results").replace("'before'", "'now'")


def finish(status):
    return "null" if status == "started" else "date '2026-09-20'"


@pytest.fixture
def template(migrated_template):
    """The warehouse holds what a test puts there."""
    return migrated_template


@pytest.fixture
def fill(engine):
    """A function that runs statements, each with a status."""

    def fill(resit, *given):
        with engine.begin() as session:
            session.execute(text(PLACE.format(resit=resit)))
            for statement, status in given:
                session.execute(text(statement.format(status, finish(status))))

    return fill


@pytest.fixture
def now(engine):
    """The status that is recorded here, and the one that is shown."""

    def now(table="core.unit_results"):
        with engine.connect() as session:
            return session.execute(text(f"select status from {table}")).scalars().all()

    return now


def changes(held, result, resit):
    """Whether what comes in is recorded; a started unit starts once."""
    return AFTER[held, result, resit] != held


def test_every_case_is_told():
    assert set(AFTER) == set(CASES)


def test_what_is_derived_and_what_is_merged_follow_the_same_rule(engine):
    for held, result, resit in CASES:
        row = pd.DataFrame({"held": [held], "status": [result]})
        with engine.connect() as session:
            guarded = session.execute(
                text("select core.stands(:held, :result, :resit)"), locals_of(held, result, resit)
            )
            assert guarded.scalar_one() is not changes(held, result, resit)
        assert stands(row, resit).tolist() == [not changes(held, result, resit)]


def locals_of(held, result, resit):
    return {"held": held, "result": result, "resit": resit}


@pytest.mark.parametrize(("held", "result", "resit"), CASES)
def test_a_result_that_comes_in_is_merged_by_it(engine, fill, now, held, result, resit):
    fill(resit, (HELD, held))
    finished = None if result == "started" else "2026-09-20"
    row = pd.DataFrame([("E", "U", result, "2026-09-10", finished, 75.0)], columns=RESULT_COLUMNS)
    given = {"source": "site", "run_id": "now", "allow_resit": resit}
    with engine.begin() as session:
        merge(session, "core.unit_results", row, "results/recording.unit_results", **given)
    assert now() == [AFTER[held, result, resit]]


PUT_IN = {
    "core.unit_results": "results/recording.unit_results",
    "core.proposed_results": "results/recording.proposed_results",
}
THROW_AWAY = """
create function core.thrown_away() returns trigger language plpgsql as 'begin return null; end';
create trigger thrown_away before insert or update on {0} for each row execute function core.thrown_away();
"""


@pytest.mark.parametrize("table", PUT_IN)
@pytest.mark.parametrize("there", [True, False])
def test_a_row_that_the_database_throws_away_is_not_counted_as_unchanged(engine, fill, table, there):
    row = pd.DataFrame([("E", "U", "passed", "2026-09-10", "2026-09-20", 75.0)], columns=RESULT_COLUMNS)
    # In each table something of the same key that the row replaces.
    held = {"core.unit_results": (HELD, "started"), "core.proposed_results": (PROPOSED, "passed")}
    fill(False, *([held[table]] if there else []), (THROW_AWAY.replace("{0}", table), ""))
    given = {"source": "site", "run_id": "now", "allow_resit": False}
    with engine.begin() as session:
        assert merge(session, table, row, PUT_IN[table], **given) == Merged(written=0, unchanged=0)


@pytest.mark.parametrize(("held", "result", "resit"), CASES)
def test_a_proposal_is_possible_and_recorded_by_it(engine, fill, now, held, result, resit):
    fill(resit, (HELD, held), (PROPOSED, result))
    possible = changes(held, result, resit)
    with engine.connect() as session:
        [shown] = db.rows(session, "results/proposals.open", source=None, enrolment_code=None, unit_code=None)
    assert (shown["state"], shown["reason_code"]) == (
        ("ready", None) if possible else ("not_possible", "result_stands")
    )
    done = decide(engine, ChosenProposals(), "approved", "somebody")
    assert (done.decided, done.recorded) == (int(possible), int(possible))
    assert now() == [AFTER[held, result, resit]]


@pytest.mark.parametrize(("held", "result", "resit"), CASES)
def test_what_the_administration_holds_is_shown_by_it_except_that_started_gives_way(
    fill, now, held, result, resit
):
    fill(resit, (ADMINISTERED, held), (HELD, result))
    assert now("mart.unit_results") == [AFTER[held, result, resit]]
