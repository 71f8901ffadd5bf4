"""PE-Online in the conformance suite: points that were worked out by hand, and its own books."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from etl.connections import Connection
from etl.sandbox import accounts
from etl.sandbox.pe_online.system import PATH
from tests.conformance.stand_in import OPEN, Lacking, Outcome, columns, golden, people
from tests.conformance.stand_in import StandIn as Base

POINTS = ("pe_online", "pe_attendance.csv")
PERSON, COURSE, STATUS = 2, 3, 6
LIVE = {"mode": "live", "batch_limit": 1}  # so that a push makes several calls


class StandIn(Base):
    """The sandbox's PE-Online, and two profession groups with an account of their own."""

    flow = "pe_online_attendance"
    broken = "pe_19"
    damages = ("html", "fatal", "truncated", "soap_fault", "empty", "server_error")
    records = ("ops.outbox",)

    def fill(self) -> None:
        for client, course, completed in golden("moodle_results", "course_completions.csv"):
            self.change(
                "insert into core.course_completions"
                " (source, source_course_id, client_code, completed_at, passed, run_id)"
                f" values ('moodle_main', '{course}', '{client}', '{completed}', true, 'r')"
            )
        self.change("update core.profession_groups set connection_id = 'pe_' || org_id")
        self.mend()

    def outcome(self) -> Outcome:
        bookings = self.sandbox.ledger.bookings()
        booked = Counter((str(one["person"]), str(one["pe_course_id"])) for one in bookings)
        return {
            "booked": {(*point, str(times)) for point, times in booked.items()},
            OPEN: self.rows(f"select {columns(*POINTS)} from mart.pe_attendance")
            | self.rows("select item_id, outcome from ops.outbox_attempts where outcome = 'sending'"),
        }

    def golden(self) -> Outcome:
        rows = golden(*POINTS)
        accepted = {tuple("accepted" if one == "sendable" else one for one in row) for row in rows}
        return {
            "booked": {(row[PERSON], row[COURSE], "1") for row in accepted if row[STATUS] == "accepted"},
            OPEN: accepted,
        }

    def break_one(self) -> None:
        self.connections["pe_19"] = replace(self.connections["pe_19"], password="no-key")

    def garble(self, damage: str) -> None:
        self.sandbox.faults.add("pe", damage, count=None)

    def mend(self) -> None:
        self.sandbox.faults.clear()
        host = f"{self.sandbox.url}/pe{PATH}"
        for name in ("pe_52", "pe_19"):
            self.connections[name] = Connection(
                name, "pe_online", host, accounts.PE_USER, accounts.PE_KEY, extra=LIVE
            )

    def lacking(self) -> Iterator[Lacking]:
        yield Lacking(replace(self.connections["pe_52"], password="no-key"), "key does not match")
        yield Lacking(
            replace(self.connections["pe_52"], host=self.sandbox.url), "not the address of the service"
        )

    @property
    def planted(self) -> frozenset[str]:
        numbers = {row[PERSON] for row in golden(*POINTS)} - {""}
        return people() | numbers | {accounts.PE_KEY}
