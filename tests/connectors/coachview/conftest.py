"""A training administration in the warehouse of the sample, and runs of the flow."""

from dataclasses import replace

import pytest

from etl.connections import Connection
from etl.connectors.coachview import flow, push
from etl.engine.options import Options
from etl.errors import ConnectionMissing
from etl.load.report import read_report
from etl.sandbox import accounts
from tests.connectors.coachview import requests
from tests.connectors.coachview.reading import Reading
from tests.connectors.coachview.requests import INTEGRATIONS, report


@pytest.fixture
def template(sample_template):
    return sample_template


@pytest.fixture
def register(engine):
    """A function that runs the flow on a training administration; returns the run's id and status."""
    requests.fill(engine)

    def register(**options):
        return flow.run(engine, None, Options(**options))

    return register


@pytest.fixture
def effects(read):
    """A function that reads the six effects on a part of a request, as text; None: nothing is registered."""

    def effects(request, part):
        found = read(
            "select concat_ws(' ', coalesce(cast(result as text), '-'), presence, passed, finished, approved,"
            f" approved_on) as row from mart.registrations where request_code = '{request}' and part_code = '{part}'"
        )
        return found["row"].iloc[0] if len(found) else None

    return effects


class School:
    """A Coachview with its connection, and runs of the push."""

    def __init__(self, engine, sandbox):
        self.engine = engine
        self.sandbox = sandbox
        self.coachview = sandbox.coachview
        self.books = self.coachview.books
        self.connection = Connection(
            "coachview",
            "coachview",
            host=f"{sandbox.url}/coachview",
            login=accounts.COACHVIEW_ID,
            password=accounts.COACHVIEW_SECRET,
            extra={
                "push": True,
                "plugin": accounts.COACHVIEW_PLUGIN,
                "webhook_secret": accounts.COACHVIEW_WEBHOOK_SECRET,
                "wait_limit": 0,
            },
        )

    def changed(self, **extra):
        """The connection with other settings."""
        self.connection = replace(self.connection, extra={**self.connection.extra, **extra})

    def night(self, **options):
        """A run of the push; its status."""
        self.run_id, status = push.run(self.engine, self.connect, Options(**options))
        return status

    def connect(self, conn_id):
        """The connection, where there is one."""
        if self.connection is None:
            raise ConnectionMissing(f"connection {conn_id} is not defined")
        return self.connection

    def report(self):
        """The report of the last run."""
        return read_report(self.engine, self.run_id).runs[0]

    def notes(self):
        """What the report of the last run says besides."""
        return [one.note for one in self.report().notes]

    def shown(self):
        """What Coachview has of each part: result, presence, passed, approved since."""
        return {
            (row["opleidingsvraagId"], row["opleidingsonderdeelId"]): (
                row["resultaat"], row["aanwezig"], row["geslaagd"], row["datumAkkoord"]
            )
            for row in self.books.rows()
            if row["afgerond"]
        }  # fmt: skip


@pytest.fixture
def school(engine, sandbox):
    """Two learners of one course, who completed it, and are enrolled in Coachview."""
    requests.fill(engine)
    made = School(engine, sandbox)
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-02", grade=8, presence=True, passed=True)
    report(engine, "studio", "X-1002", "VCA-1", "2026-03-03")
    flow.run(engine, None, Options())
    made.books.enrol("R1", "T1-THEORY", "X-1001", "VCA-1")
    made.books.enrol("R2", "T1-THEORY", "X-1002", "VCA-1")
    return made


@pytest.fixture
def site(engine, sandbox, read, write, school):
    """One training with an e-learning part, asked for by two persons, of whom one has finished it."""
    write(INTEGRATIONS)
    made = Reading(school, read)
    made.lists.training("t1")
    made.lists.training("t2", name="Without e-learning")
    made.lists.part("a1", "t1", 21)
    made.lists.part("a2", "t1", None, environment=None, name="In a classroom")
    made.lists.part("a3", "t2", " ", environment=None)
    made.lists.person("p1", "X-1")
    made.lists.person("p2")
    made.lists.request("r1", "t1", "p1")
    made.lists.request("r2", "t1", "p2", status="Geannuleerd")
    made.lists.request("r3", "t2", "p2")
    made.lists.request("r4", None, "p2")
    made.lists.done(
        "r1", "a1", afgerond=True, akkoord=True, datumAkkoord="2026-03-02T00:00:00", resultaat="8,5"
    )
    made.lists.done("r2", "a1", afgerond=False, akkoord=None, resultaat=None)
    made.lists.done("r1", "a2", afgerond=True)
    return made
