"""Sites of growing size: what a first night asks of time and memory, and the same changes with more and more standing.

On request, since the largest takes most of an hour: python -m tests.benchmarks scale, or scale=10000,100000 for sites
of so many enrolments.
"""

from itertools import pairwise
from math import log
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from etl.sandbox.moodle.generated_site import GeneratedSettings
from tests.benchmarks import moodle_stages
from tests.benchmarks.bench_moodle import server, warehouse
from tests.benchmarks.measure import Report, measured

_ENROLMENTS: Final = (10_000, 100_000, 1_000_000)
_STUDENTS, _ACTIVITIES = 250, 12
_FULL: Final = 100_000  # enrolments that fill what is in memory at once; below, memory grows with the site


def bench(*enrolments: int) -> Report:
    """Measure one size after the other on a PostgreSQL server that is started for it."""
    sites = [
        GeneratedSettings(courses=size // _STUDENTS, students=_STUDENTS, activities=_ACTIVITIES)
        for size in enrolments or _ENROLMENTS
    ]
    with TemporaryDirectory(prefix="etl-bench-") as folder, server(Path(folder)) as server_url:
        return measure(server_url, sites)


def measure(server_url: str, sites: list[GeneratedSettings]) -> Report:
    """Measure in databases of their own on a server; in each site the courses of the smallest change."""
    sizes = [site.courses * site.students for site in sites]
    report = Report("scale", f"sites of {', '.join(f'{size:,}' for size in sizes)} enrolments")
    for site, size in zip(sites, sizes, strict=True):
        url = warehouse(server_url, f"bench_{size}", site)
        measured(moodle_stages.land, url, site, laps=1)
        report.add(measured(moodle_stages.growing, url, site, f"{size:,}", sites[0].courses, laps=1))
    first = [report.parts[f"{size:,}: first"] for size in sizes]
    changed = [report.parts[f"{size:,}: same changes"] for size in sizes]
    report.goal(
        "slope of own processor time over enrolments",
        log(first[-1].cpu_seconds / first[0].cpu_seconds) / log(sizes[-1] / sizes[0]),
        at_most=1.05,
    )
    full = [part.peak_mib for part, size in zip(first, sizes, strict=True) if size >= _FULL]
    if len(full) > 1:
        report.goal(
            f"growth of peak memory from one size to the next, from {_FULL:,} enrolments on",
            max(larger / smaller for smaller, larger in pairwise(full)),
            at_most=1.2,
        )
    report.goal("peak memory, MiB", max(part.peak_mib for part in first), at_most=511)
    report.goal(
        "the same changes: with most standing / with least",
        changed[-1].cpu_seconds / changed[0].cpu_seconds,
        at_most=1.3,
    )
    return report
