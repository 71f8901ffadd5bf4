"""A small warehouse with people, accreditations and results, and the sandbox's PE-Online across the table."""

from dataclasses import dataclass

from sqlalchemy import Engine, text

from etl.connections import Connection
from etl.connectors.pe_online import flow, points
from etl.engine import ledger
from etl.engine.ledger import ChosenItems
from etl.engine.options import Options
from etl.sandbox import accounts
from etl.sandbox.pe_online.ledger import BookedCourse
from etl.sandbox.pe_online.system import PATH
from etl.sandbox.server import Sandbox

ORG, COURSE, PASSED = 52, 700001, "2026-09-25T15:13:20Z"
SCHEME = {52: r"^(\d{6}|\d{11})$", 19: r"^\d{11}$"}


@dataclass
class Site:
    engine: Engine
    sandbox: Sandbox

    def __post_init__(self):
        with self.engine.begin() as session:
            session.execute(
                text(
                    "insert into core.sources (source, system, connection_id, timezone)"
                    " values ('moodle_main', 'moodle', 'moodle_main', 'Europe/Amsterdam')"
                )
            )
        self.group(ORG)

    def sql(self, statement, **values):
        """Run a statement; its rows, if it has any, as tuples."""
        with self.engine.begin() as session:
            result = session.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    def group(self, org):
        self.sql(
            "insert into core.profession_groups values (:o, 'G', true, :s, :p) on conflict do nothing",
            o=org,
            s=f"pe:{org}",
            p=SCHEME[org],
        )

    def accredit(self, course="2", pe_course=COURSE, org=ORG, known=True, **mapping):
        """Accredit a course of ours, at PE-Online as well unless it is not to be known there."""
        columns = {
            "org_id": org,
            "source": "moodle_main",
            "source_course_id": course,
            "valid_from": "2026-01-01",
            "valid_to": "2026-12-31",
            "pe_course_id": None if "external_course_code" in mapping else str(pe_course),
        } | mapping
        self.group(org)
        names = ", ".join(columns)
        self.sql(
            f"insert into core.accreditations ({names}) values ({', '.join(':' + n for n in columns)})",
            **columns,
        )
        if known:
            kind = columns.get("course_type", 2)
            external = mapping.get("external_course_code")
            self.sandbox.ledger.add_course(
                BookedCourse(org, pe_course, "2026-01-01", "2026-12-31", kind, external)
            )

    def person(self, client, number=None, org=ORG, known=True):
        """A client with a relation number (or none), known in the register unless said otherwise."""
        self.sql("insert into core.clients (client_code) values (:c) on conflict do nothing", c=client)
        if number:
            self.number(client, number, org)
            if known:
                self.sandbox.ledger.add_person(org, number)

    def number(self, client, number, org=ORG):
        self.sql(
            "insert into core.client_numbers values (:c, :s, :v)"
            " on conflict (client_code, scheme) do update set value = excluded.value",
            c=client,
            s=f"pe:{org}",
            v=number,
        )

    def passed(self, client, course="2", at=PASSED, passed=True):
        self.sql(
            "insert into core.course_completions values ('moodle_main', :course, :c, :at, null, :passed, 'r')",
            course=course,
            c=client,
            at=at,
            passed=passed,
        )

    def learners(self, count, course="2", org=ORG):
        """Several people who passed the course, each with a number that PE-Online knows."""
        numbers = [f"{52000 + place:06d}" for place in range(1, count + 1)]
        for number in numbers:
            self.person(f"C{number}", number, org)
            self.passed(f"C{number}", course)
        return numbers

    def connection(self, **extra):
        url = f"{self.sandbox.url}/pe{PATH}"
        given = {"mode": "live"} | extra
        key = given.pop("key", accounts.PE_KEY)
        user = given.pop("user", accounts.PE_USER)
        return Connection("pe_online", "pe_online", given.pop("url", url), user, key, extra=given)

    def night(self, **extra):
        """Plan and push everything; returns the status of the run."""
        return flow.run(self.engine, lambda _: self.connection(**extra), Options())[1]

    def run_id(self):
        return flow.open_run(self.engine, Options())

    def plan(self, **extra):
        return flow.plan(self.engine, self.run_id(), lambda _: self.connection(**extra), Options())

    def push(self, org=ORG, **extra):
        return flow.push(self.engine, self.run_id(), org, self.connection(**extra))

    def resend(self, status="rejected", course=None, **chosen):
        """A clerk has rows sent again; how many."""
        with self.engine.begin() as session:
            found = points.find(session, ChosenItems(status, **chosen), course)
            return ledger.resend(session, found, "clerk")

    def settle(self, row, registered):
        """A clerk looked a row up."""
        with self.engine.begin() as session:
            ledger.settle(session, points.POINTS, [row], registered, "clerk")

    def statuses(self):
        """relation number or client -> status."""
        return dict(self.sql("select coalesce(relation_number, client_code), status from mart.pe_attendance"))

    def only(self, *columns):
        """These columns of the one row in the ledger."""
        (row,) = self.sql(f"select {', '.join(columns)} from mart.pe_attendance")
        return row[0] if len(columns) == 1 else row

    def booked(self):
        """What PE-Online booked: person -> points."""
        points = {}
        for booking in self.sandbox.ledger.bookings():
            points[booking["person"]] = points.get(booking["person"], 0) + booking["points"]
        return points

    def received(self):
        return self.sandbox.ledger.received()

    def calls(self):
        return self.sandbox.counters.of("pe").get("ProcessXML", 0)

    def open_cases(self):
        """The reason of each open rejection."""
        found = self.sql("select reason_code from mart.rejections where resolved_at is null order by 1")
        return [reason for (reason,) in found]

    def problems(self):
        return self.sql("select step, scope, problem_code from ops.run_steps where problem_code is not null")
