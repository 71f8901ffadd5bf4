"""The sample's administration in the warehouse, and its new enrolments on their way to the recorded Moodle."""

from functools import partial

import pytest
from sqlalchemy import text

from etl.connectors.moodle import flow
from etl.connectors.moodle.writing import flow as writing
from etl.demo import administration, books
from etl.engine.options import Options
from etl.errors import GiveUp
from etl.sandbox.server import serve
from tests.conformance.stand_in import columns, golden
from tests.fixtures.nights import moodle_connection

TRANSFERS = ("moodle_enrolments", "sample.csv")


def read(engine, statement):
    with engine.connect() as session:
        return [tuple(row) for row in session.execute(text(statement))]


def transfers(engine):
    statement = f"select {columns(*TRANSFERS)} from mart.moodle_enrolments where occurrence_code = 'OCC-1004'"
    return {tuple(value or "" for value in row) for row in read(engine, statement)}


def held(sandbox):
    """Moodle's own books, as the golden file has them."""
    return {
        tuple(map(str, (row["courseid"], row["userid"], row["suspended"], row["timestart"])))
        for row in sandbox.moodle.site.books.shown()["enrolments"]
    }


def day(engine, url, sandbox):
    """What a day of the demo does with Moodle."""
    connect = partial(moodle_connection, sandbox.url)
    flow.run(engine, connect, Options(courses=frozenset({"5"})))
    assert writing.run(engine, connect, Options())[1] == "success"
    administration.withdraw(url)
    assert writing.run(engine, connect, Options())[1] == "success"


def agree(url, sandbox):
    [enrolments] = [found for found in books.read(sandbox.url, url) if found.system == "Moodle"]
    return enrolments.disagreements(), str(enrolments)


@pytest.mark.long
def test_the_sample_s_new_enrolments_stand_in_moodle_as_worked_out_by_hand_also_on_the_next_day(
    warehouse, engine, tmp_path
):
    administration.prepare_warehouse(warehouse)
    for calls in ({"core_user_create_users": 1, "enrol_manual_enrol_users": 4}, {}):
        with serve(state_dir=tmp_path) as sandbox:
            day(engine, warehouse, sandbox)
            assert transfers(engine) == golden(*TRANSFERS)
            assert held(sandbox) == golden("moodle_enrolments", "sample_books.csv")
            assert len(sandbox.moodle.site.books.mailed) == 1
            assert agree(warehouse, sandbox) == ([], "3 enrolments in Moodle")
            made = sandbox.counters.of("moodle")
            assert {name: made[name] for name in made if "create" in name or "enrol_manual" in name} == calls


def execute(engine, statement):
    with engine.begin() as session:
        session.execute(text(statement))


def test_reference_data_that_is_there_is_left_alone(warehouse, engine):
    administration.prepare_warehouse(warehouse)
    execute(engine, "update core.sources set timezone = 'Europe/Stockholm'")
    administration.prepare_warehouse(warehouse)
    administration.withdraw(warehouse)
    administration.withdraw(warehouse)
    assert read(engine, "select distinct timezone from core.sources") == [("Europe/Stockholm",)]


def test_a_given_warehouse_with_other_data_is_refused(warehouse, engine, monkeypatch):
    administration.prepare_warehouse(warehouse)
    execute(engine, "insert into core.clients (client_code, surname) values ('REAL-1', 'Real')")
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    with pytest.raises(GiveUp, match="holds other data than the sample"):
        administration.prepare_warehouse(warehouse)
