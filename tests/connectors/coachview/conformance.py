"""Coachview in the conformance suite: registrations and their push, worked out by hand, and Coachview's own books."""

from collections.abc import Iterator
from dataclasses import replace

from etl.connections import Connection
from etl.connectors.coachview.results import RESULTS
from etl.engine import ledger
from etl.sandbox import accounts
from etl.sandbox.coachview.system import Coachview
from tests.conformance.stand_in import OPEN, Lacking, Outcome, StandIn, columns, golden
from tests.connectors.coachview import requests
from tests.connectors.coachview.listed import NAMES, Lists, reads

REGISTRATIONS = ("coachview", "registrations.csv")
TOLD = ("coachview", "told.csv")
LEDGER = ("coachview", "ledger.csv")
_DAMAGED = {
    "grade": "grade = 99",
    "course": "course_id = course_id || '!'",
    "person": "person_id = person_id || '!'",
}


class Registrations(StandIn):
    """What was reported before the night."""

    flow = "coachview_results"
    broken = "exams"
    damages = tuple(_DAMAGED)
    records = ("core.registrations", "core.registration_attempts")

    def fill(self) -> None:
        self.connections["coachview"] = _connection(self.sandbox.url)
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


class Push(StandIn):
    """Six registrations, one of them on a request that is finished, another on one that Coachview does not know."""

    flow = "coachview_push"
    broken = "coachview"
    damages = ("server_error", "lost_answer", "drop", "unavailable", "forbidden", "read_back")
    records = ("ops.outbox", "ops.coachview_results")
    # Coachview does not show what was claimed and not sent, as it does not show what it could not register.
    undecided = frozenset({"coachview.claimed"})

    def fill(self) -> None:
        requests.fill(self.engine)
        for request, part, integration, person, course, day, values in _REGISTERED:
            requests.report(self.engine, integration, person, course, day, grade=8)
            self.change(
                "insert into core.registrations (request_code, part_code, completion_id, completed_at, result,"
                " presence, passed, finished, approved, approved_on, run_id)"
                f" select '{request}', '{part}', completion_id, completed_at, {values}, 'r'"
                " from core.reported_completions order by completion_id desc limit 1"
            )
            if request != "R7":
                self._coachview.books.enrol(request, part, f"X-{person[-4:]}", course)
        self.mend()

    def outcome(self) -> Outcome:
        return {
            "told": requests.told(self._coachview.books.registered()),
            OPEN: self.rows("select request_code, part_code, status, reason from mart.coachview_results"),
        }

    def golden(self) -> Outcome:
        return {"told": golden(*TOLD), OPEN: golden(*LEDGER)}

    def break_one(self) -> None:
        self.sandbox.faults.add("coachview", "lost_answer", operation="result")

    def garble(self, damage: str) -> None:
        kind = "lost_answer" if damage == "read_back" else damage
        self.sandbox.faults.add("coachview", kind, operation="result", count=None)
        if damage == "read_back":
            self.sandbox.faults.add("coachview", "html", count=None)

    def mend(self) -> None:
        self.sandbox.faults.clear()
        self.connections["coachview"] = _connection(
            self.sandbox.url,
            push=True,
            plugin=accounts.COACHVIEW_PLUGIN,
            webhook_secret=accounts.COACHVIEW_WEBHOOK_SECRET,
        )

    def decide(self) -> None:
        unknown = [
            int(item) for (item,) in self.rows("select item_id from ops.outbox where status = 'unknown'")
        ]
        with self.engine.begin() as session:
            ledger.settle(session, RESULTS, unknown, registered=False, decided_by="beheer")

    def lacking(self) -> Iterator[Lacking]:
        account = self.connections["coachview"]
        yield Lacking(replace(account, password="another"), "client id or its secret")
        for missing in ("plugin", "webhook_secret"):
            yield Lacking(replace(account, extra={**account.extra, missing: ""}), f"it needs {missing}")

    @property
    def planted(self) -> frozenset[str]:
        given = {accounts.COACHVIEW_SECRET, accounts.COACHVIEW_WEBHOOK_SECRET, "Resultaat"}
        return frozenset({*given, *(row[3] for row in _REGISTERED)})

    @property
    def _coachview(self) -> Coachview:
        return self.sandbox.coachview


class Requests(StandIn):
    """Two trainings with an e-learning part, three requests; one part is of an environment that nobody named."""

    flow = "coachview_requests"
    broken = "Personen"
    damages = ("html", "truncated", "server_error")
    records = ("core.training_request_parts",)  # rows of the others are referred to

    def fill(self) -> None:
        self.change(requests.INTEGRATIONS)
        lists = Lists(self._coachview)
        lists.training("t1", "Safe at work")
        lists.training("t2", "Driving")
        lists.part("a1", "t1", 21, environment=7)
        lists.part("a2", "t2", 33, environment=8)
        lists.part("a3", "t2", 34, environment=9)
        lists.person("p1", "X-1")
        lists.person("p2")
        lists.request("r1", "t1", "p1")
        lists.request("r2", "t1", "p2", status="Geannuleerd")
        lists.request("r3", "t2", "p2", status="Afgerond")
        lists.done(
            "r1", "a1", afgerond=True, akkoord=True, datumAkkoord="2026-03-02T00:00:00", resultaat="8,5"
        )
        self.mend()

    def outcome(self) -> Outcome:
        return {
            **{name: self.rows(statement) for name, statement in _READ.items()},
            OPEN: self.rows("select record_key, reason_code from mart.rejections where resolved_at is null"),
        }

    def golden(self) -> Outcome:
        rows = golden("coachview", "read.csv")
        return {
            name: {tuple(value for value in row[1:] if value != "-") for row in rows if row[0] == name}
            for name in (*_READ, OPEN)
        }

    def break_one(self) -> None:
        self._coachview.without_scope.add(self.broken)

    def garble(self, damage: str) -> None:
        self.sandbox.faults.add("coachview", damage, count=None)

    def mend(self) -> None:
        self.sandbox.faults.clear()
        self._coachview.without_scope.clear()
        self.connections["coachview"] = reads(_connection(self.sandbox.url))

    def lacking(self) -> Iterator[Lacking]:
        account = self.connections["coachview"]
        yield Lacking(replace(account, password="another"), "client id or its secret")
        yield Lacking(reads(account, environments="studio"), "environments is not of the form")

    @property
    def planted(self) -> frozenset[str]:
        return frozenset({accounts.COACHVIEW_SECRET, *NAMES})

    @property
    def _coachview(self) -> Coachview:
        return self.sandbox.coachview


# Of what is read, the rows that Coachview states.
_READ = {
    "trainings": "select training_code, name from core.trainings where closed_at is null",
    "parts": "select part_code, training_code, integration, course_id from core.training_parts"
    " where closed_at is null",
    "requests": "select request_code, training_code, person_id, external_id, status"
    " from core.training_requests where closed_at is null",
    "held": "select request_code, part_code, result, finished, approved, approved_on"
    " from core.training_request_parts where closed_at is null",
}

# Of each: request, part, integration, person, course, day; result, presence, passed, finished, approved, since when.
_REGISTERED = [
    (
        "R1",
        "T1-THEORY",
        "studio",
        "X-1001",
        "VCA-1",
        "2026-03-02",
        "7.3, true, true, true, true, date '2026-03-02'",
    ),
    ("R1", "T1-EXAM", "exams", "1001", "77", "2026-03-20", "1, false, true, true, true, date '2026-03-20'"),
    ("R2", "T1-EXAM", "exams", "1002", "77", "2026-03-20", "0, false, false, true, true, date '2026-03-20'"),
    ("R2", "T1-THEORY", "studio", "X-1002", "VCA-1", "2026-03-03", "null, false, false, true, false, null"),
    (
        "R3",
        "T1-THEORY",
        "studio",
        "X-1003",
        "VCA-1",
        "2026-03-03",
        "8, true, true, true, true, date '2026-03-03'",
    ),
    ("R7", "T1-EXAM", "exams", "1007", "77", "2026-03-21", "1, false, false, true, true, date '2026-03-21'"),
]


def _connection(url: str, **extra: object) -> Connection:
    return Connection(
        "coachview",
        "coachview",
        host=f"{url}/coachview",
        login=accounts.COACHVIEW_ID,
        password=accounts.COACHVIEW_SECRET,
        extra={"wait_limit": 0, **extra},
    )
