"""What a night asks of a Moodle site, beside asking for everything: calls, the site's own time, rows written."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from etl import db
from etl.connections import Connection
from etl.connectors.moodle.client import MoodleClient
from etl.connectors.moodle.poll import USER_FIELDS
from etl.db import embedded
from etl.sandbox import accounts
from etl.sandbox.moodle.generated_reference import SOURCE
from etl.sandbox.moodle.generated_site import GeneratedSettings, GeneratedSite
from etl.sandbox.server import Sandbox, serve
from tests.benchmarks import moodle_stages
from tests.benchmarks.bench_moodle import warehouse
from tests.benchmarks.measure import Report, Watch, measured
from tests.benchmarks.site_time import SiteTime, of_naive_night, timed

SITE: Final = GeneratedSettings(courses=10, students=100, activities=12)
_NIGHTS: Final = (("first", 0), ("quiet", 0), ("1 % changed", 1))
_BARE: Final = "bare calls of a first night"


def bench(courses: int = SITE.courses) -> Report:
    """Measure in a warehouse of its own."""
    with TemporaryDirectory(prefix="etl-bench-") as folder:
        Path(folder).chmod(0o755)  # as root, the server runs as another user, who has to get in
        with embedded.running(Path(folder) / "postgres") as server_url:
            return measure(server_url, replace(SITE, courses=courses))


def measure(server_url: str, settings: GeneratedSettings) -> Report:
    """Measure in a database of its own on a server; the sandbox runs in this process, each night in one of its own."""
    report = Report("polling", f"{settings.courses} courses of {settings.students} learners over HTTP")
    url = warehouse(server_url, "bench_polling", settings)
    spent: dict[str, SiteTime] = {}
    with serve() as sandbox:
        for name, night in _NIGHTS:
            spent[name] = _night(report, sandbox, url, name, settings, night)
        report.add(measured(bare, url, sandbox.url, settings, laps=1))
    _set_goals(report, spent, of_naive_night(settings), settings.courses)
    return report


def bare(watch: Watch, url: str, sandbox: str, settings: GeneratedSettings) -> None:
    """The calls of a first night one after the other, and nothing made of the answers."""
    site, size = GeneratedSite(settings), 0
    with MoodleClient(_connection(sandbox), db.engine(url)) as client, watch(_BARE):
        size += len(client.courses())
        for course in site.course_ids:
            size += len(client.enrolled_users(str(course), USER_FIELDS))
            size += len(client.grade_report(str(course), class_size=settings.students))
            size += sum(len(client.course_module(str(one))) for one in site.cmids(course))
            size += sum(len(client.completion(str(course), str(user))) for user in site.user_ids(course))
    watch.count(_BARE, client.calls, f"calls, {size:,} bytes")


def _night(
    report: Report, sandbox: Sandbox, url: str, name: str, settings: GeneratedSettings, night: int
) -> SiteTime:
    sandbox.generated.configure(**vars(settings) | {"night": night})
    with timed(sandbox.generated) as spent:
        report.add(measured(moodle_stages.over_http, url, sandbox.url, name, laps=1))
    return spent


def _set_goals(report: Report, spent: dict[str, SiteTime], naive: SiteTime, courses: int) -> None:
    first, quiet, changed = (spent[name] for name, _ in _NIGHTS)
    nights = {name: report.parts[f"over HTTP: {name}"] for name, _ in _NIGHTS}
    report.goal(
        "quiet night: the site's time / naive", quiet.milliseconds / naive.milliseconds, at_most=0.015
    )
    report.goal("quiet night: calls a course", (quiet.calls - 1) / courses, at_most=1)
    written = int(nights["quiet"].note.split()[-2].replace(",", ""))
    report.goal("quiet night: rows written", written, at_most=0)
    report.goal("1 % changed: calls / naive", changed.calls / naive.calls, at_most=0.04)
    report.goal(
        "1 % changed: the site's time / naive", changed.milliseconds / naive.milliseconds, at_most=0.04
    )
    own = nights["first"].cpu_seconds - report.parts[_BARE].cpu_seconds
    report.goal(
        "first night: own processor time beyond the bare calls' / the site's time",
        own / (first.milliseconds / 1000),
        at_most=0.10,
    )


def _connection(sandbox: str) -> Connection:
    return Connection(SOURCE, "moodle", host=f"{sandbox}/generated", password=accounts.GENERATED_TOKEN)
