"""Registrations in the conformance suite: completions of three integrations, worked out by hand."""

from collections.abc import Iterator
from dataclasses import replace

from etl.connections import Connection
from etl.sandbox import accounts
from tests.conformance.stand_in import OPEN, Lacking, Outcome, columns, golden
from tests.conformance.stand_in import StandIn as Base
from tests.connectors.coachview import requests

REGISTRATIONS = ("coachview", "registrations.csv")
_DAMAGED = {
    "grade": "grade = 99",
    "course": "course_id = course_id || '!'",
    "person": "person_id = person_id || '!'",
}


class StandIn(Base):
    """What was reported before the night."""

    flow = "coachview_results"
    broken = "exams"
    damages = tuple(_DAMAGED)
    records = ("core.registrations", "core.registration_attempts")

    def fill(self) -> None:
        account = Connection(
            "coachview",
            "coachview",
            host=f"{self.sandbox.url}/coachview",
            login=accounts.COACHVIEW_ID,
            password=accounts.COACHVIEW_SECRET,
            extra={"wait_limit": 0},
        )
        self.connections["coachview"] = account
        requests.fill(self.engine)
        self._report()
        self.change("create table ops.as_reported as select * from core.reported_completions")

    def outcome(self) -> Outcome:
        return {
            "registrations": self.rows(f"select {columns(*REGISTRATIONS)} from mart.registrations"),
            OPEN: self.rows(
                "select source, record_key, reason_code from mart.rejections where resolved_at is null"
            ),
        }

    def golden(self) -> Outcome:
        return {
            "registrations": golden(*REGISTRATIONS),
            OPEN: golden("coachview", "rejections.csv"),
        }

    def break_one(self) -> None:
        self.change("update core.integrations set minimum = null where integration = 'exams'")

    def garble(self, damage: str) -> None:
        self.change(f"update core.reported_completions set {_DAMAGED[damage]}")

    def mend(self) -> None:
        self.change("update core.integrations set minimum = 0 where integration = 'exams'")
        self.change(
            "update core.reported_completions as said"
            " set person_id = told.person_id, course_id = told.course_id, grade = told.grade"
            " from ops.as_reported as told where told.completion_id = said.completion_id"
        )

    def lacking(self) -> Iterator[Lacking]:
        yield Lacking(replace(self.connections["coachview"], password="another"), "client id or its secret")

    @property
    def planted(self) -> frozenset[str]:
        given = self.rows("select email, surname from core.clients")
        return frozenset({accounts.COACHVIEW_SECRET, *(one for row in given for one in row if len(one) > 5)})

    def _report(self) -> None:
        engine = self.engine
        requests.report(engine, "studio", "X-1001", "VCA-1", "2026-03-02", grade=7.25, presence=True)
        requests.report(engine, "studio", "X-1001", "VCA-1", "2026-03-09", grade=9, passed=True)
        requests.report(engine, "exams", "1001", "77", "2026-03-20", grade=1)
        requests.report(engine, "exams", "1002", "77", "2026-03-20", grade=0)
        requests.report(engine, "studio", "X-1002", "VCA-1", "2026-03-03")
        requests.report(engine, "studio", "X-1003", "VCA-1", "2026-03-03", grade=8)
        requests.report(engine, "exams", "1004", "77", "2026-03-20", grade=1)
        requests.report(engine, "studio", "X-1006", "VCA-1", "2026-03-03", grade=8)
        requests.report(engine, "studio", "X-1007", "VCA-1", "2026-03-03", grade=8)
        requests.report(engine, "exams", "1007", "77", "2026-03-21", grade=0)
        requests.report(engine, "exams", "1001", "78", "2026-03-21", grade=1)
        requests.report(engine, "exams", "1001", "79", "2026-03-21", grade=1)
        requests.report(engine, "exams", "9999", "77", "2026-03-21", grade=1)
        requests.report(engine, "exams", "1008", "78", "2026-03-22", grade=2)
        requests.complete_in_moodle(engine, "CL00001", "2", "2026-09-25 22:30Z", 72.7778)
        requests.complete_in_moodle(engine, "CL00002", "2", "2026-09-25 12:30Z", 80)
        requests.complete_in_moodle(engine, "CL00003", "2", "2026-09-25 12:30Z", 80)
