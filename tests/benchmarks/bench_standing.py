"""A night with 1 % changed where 100,000 results stand, and where 10 million do.

On request, since filling takes minutes: python -m tests.benchmarks standing, or standing=100000,1000000 for so many.

The results of earlier years come at once, where a warehouse grew over years. So what only such a filling asks for comes
before what is measured: gathering statistics, writing pages out, and a night that looks at all courses once more, since
the administration is another.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from psycopg2 import sql

from etl import db
from etl.db import embedded, views
from etl.sandbox.moodle.generated_site import GeneratedSettings
from tests.benchmarks import moodle_stages
from tests.benchmarks.bench_moodle import warehouse
from tests.benchmarks.measure import Report, measured

_STANDING: Final = (100_000, 10_000_000)
_SITE: Final = GeneratedSettings(
    courses=100, students=250, activities=12
)  # a first night gives 100,000 results
_FILLING: Final = Path(__file__).parent / "data" / "standing.sql"


def bench(*standing: int) -> Report:
    """Measure one size after the other on a PostgreSQL server that is started for it."""
    with TemporaryDirectory(prefix="etl-bench-") as folder:
        Path(folder).chmod(0o755)  # as root, the server runs as another user, who has to get in
        home = Path(folder) / "postgres"
        with embedded.running(home, durable=False) as server_url:
            report = measure(server_url, _SITE, standing or _STANDING)
        embedded.remove(home)
    return report


def measure(server_url: str, site: GeneratedSettings, sizes: Sequence[int]) -> Report:
    """Measure in databases of their own on a server, the smallest size first."""
    changed = []
    report = Report("standing", f"{site.courses * site.students:,} enrolments, of which 1 % changed")
    for size in sizes:
        url = warehouse(server_url, f"bench_standing_{size}", site)
        measured(moodle_stages.land, url, site, laps=1)
        report.add(measured(moodle_stages.first, url, f"first night before {size:,}", laps=1))
        stands = _fill(url, size)
        embedded.execute(server_url, sql.SQL("checkpoint"))
        report.add(measured(moodle_stages.first, url, f"night after filling, {stands:,}", laps=1))
        part = f"1 % changed, {stands:,} results standing"
        report.add(measured(moodle_stages.changed, url, site, part))
        changed.append(report.parts[part])
    report.goal(
        "1 % changed: with most results standing / with least, processor, the database's too",
        changed[-1].all_cpu_seconds / changed[0].all_cpu_seconds,
        at_most=1.3,
    )
    return report


def _fill(url: str, size: int) -> int:
    """Put results of earlier years beside those of a first night; returns how many stand then."""
    engine = db.engine(url)
    count = "select count(*) from core.unit_results"
    with engine.begin() as session:
        held = int(session.exec_driver_sql(count).scalar_one())
        copies = max(0, round(size / held) - 1)
        for statement in views.statements(_FILLING.read_text(encoding="utf-8")):
            session.exec_driver_sql(statement.replace(":copies", str(copies)))
        stands = int(session.exec_driver_sql(count).scalar_one())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        session.exec_driver_sql("vacuum analyze")  # what autovacuum has done by the next night
    engine.dispose()
    return stands
