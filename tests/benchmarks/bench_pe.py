"""Points to PE-Online: a push from the ledger to its outcomes, beside zeep alone sending the same envelopes.

Once with the stand-in at work on the same processors, and once as from another machine: then its answers take as long,
and no processor of this one.
"""

import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import zeep
from sqlalchemy import Engine

from etl import db
from etl.connections import Connection
from etl.connectors.pe_online import client, flow, payload, points
from etl.connectors.pe_online.account import PeAccount, account
from etl.connectors.pe_online.sender import batches
from etl.db import embedded, schema
from etl.engine.options import Options
from etl.sandbox import accounts
from etl.sandbox.frame import Call, SandboxReply
from etl.sandbox.pe_online.ledger import BookedCourse, Ledger
from etl.sandbox.pe_online.system import PATH, PeOnline
from etl.sandbox.server import serve
from tests.benchmarks.measure import LAPS, Report, Watch, measured

POINTS: Final = 5_000
ORG, COURSE = 52, 700001
_ZEEP, _COMMITTED, _PUSH = "zeep alone", "zeep, a durable commit before each call", "a push"
_HERE, _ELSEWHERE = "", ", the service elsewhere"
_NOTHING_DURABLY: Final = (
    "select pg_logical_emit_message(true, 'bench', '')"  # is in the log, and in no table
)
_NOTHING_SENT: Final = "truncate ops.outbox cascade"
_BINDING: Final = f"{{{client.NAMESPACE}}}WriteAttendanceSoap"
_FILL: Final = """
insert into core.sources (source, system, connection_id, timezone)
values ('moodle_main', 'moodle', 'moodle_main', 'Europe/Amsterdam');
insert into core.profession_groups (org_id, name, active, number_scheme, number_pattern)
values ({org}, 'G', true, 'pe:{org}', '^[0-9]{{11}}$');
insert into core.accreditations (org_id, source, source_course_id, valid_from, valid_to, pe_course_id)
values ({org}, 'moodle_main', '2', '2026-01-01', '2026-12-31', '{course}');
insert into core.clients (client_code) select 'C' || n from generate_series(1, {points}) as n;
insert into core.client_numbers (client_code, scheme, value)
select 'C' || n, 'pe:{org}', lpad(n::text, 11, '0') from generate_series(1, {points}) as n;
insert into core.course_completions (source, source_course_id, client_code, completed_at, passed, run_id)
select 'moodle_main', '2', 'C' || n, '2026-09-25T15:13:20Z', true, 'bench' from generate_series(1, {points}) as n
"""


def bench(points: int = POINTS, laps: int = LAPS) -> Report:
    """Measure both, lap by lap; the sandbox runs in this process, what is measured in others."""
    report = Report("pe", f"{points:,} points to the stand-in of PE-Online, over HTTP")
    with TemporaryDirectory(prefix="etl-bench-") as folder, serve() as sandbox:
        home = Path(folder)
        home.chmod(0o755)  # as root, the server runs as another user, who has to get in
        with embedded.running(home / "postgres") as server_url:
            url = embedded.ensure_database(server_url, "pe")
            schema.migrate(url)
            _fill(url, points)
            _know_everybody(sandbox.ledger)
            report.add(measured(_laps, url, sandbox.url, _HERE, laps=laps))
            sandbox.app.systems[PeOnline.name] = _Elsewhere(sandbox.pe)
            report.add(measured(_laps, url, sandbox.url, _ELSEWHERE, laps=laps))
        embedded.remove(home / "postgres")
    for where in (_HERE, _ELSEWHERE):
        for of, beside in ((_PUSH, _ZEEP), (_PUSH, _COMMITTED), (_COMMITTED, _ZEEP)):
            ratio = report.parts[beside + where].seconds / report.parts[of + where].seconds
            report.goal(f"envelopes/s of {of} / of {beside}{where}", ratio, at_least=0.8)
        report.goal(f"points that were not accepted{where}", report.parts[f"left{where}"].rows, at_most=0)
    return report


class _Elsewhere(PeOnline):
    """The stand-in as from another machine: an answer worked out once is waited for as long as that took."""

    def __init__(self, here: PeOnline) -> None:
        super().__init__(here.ledger)
        self._answers: dict[bytes, SandboxReply] = {}
        self._seconds: list[float] = []

    def answer(self, call: Call) -> SandboxReply:
        """What the service answers; the same to the same envelope, since the books hold each point already."""
        if call.body in self._answers:
            time.sleep(median(self._seconds))
        else:
            began = time.perf_counter()
            self._answers[call.body] = super().answer(call)
            self._seconds.append(time.perf_counter() - began)
        return self._answers[call.body]


def _laps(watch: Watch, url: str, sandbox: str, where: str) -> None:
    """One after the other in each lap, so that whatever else the machine does disturbs all of them."""
    engine, connection = db.engine(url), _connection(sandbox)
    documents = _documents(engine, account(connection))
    service = zeep.Client(str(client.WSDL)).create_service(_BINDING, connection.host)
    for document in documents:
        service.ProcessXML(sXML=document)  # the books hold each point from the first lap on
    for lap in watch.laps:
        with watch(_ZEEP + where, lap):
            for document in documents:
                service.ProcessXML(sXML=document)
        with watch(_COMMITTED + where, lap, engine), engine.connect() as session:
            for document in documents:
                with session.begin():
                    session.exec_driver_sql(_NOTHING_DURABLY)
                service.ProcessXML(sXML=document)
        run_id = _planned_anew(engine, connection)
        with watch(_PUSH + where, lap, engine):
            counts = flow.push(engine, run_id, ORG, connection)
    for name in (_ZEEP, _COMMITTED, _PUSH):
        watch.count(name + where, len(documents), "envelopes")
    with watch(f"left{where}"):
        left = counts.read - counts.written
    watch.count(f"left{where}", left, "points")


def _planned_anew(engine: Engine, connection: Connection) -> str:
    """A run in which every point is due."""
    with engine.begin() as session:
        session.exec_driver_sql(_NOTHING_SENT)
    run_id = flow.open_run(engine, Options())
    flow.plan(engine, run_id, lambda _: connection, Options())
    return run_id


def _documents(engine: Engine, pe_account: PeAccount) -> list[str]:
    """What a push would send."""
    with engine.connect() as session:
        session.exec_driver_sql(_NOTHING_SENT)
        points.refresh(session, ORG, pe_account)
        due = points.due(session, ORG)
        calls = batches(due, points.persons(session, due), pe_account.batch_limit)
        documents = [payload.entry(pe_account, ORG, points.rows(session, call)) for call in calls]
        session.rollback()
    return documents


def _know_everybody(books: Ledger) -> None:
    books.reset()
    books.add_persons_like(ORG, r"\d{11}")
    books.add_course(BookedCourse(ORG, COURSE, "2026-01-01", "2026-12-31", 2, None))


def _connection(sandbox: str) -> Connection:
    address = f"{sandbox}/pe{PATH}"
    return Connection(
        "pe_online", "pe_online", address, accounts.PE_USER, accounts.PE_KEY, extra={"mode": "live"}
    )


def _fill(url: str, points: int) -> None:
    engine = db.engine(url)
    with engine.begin() as session:
        session.exec_driver_sql(_FILL.format(org=ORG, course=COURSE, points=points).replace("%", "%%"))
    engine.dispose()
