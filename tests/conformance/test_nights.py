"""What a night of any connector leaves: the golden result, once, whatever fails on the way."""

import pytest
from sqlalchemy import text

from tests.conformance.nights import deliver, night, work
from tests.conformance.stand_in import OPEN
from tests.conformance.stand_ins import played

STEPS = (
    "select scope, problem_code, read, written, unchanged, rejected, ignored from ops.run_steps"
    " where run_id = :run"
)
TABLES = "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'core' order by 1"
EVERY_TABLE = """
select format('%I.%I', n.nspname, c.relname), exists (
    select from pg_attribute a where a.attrelid = c.oid and a.attname = 'run_id' and not a.attisdropped
)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
order by 1
"""
LISTED = "select record_key from mart.rejections where resolved_at is null"
# What a run says of itself: that it was, what it did and what it was answered.
OF_A_RUN = {"ops.runs", "ops.run_attempts", "ops.run_steps", "ops.coachview_calls", "raw.landings"}

pytestmark = pytest.mark.long  # what each connector does of it is in the quick tests of the connector


def steps(stand_in, run_id):
    with stand_in.engine.connect() as session:
        return session.execute(text(STEPS), {"run": run_id}).all()


def core(stand_in):
    """Every row of the warehouse's facts, with its table."""
    tables = [table for (table,) in stand_in.rows(TABLES)]
    return {(table, *row) for table in tables for row in stand_in.rows(f"select * from {table}")}


def versions(stand_in):
    """Every version of every row of the warehouse, by where it lies: table, run, place, transaction."""
    found = set()
    for table, of_a_run in stand_in.rows(EVERY_TABLE):
        run = "run_id" if of_a_run == "True" else "null"
        found |= {(table, *row) for row in stand_in.rows(f"select {run}, ctid, xmin from {table}")}
    return found


def settled(outcome):
    """What is there for good."""
    return {name: rows for name, rows in outcome.items() if name != OPEN}


def test_a_night_leaves_what_was_worked_out_by_hand_and_counts_every_row_as_one_thing(stand_in):
    assert all(stand_in.golden().values())
    run_id, status = night(stand_in)
    assert (status, stand_in.outcome()) == ("success", stand_in.golden())
    counted = steps(stand_in, run_id)
    assert sum(step.read for step in counted) > 0
    for step in counted:
        assert step.read == step.written + step.unchanged + step.rejected + step.ignored, step


def test_a_second_night_writes_nothing_and_a_third_touches_no_row_but_those_of_its_own_run(stand_in):
    night(stand_in)
    before = core(stand_in)
    run_id, status = night(stand_in)
    assert (status, sum(step.written for step in steps(stand_in, run_id))) == ("success", 0)
    assert stand_in.outcome() == stand_in.golden()
    assert before - core(stand_in) == set()
    deliver(stand_in)
    before = versions(stand_in)
    run_id, _ = work(stand_in)
    after = versions(stand_in)
    assert before - after == set()
    assert {table for table, run, *_ in after - before if (table in OF_A_RUN, run) != (True, run_id)} == set()


def test_what_fails_alone_is_named_and_stops_no_other(stand_in):
    stand_in.break_one()
    run_id, status = night(stand_in)
    named = {step.scope for step in steps(stand_in, run_id) if step.problem_code}
    assert (status, named) == ("incomplete", {stand_in.broken})
    done = settled(stand_in.outcome())
    assert any(done.values())
    assert all(rows <= stand_in.golden()[name] for name, rows in done.items())
    stand_in.mend()
    assert (night(stand_in)[1], stand_in.outcome()) == ("success", stand_in.golden())


def with_each(name):
    """Each stand-in with each of what it names so; all but the first of each with the long tests."""
    return [
        pytest.param(
            *one.values, each, id=f"{one.id}-{each}", marks=[*one.marks, *[pytest.mark.long] * bool(place)]
        )
        for one in played()
        for place, each in enumerate(getattr(one.values[0], name))
    ]


def throw_away(stand_in, table):
    """From now on the database takes rows of ``table`` and keeps none, without a word."""
    stand_in.change(
        "create function core.thrown_away() returns trigger language plpgsql as 'begin return null; end'"
    )
    stand_in.change(
        f"create trigger thrown_away before insert on {table} for each row execute function core.thrown_away()"
    )


@pytest.mark.parametrize(("kind", "table"), with_each("records"), indirect=["kind"])
def test_rows_that_the_database_does_not_keep_make_the_run_incomplete(stand_in, table):
    throw_away(stand_in, table)
    run_id, status = night(stand_in)
    assert status == "incomplete"
    assert "counts_differ" in {step.problem_code for step in steps(stand_in, run_id)}


@pytest.mark.long
@pytest.mark.parametrize(("kind", "damage"), with_each("damages"), indirect=["kind"])
def test_what_cannot_be_understood_is_said_and_nothing_wrong_is_made_of_it(stand_in, damage):
    before = settled(stand_in.outcome())
    stand_in.garble(damage)
    refused = [answer for answer in deliver(stand_in) if answer.status >= 400]
    run_id, _ = work(stand_in)
    listed = [step for step in steps(stand_in, run_id) if step.problem_code or step.rejected]
    assert refused or listed or stand_in.rows(LISTED)
    made = settled(stand_in.outcome())
    assert all(rows - before[name] <= stand_in.golden()[name] for name, rows in made.items())
    stand_in.mend()
    if night(stand_in)[1] != "success":
        stand_in.decide()
    assert (night(stand_in)[1], stand_in.outcome()) == ("success", stand_in.golden())
