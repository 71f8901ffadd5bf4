"""A connection to the sandbox's ILIAS, and a training administration that is told what is completed there."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from etl.connections import Connection
from etl.connectors.coachview import flow as coachview
from etl.connectors.ilias import flow
from etl.connectors.ilias.client import IliasClient
from etl.engine.options import Options
from etl.sandbox import accounts

REPORTED = """
select
    person_id, course_id, to_char(completed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), completed_on, grade,
    cast(presence as text), cast(passed as text)
from core.reported_completions
where integration = 'ilias_main'
"""
WAITING = """
select flow, record_key, reason_code
from mart.rejections
where source = 'ilias_main' and flow like 'ilias%' and resolved_at is null
"""


def connection_to(url, **extra):
    """The account of the sandbox at a site."""
    settings = {"client": accounts.ILIAS_CLIENT, "tests": {"71": "85"}, "wait_limit": 0}
    return Connection(
        "ilias_main",
        "ilias",
        host=url,
        login=accounts.ILIAS_USER,
        password=accounts.ILIAS_PASSWORD,
        extra=settings | extra,
    )


@pytest.fixture
def ilias(sandbox):
    """The stand-in itself."""
    return sandbox.ilias


@pytest.fixture
def connection(sandbox):
    return connection_to(f"{sandbox.url}/ilias")


@pytest.fixture
def client_of(connection):
    """A function that makes a client, of a connection with other fields."""
    made = []

    def client_of(extra=None, **fields):
        settings = dict(connection.extra) | (extra or {})
        made.append(IliasClient(replace(connection, extra=settings, **fields)))
        return made[-1]

    yield client_of
    for client in made:
        client.close()


class School:
    """The sample's training administration, its ILIAS, and runs of the flow."""

    def __init__(self, engine, sandbox, connection):
        self.engine = engine
        self.sandbox = sandbox
        self.ilias = sandbox.ilias
        self.connection = connection

    def poll(self, **options):
        """Poll; returns the run's id and status."""
        return flow.run(self.engine, lambda _: self.connection, Options(**options))

    def register(self):
        """Let the registrations follow."""
        return coachview.run(self.engine, None, Options())

    def rows(self, statement):
        with self.engine.connect() as session:
            found = session.execute(text(statement)).all()
        return {tuple("" if one is None else str(one) for one in row) for row in found}

    def change(self, statement):
        with self.engine.begin() as session:
            session.exec_driver_sql(statement)

    def reported(self):
        return self.rows(REPORTED)

    def waiting(self):
        return self.rows(WAITING)

    def steps(self, run_id):
        return self.rows(
            "select step, scope, read, written, unchanged, rejected, ignored, coalesce(problem_code, '')"
            f" from ops.run_steps where run_id = '{run_id}'"
        )

    def calls(self):
        return self.sandbox.counters.of("ilias")


@pytest.fixture
def template(sample_template):
    return sample_template


@pytest.fixture
def school(engine, sandbox, connection):
    return School(engine, sandbox, connection)
