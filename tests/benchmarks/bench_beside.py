"""The product beside a sequential poller and dlt: the same site over HTTP, a first night, an identical one, and one
before which 1 % of the students got a grade.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from etl import db, places
from etl.db import embedded
from etl.sandbox import accounts
from etl.sandbox.frame import Call, SandboxReply
from etl.sandbox.moodle.generated_site import GeneratedSettings
from etl.sandbox.server import Sandbox, serve
from tests.benchmarks.bench_moodle import server, warehouse
from tests.benchmarks.measure import Part, Report

SIZE: Final = GeneratedSettings(courses=20, students=100, activities=12)
NIGHTS: Final = {"first": 0, "identical": 0, "1 % changed": 1}
CONTENDERS: Final = ("product", "sequential", "with_dlt")
# What a call costs a real site, in ms: at least, and for each person it is about (docs/connectors/moodle.md, Cost).
_CALL_MS: Final = 20
_WHOLE_MS, _SINGLE_MS, _COMPLETION_MS = 13, 45, 20
_PERSON_MS: Final = {"": 3.2, "all": 1.1, "access": 0.5}
_WRITTEN: Final = (
    "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint from pg_stat_user_tables"
)


@dataclass
class Asked:
    """What the site was asked for in one night."""

    calls: int = 0
    bytes: int = 0
    site_ms: float = 0.0
    students: int = 0

    def count(self, call: Call, reply: SandboxReply) -> None:
        self.calls += 1
        self.bytes += len(reply.body)
        self.site_ms += _cost(call.form, self.students)


@dataclass
class Contender:
    """A program with a database of its own."""

    name: str
    python: str
    database: str
    more: tuple[str, ...] = ()
    rows_before: int = 0

    def __post_init__(self) -> None:
        self._written()  # what it begins with was not written by a night

    def night(self, site: str) -> tuple[float, float, int, int]:
        """Seconds of wall and of processor, peak MiB, rows that its database wrote."""
        command = [self.python, "-m", f"tests.benchmarks.beside.{self.name}", site, accounts.GENERATED_TOKEN]
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            [*command, self.database, *self.more], stdout=subprocess.PIPE, check=True, text=True
        )
        wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return wall, cpu, int(done.stdout.split()[-1]), self._written()

    def _written(self) -> int:
        engine = db.engine(self.database)
        with engine.connect() as session:
            rows = int(session.exec_driver_sql(_WRITTEN).scalar_one())
        engine.dispose()
        before, self.rows_before = self.rows_before, rows
        return rows - before


def bench(courses: int = SIZE.courses) -> Report:
    """Measure all three, night by night."""
    return measure(replace(SIZE, courses=courses))


def measure(size: GeneratedSettings) -> Report:
    """The site is in this process, each program in one of its own."""
    enrolments, items = size.courses * size.students, size.courses * size.students * size.activities
    report = Report(
        "beside", f"{size.courses} courses, {enrolments:,} enrolments, {items:,} grade items, over HTTP"
    )
    with TemporaryDirectory(prefix="etl-bench-") as folder, server(Path(folder)) as url, serve() as sandbox:
        for contender in _contenders(url, size, folder):
            for night, later in NIGHTS.items():
                sandbox.generated.configure(**vars(size) | {"night": later})
                with _counted(sandbox, size.students) as asked:
                    measured = contender.night(f"{sandbox.url}/generated")
                report.add({f"{contender.name}: {night}": _part(asked, *measured)})
    _set_goals(report)
    return report


def _contenders(server_url: str, size: GeneratedSettings, folder: str) -> Iterator[Contender]:
    yield Contender("product", sys.executable, warehouse(server_url, "product", size))
    yield Contender("sequential", sys.executable, embedded.ensure_database(server_url, "sequential"))
    dlt = places.state_dir() / "bench" / "venv" / "bin" / "python"
    if dlt.exists():  # made by make performance
        database = embedded.ensure_database(server_url, "with_dlt")
        yield Contender("with_dlt", str(dlt), database, (f"{folder}/dlt",))


@contextmanager
def _counted(sandbox: Sandbox, students: int) -> Iterator[Asked]:
    asked, answer = Asked(students=students), sandbox.generated.answer

    def counted(call: Call) -> SandboxReply:
        reply = answer(call)
        asked.count(call, reply)
        return reply

    sandbox.generated.answer = counted  # type: ignore[method-assign]
    yield asked
    del sandbox.generated.answer


def _cost(form: Mapping[str, str], students: int) -> float:
    match form.get("wsfunction"):
        case "gradereport_user_get_grade_items":
            return _SINGLE_MS if int(form.get("userid", 0)) else _WHOLE_MS * students
        case "core_completion_get_course_completion_status":
            return _COMPLETION_MS
        case "core_enrol_get_enrolled_users":
            fields = next((value for value in form.values() if value.startswith("id,")), "")
            asked = "" if not fields else "access" if fields.count(",") == 1 else "all"
            return max(_CALL_MS, _PERSON_MS[asked] * students)
        case _:
            return _CALL_MS


def _part(asked: Asked, wall: float, cpu: float, peak: int, rows: int) -> Part:
    note = f"{asked.bytes:,} bytes, {rows:,} rows written, {asked.site_ms / 1000:.1f} s of a real site's time"
    facts = {
        "calls": asked.calls,
        "bytes": asked.bytes,
        "written": rows,
        "site's seconds": asked.site_ms / 1000,
    }
    return Part(asked.calls, [wall], [cpu], [0.0], peak, note, facts)


def _set_goals(report: Report) -> None:
    parts = report.parts
    site = {name: part.facts["site's seconds"] for name, part in parts.items()}
    for night, most in (("identical", 1.5), ("1 % changed", 4)):
        share = 100 * site[f"product: {night}"] / site[f"sequential: {night}"]
        report.goal(f"site's time of a night {night} against the sequential poller, %", share, at_most=most)
