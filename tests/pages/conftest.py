"""The pages over a warehouse of one night, with a visitor that a test chooses."""

import pandas as pd
import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from etl import db
from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options
from etl.load import rejections, runs
from etl.load.runs import Counts
from etl.pages.app import PATH, create
from etl.pages.host import PagesHost, Right, Visitor
from etl.sandbox.server import serve
from tests.fixtures.nights import moodle_connection
from tests.fixtures.warehouse import copy_of

SECRET = "of these tests"
SOURCE = "insert into core.sources (source, system, connection_id, timezone) values ('main', 'moodle', 'moodle', 'UTC')"
# Sources, clients and their enrolments, of which some are withdrawn, closed or both.
PEOPLE = """
insert into core.sources (source, system, connection_id, timezone, review, allow_resit)
values
('main', 'moodle', 'main', 'Europe/Amsterdam', 'required', false),
('again', 'moodle', 'again', 'Europe/Amsterdam', 'required', true);
insert into core.clients (client_code, given_name) select 'C' || n, 'Given' from generate_series(100, 199) as n;
insert into core.occurrences (occurrence_code, name, status)
select 'OCC-' || n, 'Some', 'active' from generate_series(100, 102) as n;
insert into core.units (unit_code, kind, name) values ('U1', 'unit', 'One'), ('U2', 'unit', 'Two');
insert into core.courses (source, source_course_id, name, visible) values ('main', '7', 'Seven', true);
insert into core.course_links (occurrence_code, source, source_course_id) values ('OCC-101', 'main', '7');
insert into core.enrolments (enrolment_code, client_code, occurrence_code, status, closed_at)
select
    'E' || n,
    'C' || n,
    'OCC-' || 100 + n % 3,
    case when n % 7 = 0 then 'withdrawn' else 'active' end,
    case when n % 11 = 0 then now() end
from generate_series(100, 199) as n;
"""


@pytest.fixture(scope="package")
def night_template(postgres_url, sample_template):
    """A warehouse of the sample reference set after a night of Moodle."""
    with copy_of(postgres_url, sample_template) as url:
        engine = db.engine(url)
        with serve() as sandbox:
            moodle_results.run(engine, lambda conn_id: moodle_connection(sandbox.url, conn_id), Options())
        engine.dispose()  # a database that is in use cannot be copied
        yield engine.url.database


@pytest.fixture
def night(engine):
    """A night in which one course could not be read, and 250 rows were rejected; returns its run id."""
    with engine.begin() as session:
        run_id = runs.open_run(session, "moodle_results", "scheduled__1", {})
        runs.record_step(session, run_id, "land", "main/2", Counts(calls=3, bytes=1200))
        runs.record_step(
            session, run_id, "land", "main/3", Counts(calls=1), "access_denied", "No <access> to 3"
        )
        runs.record_step(session, run_id, "derive", "main/2", Counts(1250, 1000, 0, 250, 0))
        rows = [["2", "learner", f"2/{one}", "unmatched_learner", "Nobody matches."] for one in range(249)]
        rows.append(["2", "learner", "=2", "needs_graded_date", "No <date>."])
        frame = pd.DataFrame(rows, columns=rejections.COLUMNS)
        rejections.replace(session, run_id, "moodle_results", "main", ["2"], frame)
        runs.close_run(session, run_id)
    return run_id


@pytest.fixture
def browse(engine):
    """A browser of somebody with these rights; ``host``: what else the pages are served with."""

    def browse(*rights, **host):
        visitor = Visitor("somebody", frozenset(rights))
        pages = create(PagesHost(lambda: visitor, lambda: engine, SECRET, **host))
        app = Starlette(routes=[Mount(PATH, pages)])
        return TestClient(app, f"http://etl.test{PATH}")

    return browse


@pytest.fixture
def op(browse):
    """A browser of somebody who may do everything."""
    return browse(*Right)


@pytest.fixture
def held(engine):
    """A function that reads rows of the warehouse."""

    def held(statement):
        with engine.connect() as session:
            return [tuple(row) for row in session.execute(text(statement))]

    return held


@pytest.fixture
def people(engine):
    """A hundred clients, each with an enrolment in one of three occurrences."""
    with engine.begin() as session:
        session.execute(text(PEOPLE))
