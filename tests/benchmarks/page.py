"""docs/performance.md from the newest run of each benchmark: its parts and goals as tables, and a picture."""

import json
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

import psutil

import etl
from etl import places
from etl.docs.markdown import table
from tests.benchmarks.measure import Goal

ROOT: Final = Path(__file__).resolve().parents[2]
BENCH: Final = "bench"
PYTHON_OF_BENCH: Final = ("venv", "bin", "python")
_FIRST: Final = "beside"
Line = Mapping[str, Any]
_HEAD: Final = """# Performance

<!-- Made by `make performance`. -->

What a night costs, measured by `make performance` on the machine and at the moments that are named here. Seconds
depend on the machine and on what else it does; so what is to be reached are ratios within one run, counts, and rows a
second of processor time. Parts that were measured once (n = 1) have no spread.
"""
_BESIDE: Final = """
The same generated site over HTTP, asked by this product, by a poller that asks everything one call after the other
and updates each row by its key, and by dlt with the same calls and its disposition *merge* (its defaults; pages
yielded whole). Moodle offers no cursor over grades, so that neither of the two can leave anything
out. Each is a process of its own, and what it takes to start is in its seconds; the site answers without delay.
*Site's seconds* are the calls at what they cost a real Moodle
([cost](connectors/moodle.md#cost)). Rows written are those of all tables of the program's database: this product
keeps each answer, the other two keep none, and derive no results from what they load.

![The three programs, night by night](images/performance-beside.svg)
"""
_MOODLE: Final = """
- *decode*: grade reports from bytes to columns, without a database; *land*: all answers of a first night, stored.
- *accounts*: the accounts of the site, brought up to date from the lists of participants.
- *take in*: landed answers found, read back, unpacked and decoded: reports, lists, activities and 100,000 completions.
- *match*: whose the learners are; *derive*: results and completions of what was taken in, in memory.
- *load: first*: results into their empty table, with its checks and all its indexes; beside it COPY of the same rows
  into a table with nothing (*COPY*) and with the primary key alone (*COPY, keyed*).
- *night*: all of it as the tasks of a night do it. The stages of a first night are accounts, take in (decode is a part
  of it), match, derive and load; it records completions and what it remembers of courses and learners besides.
"""
_ABOUT: Final = {_FIRST: _BESIDE, "moodle": _MOODLE}


def write() -> Path:
    """Write the page and its picture; returns the page."""
    folder, page = places.state_dir() / BENCH, ROOT / "docs" / "performance.md"
    runs = {path.stem: newest(path) for path in folder.glob("*.jsonl")}
    names = sorted(runs, key=lambda name: (name != _FIRST, name))
    if _FIRST in runs:
        _draw(
            folder.joinpath(*PYTHON_OF_BENCH), runs[_FIRST], page.parent / "images" / "performance-beside.svg"
        )
    sections = [_HEAD, *_machine(), *(text for name in names for text in _section(name, runs[name]))]
    page.write_text("\n".join(sections).rstrip() + "\n", encoding="utf-8")
    return page


def newest(path: Path) -> list[Line]:
    """The lines of the last run in a file of measured lines."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    last = max(line["at"] for line in lines)
    return [line for line in lines if line["at"] == last]


def _machine() -> Iterator[str]:
    memory = psutil.virtual_memory().total / 2**30
    names = ("pandas", "pyarrow", "msgspec", "apache-airflow")
    yield (
        f"Version {etl.__version__}, {date.today().isoformat()}: {os.cpu_count()} processors ({platform.machine()}),"
        f" {memory:.0f} GiB, {platform.system()} {platform.release()}, Python {platform.python_version()},"
        f" {', '.join(f'{name} {version(name)}' for name in names)}."
    )


def _section(name: str, lines: Sequence[Line]) -> Iterator[str]:
    first = lines[0]
    yield f"\n## {name.capitalize()}\n\n{first['about']}."
    yield f"Measured at {first['at'][:16]} UTC, with a load of {first['load']:.1f} at the start."
    if first["load"] > (os.cpu_count() or 1):
        yield "Other programs kept the machine busy: counts and shares hold, seconds do not."
    if name in _ABOUT:
        yield _ABOUT[name]
    parts = [line for line in lines if "part" in line]
    yield "\n" + table(
        ["part", "n", "rows or calls", "seconds", "of processor", "peak MiB", "note"], map(_part, parts)
    )
    goals = [line for line in lines if "what" in line]
    if goals:
        yield "\n" + table(["to reach", "bound", "found", "reached"], map(_goal, goals))


def _part(line: Line) -> list[str]:
    seconds = [f"{median(line[name]):,.2f}" for name in ("wall", "cpu")]
    return [
        line["part"],
        str(len(line["wall"])),
        f"{line['rows']:,}",
        *seconds,
        f"{line['peak_mib']:,}",
        line["note"],
    ]


def _goal(line: Line) -> list[str]:
    goal = Goal(line["what"], line["found"], line["at_least"], line["at_most"])
    return [goal.what, goal.bound, f"{goal.found:,.4g}", "yes" if goal.reached else "no"]


def _draw(python: Path, lines: Sequence[Line], picture: Path) -> None:
    parts = {
        line["part"]: line["facts"]
        | {"seconds": median(line["wall"]), "of processor": median(line["cpu"]), "peak MiB": line["peak_mib"]}
        for line in lines
        if "part" in line
    }
    with TemporaryDirectory() as folder:
        given = Path(folder) / "run.json"
        given.write_text(json.dumps(parts), encoding="utf-8")
        command = [str(python), "-m", "tests.benchmarks.plots", str(given), str(picture)]
        subprocess.run(command, check=True, cwd=ROOT)
