"""The InfoCaption path over HTTP: a first night, a quiet one and one after 1 % of the participants passed a course."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from etl import db
from etl.connections import Connection
from etl.connectors.infocaption import flow as infocaption_competences
from etl.db import embedded, schema
from etl.engine.options import Options
from etl.reference.importing import import_set
from etl.sandbox import accounts
from etl.sandbox.infocaption.site import Attempt, InfoCaptionSite, generated
from etl.sandbox.server import serve
from tests.benchmarks.measure import Report, Watch, measured

COURSES: Final = 500
PARTICIPANTS: Final = 200_000
_COUNTS: Final = """
select
    sum(calls) as calls,
    sum(bytes) as bytes,
    coalesce(sum(written) filter (where step = 'derive'), 0) as passes,
    coalesce(sum(written) filter (where step = 'award'), 0) as competences
from ops.run_steps where run_id = %s
"""


def bench(courses: int = COURSES, participants: int = PARTICIPANTS) -> Report:
    """Measure the three nights; the sandbox runs in this process, each night in one of its own."""
    report = Report("infocaption", f"{participants:,} participants in {courses} courses")
    site = generated(courses, participants)
    with TemporaryDirectory(prefix="etl-bench-") as folder, serve() as sandbox:
        home = Path(folder)
        home.chmod(0o755)  # as root, the server runs as another user, who has to get in
        with embedded.running(home / "postgres") as server_url:
            warehouse = _warehouse(server_url, courses, participants)
            sandbox.infocaption.site = site
            for name, change in _NIGHTS.items():
                change(site)
                report.add(measured(_night, warehouse, sandbox.url, name, laps=1))
        embedded.remove(home / "postgres")
    _set_goals(report, courses)
    return report


def _set_goals(report: Report, courses: int) -> None:
    first, quiet, changed = (report.parts[name] for name in _NIGHTS)
    report.goal("seconds of a quiet night / first night", quiet.seconds / first.seconds, at_most=0.5)
    report.goal(
        "calls of a night after which 1 % changed / of a quiet one", changed.rows / quiet.rows, at_most=1.05
    )
    report.goal("quiet night: calls a course, those for the list included", quiet.rows / courses, at_most=1.1)
    report.goal("peak memory, MiB", max(part.peak_mib for part in report.parts.values()), at_most=511)


def _one_percent_passed(site: InfoCaptionSite) -> None:
    today = f"{datetime.now(UTC):%Y-%m-%d}T10:00:00Z"
    changed = list(site.attempts)[: len(site.attempts) // 100]
    for course in changed:
        for attempt in site.attempts[course][:]:
            site.attempts[course].append(Attempt(attempt.user_id, attempt.email, "passed", completed=today))


_NIGHTS: Final[dict[str, Callable[[InfoCaptionSite], None]]] = {
    "night: first": lambda site: None,
    "night: quiet": lambda site: None,
    "night: 1 % changed": _one_percent_passed,
}


def _night(watch: Watch, warehouse: str, sandbox: str, name: str) -> None:
    engine = db.engine(warehouse)
    login, password = accounts.INFOCAPTION_ID, accounts.INFOCAPTION_SECRET
    site = Connection(
        "infocaption_main", "infocaption", host=f"{sandbox}/infocaption", login=login, password=password
    )
    with watch(name):
        run_id, _ = infocaption_competences.run(engine, lambda _: site, Options())
    with engine.connect() as session:
        [counts] = session.exec_driver_sql(_COUNTS, (run_id,)).mappings()
    note = f"{counts['calls']:,} calls, {int(counts['bytes']):,} bytes"
    note += f", {counts['passes']:,} passes, {counts['competences']:,} competences written"
    watch.count(name, int(counts["calls"]), note)


def _warehouse(server_url: str, courses: int, participants: int) -> str:
    """A warehouse in which every participant is a client and every course gives one of twenty competences."""
    url = embedded.ensure_database(server_url, "infocaption")
    schema.migrate(url)
    engine = db.engine(url)
    with TemporaryDirectory() as folder:
        for name, lines in _reference(courses, participants).items():
            (Path(folder) / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        import_set(engine, Path(folder))
    engine.dispose()
    return url


def _reference(courses: int, participants: int) -> dict[str, list[str]]:
    return {
        "sources": [
            "source,system,connection_id,timezone,match_code,match_fields,record_failed,allow_resit,"
            "use_enrolment_start,review",
            "infocaption_main,infocaption,infocaption_main,Europe/Stockholm,false,email,true,false,false,none",
        ],
        "clients": [
            "client_code,external_id,username,given_name,other_name,surname,email,archived",
            *(f"C{number},,,,,,employee{number}@company.example,false" for number in range(participants)),
        ],
        "competences": [
            "competence_code,parent_code,name,validity_days",
            *(f"K{number},,Competence {number},{90 + number}" for number in range(20)),
        ],
        "competence_links": [
            "source,source_course_id,competence_code,linked_on",
            *(f"infocaption_main,{number},K{number % 20}," for number in range(1, courses + 1)),
        ],
    }
