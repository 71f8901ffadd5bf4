"""An erasure where many people, rejections and landed answers are: what it takes, and how long of it others wait.

On request, since filling takes minutes: python -m tests.benchmarks erase, or erase=10000 for so many rejections.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import Engine, event

from etl import db
from etl.connectors.registry import readers
from etl.db import embedded, schema
from etl.load import landing
from etl.load.landing import Answer
from etl.results import erase
from etl.sandbox.moodle.generated_site import GeneratedSettings, GeneratedSite
from tests.benchmarks.bench_views import ROWS, fill
from tests.benchmarks.measure import Report, Watch, measured

_FILLING: Final = Path(__file__).parent / "data" / "erase.sql"
_COURSES: Final = 100
_NIGHTS: Final = 2
_MIB: Final = 100.0  # of answers looked through, a second of own processor time
_PREVIEW: Final = 3.0  # seconds
_SHARE: Final = 0.4
_LOCK: Final = db.sql("results/erase.hold").strip()


def bench(rows: int = ROWS) -> Report:
    """Fill a warehouse of its own and erase a few people, one after the other."""
    people = rows // 5
    report = Report("erase", f"{rows:,} rejections, {people:,} people, answers of {_NIGHTS} nights")
    with TemporaryDirectory(prefix="etl-bench-") as folder:
        Path(folder).chmod(0o755)  # as root, the server runs as another user, who has to get in
        with embedded.running(Path(folder) / "postgres", durable=False) as server_url:
            embedded.ensure_database(server_url, "erase")
            url = server_url.replace("/postgres?", "/erase?")  # as administrator: filling sets keys aside
            schema.migrate(url)
            fill(url, rows, _FILLING)
            landed = measured(_land, url, people, laps=1)["land"].facts["mib"]
            report.add(measured(_erase, url, people))
    part = report.parts["erase"]
    report.goal("MiB of answers a second of own processor time", landed / part.cpu_seconds, at_least=_MIB)
    waited = report.parts["others wait"].seconds / part.seconds
    report.goal("share of an erasure that others wait for", waited, at_most=_SHARE)
    report.goal("preview, seconds", report.parts["preview"].seconds, at_most=_PREVIEW)
    return report


def _land(watch: Watch, url: str, people: int) -> None:
    """Participants and grades of every course, as a few nights landed them."""
    engine, size = db.engine(url), 0
    with watch("land"):
        for night in range(_NIGHTS):
            site = GeneratedSite(
                GeneratedSettings(courses=_COURSES, students=people // _COURSES, night=night)
            )
            for course in site.course_ids:
                bodies = {"users": site.enrolled_users(course), "grades": site.grade_items(course)}
                answers = [Answer(str(course), resource, "", body) for resource, body in bodies.items()]
                size += sum(map(len, bodies.values()))
                with engine.begin() as session:
                    landing.land(session, "r", "main", answers)
    watch.parts["land"].facts["mib"] = size / 2**20
    engine.dispose()


def _erase(watch: Watch, url: str, people: int) -> None:
    engine = db.engine(url)
    for lap in watch.laps:
        client = f"C{people // 2 + lap}"
        with watch("preview", lap, engine):
            found = erase.preview(engine, client, readers())
        with watch("erase", lap, engine), _others_wait(watch, lap, engine):
            proof = erase.erase(engine, client, "bench", "bench", readers())
        if lap == 0:
            watch.count("preview", sum(found.counts.values()))
            watch.count("erase", sum(proof.counts.values()), f"{proof.counts['raw.landings']} answers")
    engine.dispose()


@contextmanager
def _others_wait(watch: Watch, lap: int, engine: Engine) -> Iterator[None]:
    """How long no run begins and no answer lands: from the lock to the end of the transaction."""
    locked = ExitStack()

    def begins(_session: object, _cursor: object, statement: str, *_: object) -> None:
        if _LOCK in statement:
            locked.enter_context(watch("others wait", lap))

    def ends(_session: object) -> None:
        locked.close()

    event.listen(engine, "after_cursor_execute", begins)
    event.listen(engine, "commit", ends)
    yield
    event.remove(engine, "after_cursor_execute", begins)
    event.remove(engine, "commit", ends)
