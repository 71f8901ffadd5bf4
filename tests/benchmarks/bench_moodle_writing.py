"""Enrolments into Moodle: a run from the ledger to its outcomes, beside the bare calls of the same client."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from etl import db
from etl.connections import Connection
from etl.connectors.moodle.writing import flow
from etl.connectors.moodle.writing.client import MoodleWriter
from etl.connectors.moodle.writing.records import ManualEnrolment, NewAccount
from etl.db import embedded, schema
from etl.engine.options import Options
from etl.sandbox import accounts
from etl.sandbox.server import serve
from tests.benchmarks.measure import Report, Watch, measured

ENROLMENTS: Final = 10_000
COURSE: Final = "5"
_CALLS: Final = 3  # for each person: who is it, make the account, enrol
_BARE, _RUN, _SMALL, _AGAIN = "bare calls", "run", "run, a tenth of it", "run again"
_FILL: Final = """
insert into core.sources (source, system, connection_id, timezone)
values ('moodle_main', 'moodle', 'moodle_main', 'Europe/Amsterdam');
insert into core.moodle_writing (source, writing, at_most, send_automatically)
values ('moodle_main', 'on', 1000000, true);
insert into core.courses (source, source_course_id, name, idnumber, visible)
values ('moodle_main', '{course}', 'Empty', 'O1', true);
insert into core.occurrences (occurrence_code, name, status) values ('O1', 'Empty', 'active');
insert into core.clients (client_code, given_name, surname, email)
select 'C' || n, 'Given', 'Surname', 'c' || n || '@x.example' from generate_series(1, {people}) as n;
insert into core.enrolments (enrolment_code, client_code, occurrence_code, status, start_date)
select 'E' || n, 'C' || n, 'O1', 'active', '2026-09-14' from generate_series(1, {people}) as n
"""


def bench(people: int = ENROLMENTS) -> Report:
    """Measure both once; the sandbox runs in this process, what is measured in others."""
    report = Report("moodle_writing", f"{people:,} new people enrolled at the stand-in of Moodle, over HTTP")
    with TemporaryDirectory(prefix="etl-bench-") as folder, serve() as sandbox:
        home = Path(folder)
        home.chmod(0o755)  # as root, the server runs as another user, who has to get in
        with embedded.running(home / "postgres") as server_url:
            filled = {name: _filled(server_url, name, count) for name, count in _sizes(people).items()}
            report.add(measured(_bare, filled["small"], sandbox.url, people, laps=1))
            for name, part, count in (("small", _SMALL, people // 10), ("whole", _RUN, people)):
                sandbox.reset()
                report.add(measured(_run, filled[name], sandbox.url, part, laps=1))
                called = sandbox.counters.total("moodle")
                report.goal(f"calls beside {_CALLS} a person, {part}", called - _CALLS * count, at_most=5)
            sandbox.counters.reset()
            report.add(measured(_run, filled["whole"], sandbox.url, _AGAIN, laps=1))
            report.goal("calls of a run that follows", sandbox.counters.total("moodle"), at_most=0)
            mailed = len(set(sandbox.moodle.site.books.mailed))
            report.goal("people without exactly one mail", people - mailed, at_most=0)
        embedded.remove(home / "postgres")
    bare, run = report.parts[_BARE], report.parts[_RUN]
    ratio = run.rows / run.seconds / (bare.rows / bare.seconds)
    report.goal("calls/s of a run / of bare calls", ratio, at_least=0.45)
    memory = run.peak_mib / report.parts[_SMALL].peak_mib
    report.goal("peak memory of ten times as many people / of a tenth", memory, at_most=1.5)
    return report


def _sizes(people: int) -> dict[str, int]:
    return {"small": people // 10, "whole": people}


def _bare(watch: Watch, url: str, sandbox: str, people: int) -> None:
    engine = db.engine(url)
    with MoodleWriter(_connection(sandbox), engine) as writer, watch(_BARE):
        for number in range(1, people + 1):
            code, address = f"C{number}", f"c{number}@x.example"
            writer.find_accounts({"idnumber": code})
            account = writer.create_account(NewAccount(address, "Given", "Surname", address, code))
            writer.enrol(ManualEnrolment(account, COURSE, "5"))
    watch.count(_BARE, people * _CALLS, "calls")


def _run(watch: Watch, url: str, sandbox: str, part: str) -> None:
    engine, connection = db.engine(url), _connection(sandbox)
    with watch(part, 0, engine):
        run_id, status = flow.run(engine, lambda _: connection, Options())
    with engine.connect() as session:
        sent = session.exec_driver_sql(
            f"select count(*) from ops.outbox_attempts where run_id = '{run_id}' and outcome = 'accepted'"
        ).scalar_one()
    watch.count(part, sent + sent // 2, f"calls, {status}")  # an account is looked up before it is made


def _filled(server_url: str, name: str, people: int) -> str:
    url = embedded.ensure_database(server_url, name)
    schema.migrate(url)
    engine = db.engine(url)
    with engine.begin() as session:
        session.exec_driver_sql(_FILL.format(course=COURSE, people=people).replace("%", "%%"))
    engine.dispose()
    return url


def _connection(sandbox: str) -> Connection:
    return Connection("moodle_main", "moodle", host=f"{sandbox}/moodle", password=accounts.MOODLE_TOKEN)
