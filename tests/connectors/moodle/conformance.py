"""Moodle in the conformance suite: the recorded site, and what was worked out by hand for it."""

from collections.abc import Iterator
from dataclasses import replace

from etl.sandbox import accounts
from tests.conformance.stand_in import OPEN, Lacking, Outcome, columns, golden, people
from tests.conformance.stand_in import StandIn as Base
from tests.fixtures.nights import moodle_connection

UNITS = ("moodle_results", "unit_results.csv")


class StandIn(Base):
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
