"""Every page of the menu at a million rows of each kind: seconds of the server, bytes, memory after many requests."""

import re
from collections.abc import Iterable
from html import unescape
from math import ceil
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Final

import psutil
from starlette.testclient import TestClient

from etl import db
from etl.db import embedded, schema
from etl.pages.app import create
from etl.pages.host import PagesHost, Right, Visitor
from etl.pages.render import MENU
from etl.results import competence_groups
from tests.benchmarks.bench_views import FILLING, ROWS, fill
from tests.benchmarks.measure import Report, Watch, measured

_LAPS: Final = 20
_REQUESTS: Final = 1_000
_SECONDS: Final = 0.2
_GROWTH: Final = 20  # MiB
_FILLING: Final = Path(__file__).parent / "data" / "pages.sql"
# What people choose on a page, its slowest filters among them, and the pages behind those of the menu.
_CHOSEN: Final = {
    "rejections": ["source=main&reason_code=unmatched_learner"],
    "results": [
        *(f"state={state}" for state in ("ready", "recorded", "adjusted", "not_possible")),
        *(
            "since=2027-01-01",
            "since=2026-12-30",
            "since=2026-06-01",
            "course=7",
            "occurrence=O7",
            "source=ic",
            "learner=C777",
        ),
    ],
    "mapping": ["occurrence=O7"],
    "enrolments": ["occurrence=O7"],
    "points": ["status=pending", "client_code=C777"],
    "registrations": ["status=pending"],
}
_BEHIND: Final = (
    "competence-holders",
    "competence-holders?competence=K5",
    "competence-holders?competence=K5&state=expiring",
    "competence-holders?competence=K5&state=expired",
    "competence-holders?competence=K200",
    "competence-holders?competence=K200&state=expiring",
    "competence-holders?competence=K200&state=expired",
    "accreditations",
    "school?brin6=00XX00",
    "received-messages?integration=i1&outcome=ignored",
    "erase?client_code=C77",
)
_NEXT: Final = re.compile(r'<a rel="next" href="([^"]*)"')


def bench(rows: int = ROWS, requests: int = _REQUESTS) -> Report:
    """Fill a warehouse of its own and ask each page."""
    report = Report("pages", f"{rows:,} rows of each kind, {rows // 5:,} people")
    with TemporaryDirectory(prefix="etl-bench-") as folder:
        Path(folder).chmod(0o755)  # as root, the server runs as another user, who has to get in
        with embedded.running(Path(folder) / "postgres", durable=False) as server_url:
            embedded.ensure_database(server_url, "pages")
            url = server_url.replace("/postgres?", "/pages?")  # as administrator: filling sets keys aside
            schema.migrate(url)
            fill(url, rows, FILLING, _FILLING)
            _count(url)
            report.add(measured(_ask, url, requests, laps=_LAPS))
    for name, part in report.parts.items():
        if name == "many":
            report.goal(f"MiB more after {requests:,} requests", part.facts["growth_mib"], at_most=_GROWTH)
        else:
            report.goal(f"{name}, seconds of 95 in 100", part.facts["p95"], at_most=_SECONDS)
    return report


def _count(url: str) -> None:
    """Rows were filled in past the triggers: count the groups of competences as the night that wrote them does."""
    engine = db.engine(url)
    with engine.begin() as session:
        competence_groups.count_ahead(session)
    engine.dispose()


def _ask(watch: Watch, url: str, requests: int) -> None:
    engine = db.engine(url)
    visitor = Visitor("bench", frozenset(Right))
    browser = TestClient(create(PagesHost(lambda: visitor, lambda: engine, "of the benchmark")))
    asked = list(_addresses(browser))
    for address in asked:
        for lap in watch.laps:
            with watch(address, lap, engine):
                answer = browser.get(f"/{address}")
        answer.raise_for_status()
        part = watch.parts[address]
        processor = fmean(
            map(sum, zip(part.cpu, part.server, strict=True))
        )  # the server's clock ticks are coarse
        p95 = sorted(part.wall)[ceil(0.95 * len(part.wall)) - 1]  # so many took at most this long
        part.facts = {"p95": p95, "bytes": len(answer.content), "processor": processor}
        told = f"{len(answer.content):,} bytes, p95 {p95:.3f} s, processor {processor:.3f} s"
        watch.count(address, answer.text.count("<tr"), told)
    process = psutil.Process()
    before = process.memory_info().rss
    with watch("many", 0):
        for number in range(requests):
            browser.get(f"/{asked[number % len(asked)]}")
    watch.count("many", requests)
    watch.parts["many"].facts = {"growth_mib": (process.memory_info().rss - before) / 2**20}
    engine.dispose()


def _addresses(browser: TestClient) -> Iterable[str]:
    """Each page as it opens, its further rows, and what is chosen on it."""
    for page in MENU:
        yield page
        if further := _NEXT.search(browser.get(f"/{page}").text):
            yield unescape(further.group(1)).partition("#")[0]
        for chosen in _CHOSEN.get(page, ()):
            yield f"{page}?{chosen}"
    yield from _BEHIND
