"""Moodle in the conformance suite: the recorded site as it is read and written to, worked out by hand."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from etl.sandbox import accounts
from tests.conformance.stand_in import OPEN, Lacking, Outcome, StandIn, columns, golden, people
from tests.fixtures.nights import moodle_connection

UNITS = ("moodle_results", "unit_results.csv")


class Results(StandIn):
    """The sandbox's recorded Moodle."""

    flow = "moodle_results"
    broken = "moodle_main/2"
    damages = ("html", "notice", "fatal", "truncated", "forbidden", "server_error")
    records = ("core.unit_results", "core.course_completions", "core.enrolment_completions")

    def fill(self) -> None:
        self.connections["moodle_main"] = moodle_connection(self.sandbox.url)

    def outcome(self) -> Outcome:
        completed = "to_char(completed_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"+00:00\"')"
        return {
            "units": self.rows(f"select {columns(*UNITS)} from mart.unit_results"),
            "completions": self.rows(
                f"select client_code, source_course_id, {completed} from mart.course_completions"
            ),
            OPEN: self.rows("select reason_code, record_key from mart.rejections where resolved_at is null"),
        }

    def golden(self) -> Outcome:
        return {
            "units": golden(*UNITS),
            "completions": golden("moodle_results", "course_completions.csv"),
            OPEN: {
                (code, "/".join(part for part in key if part))
                for code, *key in golden("moodle_results", "rejections.csv")
            },
        }

    def break_one(self) -> None:
        self.sandbox.faults.add("moodle", "html", where={"courseid": "2"}, count=None)

    def garble(self, damage: str) -> None:
        self.sandbox.faults.add("moodle", damage, count=None)

    def mend(self) -> None:
        self.sandbox.faults.clear()

    def lacking(self) -> Iterator[Lacking]:
        account = self.connections["moodle_main"]
        yield Lacking(replace(account, password=accounts.MOODLE_TOKEN_LIMITED), "Missing capability")
        yield Lacking(replace(account, password="no-token"), "token")

    @property
    def planted(self) -> frozenset[str]:
        return people() | {accounts.MOODLE_TOKEN}


class Enrolments(StandIn):
    """Four people who enrol in the empty course: two are new, one has an account, and one cannot get one."""

    flow = "moodle_enrolments"
    broken = "moodle_main/enrolments"
    damages = ("html", "fatal", "truncated", "server_error", "lost_answer", "drop")
    records = ("ops.outbox", "ops.moodle_people", "ops.moodle_enrolments")

    def fill(self) -> None:
        self.connections["moodle_main"] = moodle_connection(self.sandbox.url)
        self.change(
            "insert into core.courses (source, source_course_id, name, idnumber, visible)"
            " values ('moodle_main', '5', 'Empty', 'OCC-1004', true)"
        )
        self.change("insert into core.moodle_writing (source, writing) values ('moodle_main', 'on')")
        self.change(
            "insert into core.occurrences (occurrence_code, name, status, send_automatically)"
            " values ('OCC-1004', 'Empty', 'active', true)"
        )
        self.change(
            "insert into core.clients (client_code, given_name, surname, email) values"
            " ('N1', 'Given One', 'Surname One', 'n1@x.example'), ('N2', 'Given Two', 'Surname Two', 'n2@x.example'),"
            " ('N3', 'Given Three', 'Surname Three', null)"
        )
        self.change(
            "insert into core.enrolments (enrolment_code, client_code, occurrence_code, status, start_date)"
            " select 'E-' || client, client, 'OCC-1004', 'active', '2026-09-14'"
            " from unnest(array['N1', 'N2', 'N3', 'CL00001']) as client"
        )

    def outcome(self) -> Outcome:
        site = self.sandbox.moodle.site
        names = {user: one.get("idnumber", "") for user, one in site.users.items()}
        accounts_of = Counter(name for name in names.values() if name in ("N1", "N2", "N3", "CL00001"))
        return {
            "accounts": {(name, str(times)) for name, times in accounts_of.items()},
            "mailed": {(address, str(times)) for address, times in Counter(site.books.mailed).items()},
            "enrolled": {(str(course), names[user]) for course, user in site.books.enrolments if course == 5},
            OPEN: self.rows("select client_code, state, reason from mart.moodle_enrolments"),
        }

    def golden(self) -> Outcome:
        return {
            "accounts": {("N1", "1"), ("N2", "1"), ("CL00001", "1")},
            "mailed": {("n1@x.example", "1"), ("n2@x.example", "1")},
            "enrolled": {("5", "N1"), ("5", "N2"), ("5", "CL00001")},
            OPEN: golden("moodle_enrolments", "enrolments.csv"),
        }

    def break_one(self) -> None:
        self.sandbox.faults.add("moodle", "drop", operation="enrol_manual_enrol_users")

    def garble(self, damage: str) -> None:
        self.sandbox.faults.add("moodle", damage, count=None)

    def mend(self) -> None:
        self.sandbox.faults.clear()

    def lacking(self) -> Iterator[Lacking]:
        yield Lacking(replace(self.connections["moodle_main"], password="no-token"), "token")

    @property
    def planted(self) -> frozenset[str]:
        names = {f"{part} {number}" for part in ("Given", "Surname") for number in ("One", "Two", "Three")}
        return people() | names | {accounts.MOODLE_TOKEN, "n1@x.example", "n2@x.example"}
