"""A person who is erased is nowhere any more, does not come back, and nobody else notices."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from etl.connectors.moodle import flow as moodle_results
from etl.connectors.registry import readers
from etl.engine.options import Options
from etl.errors import InvalidInput
from etl.load import landing, runs
from etl.reference import checking
from etl.results import erase
from etl.results.person_tables import HELD
from tests.fixtures.warehouse import SAMPLE

pytestmark = pytest.mark.long

NOBODY = {
    "what courses, units and settings are": (
        "core.accreditations core.activities core.activity_links core.competence_links core.competences"
        " core.course_link_history core.course_links core.course_readings core.courses core.excluded_tests"
        " core.integrations core.moodle_course_links core.moodle_writing core.occurrences core.profession_groups"
        " core.school_links core.sources core.training_parts core.trainings core.units"
    ),
    "how runs went: counts, and hashes over what they read": (
        "ops.coachview_calls ops.coachview_reading ops.derivations ops.derived_courses ops.ilias_polls"
        " ops.moodle_courses ops.moodle_held_back ops.reference_version ops.run_attempts ops.run_steps ops.runs"
        " ops.schema_migrations ops.views_applied raw.drop_files core.uwlr_messages ops.link_log"
        " ops.competence_groups ops.competences_changed"
    ),
    "reasons, for everybody": "ops.stated_reasons",
    "who works here, and their keys": "ops.account_pauses ops.link_codes",
    "the erasures themselves": "ops.erasures ops.erased ops.erasure_key ops.erasure_requests",
    "written again by etl.results.erase_bodies": "raw.bodies raw.dictionaries raw.landings",
}


@pytest.fixture
def template(sample_template):
    return sample_template


def tables(session):
    found = session.execute(
        text(
            "select table_schema || '.' || table_name from information_schema.tables where table_type = 'BASE TABLE'"
            " and table_schema in ('raw', 'core', 'ops') order by 1"
        )
    )
    return [row[0] for row in found]


def dump(engine):
    """Every row of every table as text, bodies as they came."""
    with engine.connect() as session:
        rows = {
            name: [row[0] for row in session.execute(text(f"select held::text from {name} as held"))]
            for name in tables(session)
            if name not in ("raw.bodies", "raw.inbox", "raw.dictionaries")
        }
        landings = session.execute(text("select landing_id from raw.landings")).scalars().all()
        rows["raw.bodies"] = [one.body.decode() for one in landing.read(session, landings)]
        made = session.execute(text("select dictionary from raw.dictionaries")).scalars().all()
        rows["raw.dictionaries"] = [bytes(one).decode("utf-8", "replace") for one in made]
    return rows


def test_every_table_is_about_people_or_said_not_to_be(engine):
    with engine.connect() as session:
        there = set(tables(session))
    nobody = {name for names in NOBODY.values() for name in names.split()}
    listed = {held.table for held in HELD}
    assert there == nobody | listed
    assert not nobody & listed


@pytest.fixture
def learner(engine, night, read):
    """Somebody of whom a night recorded results: client, account, and the words that tell of them."""
    run_id, _ = night()
    found = read(
        "select client_code, derived.user_id, email, enrolment_code from core.unit_results"
        " join core.enrolments using (enrolment_code) join core.clients using (client_code)"
        " join ops.derived_learners as derived using (client_code)"
        " order by client_code, enrolment_code limit 1"
    ).iloc[0]
    return {**found, "run": run_id, "then": datetime.now(UTC)}


def of_them(rows, learner):
    """Where the words of a person stand."""
    words = [str(learner[name]) for name in ("client_code", "email", "enrolment_code")]
    return sorted(
        {
            (table, word)
            for table, found in rows.items()
            for row in found
            for word in words
            if word.lower() in row.lower()
        }
    )


def cleared(engine, connect, run_id):
    """Every task of a run once more, as when somebody clears them in Airflow."""
    with engine.begin() as session:
        runs.resume(session, run_id)
    for batch in moodle_results.plan(engine, run_id, connect, Options()):
        moodle_results.land(engine, run_id, batch, connect, Options())
        moodle_results.derive(engine, run_id, batch, connect, Options())
    moodle_results.finish(engine, run_id, 0)


def test_nothing_is_left_of_them_and_nothing_brings_them_back(engine, connect, night, learner, read):
    before = dump(engine)
    assert of_them(before, learner)
    proof = erase.erase(engine, learner["client_code"], "ada", "asked for", readers())
    after = dump(engine)
    assert of_them(after, learner) == []
    assert proof.counts["core.clients"] == 1
    assert proof.counts["raw.landings"] > 0
    others = {
        table: [row for row in rows if row not in set(after[table])]
        for table, rows in before.items()
        if table.startswith("core.")
    }
    theirs = [str(learner[name]) for name in ("client_code", "enrolment_code", "user_id")]
    assert all(any(word in row for word in theirs) for rows in others.values() for row in rows)
    run_id, _ = night(full=True)
    night(nights=(learner["then"],))
    cleared(engine, connect, learner["run"])
    again = dump(engine)
    assert of_them(again, learner) == []
    for table in ("core.unit_results", "core.course_completions", "core.enrolments", "core.clients"):
        assert sorted(again[table]) == sorted(after[table])
    notes = read(f"select note from mart.run_steps where run_id = '{run_id}' and note is not null")["note"]
    assert notes.str.startswith("erased_on_request: 1 ").any()


def test_whoever_knows_the_code_can_tell_and_the_code_is_not_imported_again(engine):
    with engine.connect() as session:
        code = session.execute(text("select min(client_code) from core.clients")).scalar_one()
    erase.erase(engine, code, "ada", "asked for", readers(), "page")
    with engine.connect() as session:
        proof = erase.erasure_of(session, code)
        assert erase.erasure_of(session, code + "x") is None
        audit = session.execute(
            text("select who, through, table_name, key, before, after from ops.audit where who = 'ada'")
        ).all()
    assert proof.erased_by == "ada"
    assert json.loads(proof.text())["because"] == "asked for"
    assert {(row.who, row.through, row.table_name) for row in audit} == {("ada", "page", "ops.erasures")}
    assert code not in str(audit)
    wrong = checking.check(SAMPLE, engine)
    assert any("was erased on request" in str(one) for one in wrong)
    erase.lift(engine, code, "ada", "a mistake")
    assert not checking.check(SAMPLE, engine)


def test_nobody_is_erased_while_a_run_is_under_way_or_an_outcome_is_unknown(engine, write):
    write("insert into ops.runs (run_id, flow, status) values ('r', 'moodle_results', 'running')")
    with engine.connect() as session:
        code = session.execute(text("select min(client_code) from core.clients")).scalar_one()
    with pytest.raises(InvalidInput, match="a run of moodle_results is under way"):
        erase.erase(engine, code, "ada", "asked for", readers())
    with pytest.raises(InvalidInput, match="no client of this code"):
        erase.preview(engine, "nobody", readers())
    assert erase.preview(engine, code, readers()).counts["core.clients"] == 1
