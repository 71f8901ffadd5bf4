"""Where the time of a first night and of a night with 1 % changed goes: python -m tests.benchmarks.profile [courses].

py-spy samples the derivation of a generated site of 250 learners a course; docs/performance-profile.md gets the shares
of its functions and the collapsed stacks, as a flame graph has them, .state/bench/<night>.stacks all of them.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from etl import db, places
from etl.engine.sources import sources
from etl.sandbox.moodle.generated_site import GeneratedSettings, GeneratedSite
from tests.benchmarks import moodle_stages
from tests.benchmarks.bench_moodle import server, warehouse
from tests.benchmarks.measure import Watch
from tests.benchmarks.page import BENCH, PYTHON_OF_BENCH, ROOT

PAGE: Final = ROOT / "docs" / "performance-profile.md"
_NIGHTS: Final = ("first", "1 % changed")
_COURSES: Final = 400
_FUNCTIONS, _STACKS, _DEEPEST = 40, 25, 6
_SAMPLES_A_SECOND: Final = "50"
_NIGHT: Final = "etl/engine/course_night.py:CourseNight.derive"  # below it lies the night itself
_FRAME: Final = re.compile(r"(?P<function>.+) \((?P<file>.*?)(?::\d+)?\)")
_HEAD: Final = """# Where a night's time goes

<!-- Made by `make profile`. -->

Deriving and loading {courses} courses of 250 learners and 12 activities ({items:,} grade items), sampled by py-spy
{rate} times a second while it worked, {when:%Y-%m-%dT%H:%M} UTC, with a load of {load:.1f} at the start. The share of
a function holds what it calls. What the night costs in seconds stands in [performance](performance.md).
"""


def main(courses: int) -> None:
    """Both nights, each in a process of its own; then the page."""
    settings = GeneratedSettings(courses=courses, students=250, activities=12)
    items = courses * settings.students * settings.activities
    about = {"courses": courses, "items": items, "rate": _SAMPLES_A_SECOND, "load": os.getloadavg()[0]}
    page = [_HEAD.format(when=datetime.now(UTC), **about)]
    folder = places.state_dir() / BENCH
    with TemporaryDirectory(prefix="etl-profile-") as scratch, server(Path(scratch)) as server_url:
        url = warehouse(server_url, "profile", settings)
        moodle_stages.land(Watch(1), url, settings)
        for night in _NIGHTS:
            stacks = folder / f"{night.replace(' % ', '_percent_')}.stacks"
            _sample(stacks, url)
            page += _section(night, stacks.read_text(encoding="utf-8").splitlines())
            engine = db.engine(url)
            [source] = sources(engine, moodle_stages.SYSTEM)
            moodle_stages.land_changes(engine, source, GeneratedSite(replace(settings, night=1)))
    PAGE.write_text("\n".join(page).rstrip() + "\n", encoding="utf-8")
    print(f"Wrote {PAGE}")


def _sample(stacks: Path, url: str) -> None:
    spy = places.state_dir().joinpath(BENCH, *PYTHON_OF_BENCH).with_name("py-spy")
    record = [
        spy,
        "record",
        "--nonblocking",
        "--rate",
        _SAMPLES_A_SECOND,
        "--format",
        "raw",
        "--output",
        stacks,
    ]
    night = [sys.executable, "-m", "tests.benchmarks.profile", "--night", url]
    subprocess.run([*record, "--", *night], cwd=ROOT, check=True)


def _section(night: str, stacks: Sequence[str]) -> Iterator[str]:
    calls, ends, total = Counter[str](), Counter[str](), 0
    for line in stacks:
        stack, _, times = line.rpartition(" ")
        frames = [_named(frame) for frame in stack.split(";")]
        if _NIGHT not in frames:
            continue
        frames = frames[frames.index(_NIGHT) :]
        own = [frame for frame in frames if frame.startswith("etl/")]
        total += int(times)
        calls.update(dict.fromkeys(own, int(times)))
        ends[" ; ".join(frame.partition(":")[2] for frame in own[-_DEEPEST:])] += int(times)
    yield f"\n## Night: {night}\n\n{total:,} samples.\n"
    yield _shares(calls.most_common(_FUNCTIONS), total)
    yield "\nThe last functions of the product on the stack, most samples first:\n"
    yield _shares(ends.most_common(_STACKS), total)


def _shares(counted: Sequence[tuple[str, int]], total: int) -> str:
    return "\n".join(["```", *(f"{100 * times / total:5.1f} %  {name}" for name, times in counted), "```"])


def _named(frame: str) -> str:
    found = _FRAME.fullmatch(frame)
    return f"{found['file']}:{found['function']}" if found else frame


def _night(url: str) -> None:
    moodle_stages.derive_night(Watch(1), 0, "night", db.engine(url))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--night"]:
        _night(sys.argv[2])
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else _COURSES)
