"""The Moodle path: decode, derive and load of a generated site, beside a plain COPY of the same rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from etl import db
from etl.db import embedded, schema
from etl.reference.importing import import_set
from etl.sandbox.moodle.generated_reference import write_reference
from etl.sandbox.moodle.generated_site import GeneratedSettings, GeneratedSite
from etl.sandbox.server import serve
from tests.benchmarks import moodle_stages
from tests.benchmarks.measure import LAPS, Part, Report, measured

LARGE: Final = GeneratedSettings(courses=400, students=250, activities=12)
ONE_CLASS: Final = GeneratedSettings(courses=1, students=20_000, activities=12)
OVER_HTTP: Final = GeneratedSettings(courses=20, students=50, activities=12)


def bench(courses: int = LARGE.courses) -> Report:
    """Measure on a PostgreSQL server that is started for it."""
    large = replace(LARGE, courses=courses)
    with TemporaryDirectory(prefix="etl-bench-") as folder, server(Path(folder)) as server_url:
        return measure(server_url, large, ONE_CLASS, OVER_HTTP, LAPS)


def measure(
    server_url: str,
    large: GeneratedSettings,
    one_class: GeneratedSettings,
    over_http: GeneratedSettings,
    laps: int,
) -> Report:
    """Measure in databases of their own on a server; the nights over HTTP for a smaller site."""
    items = large.courses * large.students * large.activities
    report = Report("moodle", f"{large.courses * large.students:,} enrolments, {items:,} grade items")
    report.add(measured(moodle_stages.decode, large, laps=laps))
    url = warehouse(server_url, "bench_large", large)
    report.add(measured(moodle_stages.land, url, large, laps=1))
    with TemporaryDirectory() as folder:
        results = Path(folder) / "results.pickle"
        report.add(measured(moodle_stages.derive, url, results, laps=laps))
        report.add(measured(moodle_stages.load, url, results, laps=laps))
    report.add(measured(moodle_stages.nights, url, large, laps=laps))
    url = warehouse(server_url, "bench_one_class", one_class)
    measured(moodle_stages.land, url, one_class, laps=1)
    report.add(measured(moodle_stages.one_class, url, laps=1))
    url = warehouse(server_url, "bench_over_http", over_http)
    report.add(_over_http(url, over_http))
    _set_goals(report)
    return report


def _over_http(url: str, settings: GeneratedSettings) -> dict[str, Part]:
    """A first night, an identical one, and one before which 1 % of the students got a grade; the sandbox is here."""
    parts: dict[str, Part] = {}
    with serve() as sandbox:
        for night, name in ((0, "first"), (0, "identical"), (1, "1 % changed")):
            sandbox.generated.configure(**vars(settings) | {"night": night})
            parts |= measured(moodle_stages.over_http, url, sandbox.url, name, laps=1)
    return parts


def _set_goals(report: Report) -> None:
    parts = report.parts
    first_load, keyed_copy = parts["load: first"], parts["COPY, keyed"]
    landed = parts["land"]
    first, second = parts["night: first"], parts["night: identical"]
    decoded, derived = parts["decode"], parts["derive"]
    report.goal(
        "landed answers / s of processor, the database's too",
        landed.rows / landed.all_cpu_seconds,
        at_least=15_000,
    )
    report.goal(
        "load of the first night / plain keyed COPY, processor, the database's too",
        first_load.all_cpu_seconds / keyed_copy.all_cpu_seconds,
        at_most=1.8,
    )
    report.goal("identical night / first night", second.seconds / first.seconds, at_most=0.1)
    report.goal("rows that an identical night writes", second.rows, at_most=0)
    changed = parts["night: 1 % changed"]
    alone, stages = (
        sum(parts[name].cpu_seconds for name in names)
        for names in (
            ("decode", "derive", "load: first"),
            ("accounts", "take in", "match", "derive", "load: first"),
        )
    )
    report.goal(
        "1 % night / first night, derived and loaded, own processor time",
        changed.cpu_seconds / first.cpu_seconds,
        at_most=0.05,
    )
    report.goal(
        "first night, derived and loaded / decode, derive and load alone, own processor time",
        first.cpu_seconds / alone,
        at_most=1.3,
    )
    report.goal(
        "first night, derived and loaded / all its stages alone, reading the answers back too",
        first.cpu_seconds / stages,
        at_most=1.3,
    )
    report.goal("decoded grade items / s of processor", decoded.rows / decoded.cpu_seconds, at_least=350_000)
    report.goal("derived grade items / s of processor", derived.rows / derived.cpu_seconds, at_least=1.5e6)
    report.goal(
        "grade items of a first night, derived and loaded / s of own processor time",
        derived.rows / first.cpu_seconds,
        at_least=60_000,
    )
    report.goal("peak memory, MiB", max(part.peak_mib for part in parts.values()), at_most=511)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    folder.chmod(0o755)  # as root, the server runs as another user, who has to get in
    home = folder / "postgres"
    with embedded.running(home) as server_url:
        yield server_url
    embedded.remove(home)


def warehouse(server_url: str, name: str, settings: GeneratedSettings) -> str:
    """A warehouse that holds the reference set of a generated site."""
    url = embedded.ensure_database(server_url, name)
    schema.migrate(url)
    engine = db.engine(url)
    with TemporaryDirectory() as folder:
        write_reference(Path(folder), GeneratedSite(settings))
        import_set(engine, Path(folder))
    engine.dispose()
    return url
