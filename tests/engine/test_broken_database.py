"""When the database refuses rows, nothing of a row reaches an error, a log or the report of the run."""

import pandas as pd
import pytest
from sqlalchemy import text

from etl import db
from etl.connectors.infocaption import flow as infocaption_competences
from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options
from etl.errors import DatabaseFault
from etl.load import landing
from etl.reference.importing import import_set
from tests.fixtures.broken_database import refuse_rows, told
from tests.fixtures.planted import alone
from tests.fixtures.warehouse import SAMPLE

pytestmark = pytest.mark.long


FLOWS = {moodle_results: ["core.courses", "core.unit_results", "core.course_completions", "ops.rejections"],
         infocaption_competences: ["core.course_passes", "core.earned_competences", "raw.landings"]}  # fmt: skip
TABLES = [(flow, table) for flow, tables in FLOWS.items() for table in tables]


@pytest.fixture
def personal(engine, read):
    """Values of the sample that no log may hold: names, addresses and numbers of people."""
    people = read("select given_name, surname, username, email from core.clients")
    numbers = read("select value from core.client_numbers")
    values = {str(value) for frame in (people, numbers) for value in frame.to_numpy().ravel() if value}
    return {value for value in values if len(value) > 5}


@pytest.mark.parametrize(("flow", "table"), TABLES, ids=[table for _, table in TABLES])
def test_a_night_that_the_database_breaks_tells_nothing_of_a_person(
    engine, connect, read, caplog, personal, flow, table
):
    refuse_rows(engine, table)

    text = told(caplog, lambda: flow.run(engine, connect, Options()))

    assert f"CheckViolation (23514, table {table}, constraint broken)" in text
    text += read("select * from ops.runs").to_csv() + read("select * from ops.run_steps").to_csv()
    assert alone(personal, text) == []
    assert "Failing row" not in text


def test_an_import_that_the_database_breaks_tells_nothing_of_a_person(engine, caplog, personal):
    with engine.begin() as session:
        session.exec_driver_sql("update core.clients set surname = 'other'")
    refuse_rows(engine, "core.clients")

    text = told(caplog, lambda: import_set(engine, SAMPLE))

    assert "CheckViolation (23514, table core.clients, constraint broken)" in text
    assert alone(personal, text) == []


def test_a_statement_with_parameters_that_fails_tells_none_of_them(engine, caplog):
    insert = text("insert into core.clients (client_code, surname) values (:code, :name)")

    def twice():
        with engine.begin() as session:
            for _ in range(2):
                session.execute(insert, {"code": "C-planted", "name": "Planted-Name"})

    found = told(caplog, twice)

    assert "UniqueViolation (23505, table core.clients, constraint clients_pkey)" in found
    assert "lanted" not in found.replace('"C-planted"', "").replace(
        '"Planted-Name"', ""
    )  # this file, in the trace


def test_what_goes_to_the_driver_directly_fails_the_same_way(engine, caplog):
    answers = [landing.Answer("2", "users", "planted-key", b"{}")]

    def land():
        with engine.begin() as session:
            landing.land(session, "no-such-run", "main", answers)

    assert "planted" not in told(caplog, land).replace('"planted-key"', "")
    with pytest.raises(DatabaseFault, match=r"ForeignKeyViolation \(23503, table raw\.landings"):
        land()


def test_a_frame_with_values_of_several_types_is_refused_without_showing_them(engine, caplog):
    frame = pd.DataFrame({"client_code": ["C1", 5, b"planted-bytes"]})

    def copy():
        with engine.begin() as session:
            db.copy(session, "core.clients", frame)

    found = told(caplog, copy)
    assert "core.clients: a column has values of several types" in found
    assert "planted" not in found.replace('b"planted-bytes"', "")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql://u:sec-ret@127.0.0.1:1/w", "nothing answers there: start the server"),
        ("postgresql://u:sec-ret@no-such-host.invalid/w", "there is no such host"),
        ("postgresql://u:sec-ret@/w?host=/no/such/folder", "no server runs on that socket"),
    ],
)
def test_a_warehouse_that_cannot_be_reached_is_one_sentence_with_what_to_do(address, words):
    with pytest.raises(DatabaseFault, match=words) as raised:
        db.engine(address).connect()
    assert "sec-ret" not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("user", "database", "words"),
    [
        ("nobody", "postgres", "it does not know the user"),
        ("postgres", "no_such", "there is none of this name"),
    ],
)
def test_a_login_or_database_that_is_not_there_is_named_as_such(postgres_url, user, database, words):
    address = postgres_url.replace("//postgres@/postgres?", f"//{user}@/{database}?")
    with pytest.raises(DatabaseFault, match=words):
        db.engine(address).connect()
