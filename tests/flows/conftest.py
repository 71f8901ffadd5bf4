"""Fixtures of the flows: the sandbox over HTTP, and a warehouse that holds the sample reference set."""

import multiprocessing
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

from etl import db
from etl.connections import Connection
from etl.flows import moodle_results
from etl.flows.options import Options
from etl.reference.importing import import_set
from etl.sandbox import accounts
from etl.sandbox.server import serve

SAMPLE = Path(accounts.__file__).parent / "data" / "reference"


@pytest.fixture
def sandbox():
    with serve() as running:
        yield running


@pytest.fixture
def engine(warehouse):
    engine = db.engine(warehouse)
    import_set(engine, SAMPLE)
    yield engine
    engine.dispose()


@pytest.fixture
def connect(sandbox):
    def connect(conn_id):
        if conn_id == "infocaption_main":
            return infocaption_connection(sandbox.url)
        host = f"{sandbox.url}/moodle"
        extra = {"wait_limit": 0}  # a site that says "later" is not waited for
        return Connection(conn_id, "moodle", host=host, password=accounts.MOODLE_TOKEN, extra=extra)

    return connect


def infocaption_connection(url, **mapping):
    """The sandbox's InfoCaption; so small a page that the largest course has three."""
    return Connection(
        "infocaption_main",
        "infocaption",
        host=f"{url}/infocaption",
        login=accounts.INFOCAPTION_ID,
        password=accounts.INFOCAPTION_SECRET,
        extra={"wait_limit": 0, "mapping": {"page_size": 10, **mapping}},
    )


@pytest.fixture
def read(engine):
    """Rows of a statement as a DataFrame."""

    def read(statement):
        with engine.connect() as connection:
            return pd.read_sql(text(statement), connection)

    return read


@pytest.fixture
def write(engine):
    """A function that runs a statement which changes the warehouse."""

    def write(statement):
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)

    return write


@pytest.fixture
def night(engine, connect):
    """A night of Moodle; returns the run's id and status."""

    def night(**options):
        return moodle_results.run(engine, connect, Options(**options))

    return night


@pytest.fixture
def calls(sandbox):
    """A function that tells how often each function of Moodle was called since it was asked last."""

    def calls():
        counted = sandbox.counters.of("moodle")
        sandbox.counters.reset()
        return {name.rsplit("_get_", 1)[-1]: number for name, number in counted.items()}

    return calls


@pytest.fixture
def listed(read):
    """A function that reads the keys of the open rejections with a reason code."""

    def listed(reason):
        found = read(
            f"select record_key from mart.rejections where reason_code = '{reason}' and resolved_at is null"
            " order by 1"
        )
        return found["record_key"].tolist()

    return listed


@pytest.fixture
def unit(read):
    """A function that reads status, start and finish of a unit of an enrolment; None where there is no result."""

    def unit(enrolment, code):
        found = read(
            "select status, started_on::text, finished_on::text from mart.unit_results"
            f" where enrolment_code = '{enrolment}' and unit_code = '{code}'"
        )
        return tuple(found.iloc[0]) if len(found) else None

    return unit


@pytest.fixture
def troubled(read):
    """A function that reads what a run met: scope and code of each step with a problem."""

    def troubled(run_id):
        found = read(
            f"select scope, problem_code from ops.run_steps where run_id = '{run_id}'"
            " and problem_code is not null order by 1"
        )
        return [tuple(row) for row in found.to_numpy()]

    return troubled


@pytest.fixture
def results(read):
    """A function that reads the result tables, without what tells one night from another."""
    tables = ["unit_results", "course_completions", "enrolment_completions"]

    def results():
        return {
            table: as_text(read(f"select * from core.{table}").drop(columns=["run_id", "recorded_at"]))
            for table in tables
        }

    return results


@pytest.fixture(scope="session")
def processes():
    """Processes that start with everything imported and share no thread or connection with this one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["etl.flows.moodle_results", "etl.flows.infocaption_competences"])
    return context


@pytest.fixture(scope="module")
def undisturbed():
    """The rows of an undisturbed night, remembered by the first test that sees one."""
    return {}


def as_text(frame):
    """The rows of a frame as a set of tuples of text."""
    return {tuple("" if pd.isna(value) else str(value) for value in row) for row in frame.to_numpy()}
