"""Stages measured in processes of their own: rows, seconds of wall and processor, peak memory; a table and JSON lines.

A stage is a function of a module, ``stage(watch, *arguments)``: it marks what counts with ``with watch("name", lap)``
and says with ``watch.count("name", rows)`` how much that was. Other programs disturb seconds, so every part is
repeated, the middle one shown, and goals are ratios within one run or rows a second of processor time.
"""

import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.csv as pa_csv
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from etl import db, places

LAPS: Final = 3
_HEADERS: Final = (
    "part", "rows", "seconds", "spread", "rows/s", "rows/s of own processor time", "peak MiB", "note"
)  # fmt: skip


@dataclass
class Part:
    """What a part of a stage cost, lap by lap; its peak of memory is that of its process until then."""

    rows: int = 0
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    peak_mib: int = 0
    note: str = ""
    facts: dict[str, float] = field(default_factory=dict)  # whatever else was measured, by name

    @property
    def seconds(self) -> float:
        """Wall time of the middle lap."""
        return median(self.wall)

    @property
    def cpu_seconds(self) -> float:
        """Processor time of the middle lap, of this process alone (not of the database)."""
        return median(self.cpu)

    @property
    def all_cpu_seconds(self) -> float:
        """Processor time of the middle lap, of this process and of the database."""
        return median(map(sum, zip(self.cpu, self.server, strict=True)))

    @property
    def spread(self) -> float:
        """How far the laps lie apart, as a share of the middle one: the noise of the machine."""
        return (max(self.wall) - min(self.wall)) / self.seconds


class Watch:
    """The stopwatch of a stage."""

    def __init__(self, laps: int) -> None:
        self.laps = range(laps)
        self.parts: dict[str, Part] = {}

    @contextmanager
    def __call__(self, name: str, lap: int = 0, database: Engine | None = None) -> Iterator[None]:
        """Add what the block costs to a lap of a part; what it costs the server of ``database``, if that is given."""
        part = self.parts.setdefault(name, Part())
        while len(part.wall) <= lap:
            part.wall.append(0.0)
            part.cpu.append(0.0)
            part.server.append(0.0)
        server = _server_seconds(database)
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        part.wall[lap] += time.perf_counter() - wall
        part.cpu[lap] += time.process_time() - cpu
        part.server[lap] += _server_seconds(database) - server
        part.peak_mib = peak_mib()

    def count(self, name: str, rows: int, note: str = "") -> None:
        """Add rows to a part, counted once and not for each lap."""
        part = self.parts[name]
        part.rows += rows
        part.note = note or part.note


def _server_seconds(database: Engine | None) -> float:
    """Processor time that the server on this machine has taken so far, with its processes that have ended."""
    if database is None:
        return 0.0
    with database.connect() as session:
        backend = session.exec_driver_sql("select pg_backend_pid()").scalar_one()
    server = psutil.Process(backend).parent()
    assert server is not None
    ended = server.cpu_times()
    running = sum(map(_seconds, server.children()))
    return running + sum(ended[:4])


def _seconds(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:2]))
    except psutil.NoSuchProcess:  # ended since it was listed: its parent has its time next
        return 0.0


def peak_mib() -> int:
    """The most memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (2**20 if sys.platform == "darwin" else 2**10)


def measured(stage: Callable[..., None], *arguments: Any, laps: int = LAPS) -> dict[str, Part]:
    """Run a stage in a fresh process, so that its memory is its own, and return its parts."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", stage.__module__])  # imported once for all stages
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        return pool.submit(_run, stage, laps, arguments).result()


def _run(stage: Callable[..., None], laps: int, arguments: Sequence[Any]) -> dict[str, Part]:
    watch = Watch(laps)
    stage(watch, *arguments)
    return watch.parts


def copied(
    watch: Watch, lap: int, engine: Engine, table: str, rows: pd.DataFrame, key: Sequence[str]
) -> None:
    """The baselines of loads: COPY of finished text, committed, into a table without keys or checks ("COPY") and into
    one with a primary key ("COPY, keyed").
    """
    content = pa.BufferOutputStream()
    arrow = pa.Table.from_pandas(rows, preserve_index=False)
    pa_csv.write_csv(arrow, content, pa_csv.WriteOptions(include_header=False))
    columns = ", ".join(rows.columns)
    for name, keyed in (("COPY", False), ("COPY, keyed", True)):
        with engine.begin() as session:
            session.exec_driver_sql("drop table if exists plain")
            session.exec_driver_sql(f"create table plain as select {columns} from {table} with no data")
            if keyed:
                session.exec_driver_sql(f"alter table plain add primary key ({', '.join(key)})")
        with (
            watch(name, lap, engine),
            engine.begin() as session,
            db.driver_cursor(session) as cursor,
        ):
            cursor.copy_expert("copy plain from stdin (format csv)", pa.BufferReader(content.getvalue()))
        if lap == 0:
            watch.count(name, len(rows))


@dataclass(frozen=True)
class Goal:
    """A figure that is to be reached."""

    what: str
    found: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def reached(self) -> bool:
        """Whether it is."""
        return (self.at_least is None or self.found >= self.at_least) and (
            self.at_most is None or self.found <= self.at_most
        )

    @property
    def bound(self) -> str:
        """What was to be reached, in words."""
        return f"at least {self.at_least:,}" if self.at_least is not None else f"at most {self.at_most:,}"


class Report:
    """What one benchmark measured: parts, and goals made of them."""

    def __init__(self, name: str, what: str) -> None:
        self.name = name
        self.what = what
        self.parts: dict[str, Part] = {}
        self.goals: list[Goal] = []
        self._load = os.getloadavg()[0]

    def add(self, parts: dict[str, Part]) -> None:
        """Take in the parts of a stage."""
        self.parts |= parts

    def goal(
        self, what: str, found: float, *, at_least: float | None = None, at_most: float | None = None
    ) -> None:
        """Say what was found for a goal."""
        self.goals.append(Goal(what, found, at_least, at_most))

    def show(self, console: Console) -> None:
        """Print the tables."""
        machine = (
            f"{os.cpu_count()} processors, load {self._load:.1f} before and {os.getloadavg()[0]:.1f} after"
        )
        table = Table(title=f"{self.name}: {self.what}", caption=machine)
        for header in _HEADERS:
            table.add_column(header, justify="left" if header in ("part", "note") else "right")
        for name, part in self.parts.items():
            table.add_row(name, *_cells(part), part.note)
        console.print(table)
        if self.goals:
            console.print(self._goals())

    def _goals(self) -> Table:
        table = Table("to reach", "bound", "found", "")
        for goal in self.goals:
            verdict = "[green]reached[/]" if goal.reached else "[red]missed[/]"
            table.add_row(goal.what, goal.bound, f"{goal.found:,.4g}", verdict)
        return table

    def save(self, folder: Path | None = None) -> Path:
        """Add a JSON line for each part and goal to ``.state/bench/<name>.jsonl``."""
        path = (folder or places.state_dir() / "bench") / f"{self.name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        run = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "about": self.what, "load": self._load}
        lines = [{**run, "part": name, **vars(part)} for name, part in self.parts.items()]
        lines += [{**run, **vars(goal), "reached": goal.reached} for goal in self.goals]
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
        return path


def _cells(part: Part) -> Iterator[str]:
    yield f"{part.rows:,}"
    yield f"{part.seconds:.3f}"
    yield f"{part.spread:.0%}" if len(part.wall) > 1 else ""
    yield f"{part.rows / part.seconds:,.0f}"
    yield f"{part.rows / part.cpu_seconds:,.0f}" if part.cpu_seconds else ""
    yield f"{part.peak_mib:,}"
