"""What the latest runs did, on a terminal of any width or as plain text."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated, Final

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from etl.cli.warehouse import warehouse_engine
from etl.load.report import OpenRejections, Run, RunReport, read_report
from etl.load.runs import Counts

_COUNTS: Final = [field.name for field in fields(Counts)]
_NARROW: Final = 90  # columns; below it a table of counts would break its numbers
_PLAIN_WIDTH: Final = 120
_COLOURS: Final = {"success": "green", "incomplete": "yellow", "failed": "red", "running": "cyan"}


def report(
    run_id: Annotated[
        str | None, typer.Argument(help="A run; without it the latest run of each flow.")
    ] = None,
) -> None:
    """Show what a run read, wrote, left unchanged and rejected, and what is open now."""
    with warehouse_engine() as engine:
        found = read_report(engine, run_id)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PLAIN_WIDTH)
    render(found, console)


def render(found: RunReport, console: Console) -> None:
    """Print a report."""
    if not found.runs:
        console.print("There has been no run yet.")
    for run in found.runs:
        _print_run(run, console)
    _print_rejections(found.rejections, console)
    if found.points:
        counts = ", ".join(f"{count} {status}" for status, count in found.points.items())
        _print(console, f"[bold]Accreditation points[/]  {counts}")


def _print_run(run: Run, console: Console) -> None:
    colour = _COLOURS.get(run.status, "white")
    took = f"took {run.duration.total_seconds():.1f} s" if run.duration else "not finished"
    _print(
        console,
        f"[bold]{run.flow}[/]  [{colour}]{run.status}[/]  {run.started_at:%Y-%m-%d %H:%M:%S} UTC, {took}",
    )
    _print(console, f"run {run.run_id}" + (f" ({escape(run.airflow_run_id)})" if run.airflow_run_id else ""))
    asked = "; ".join(f"{name} {_asked(value)}" for name, value in run.parameters.items() if value)
    if asked:
        _print(console, f"asked: {escape(asked)}")
    if console.width < _NARROW:
        _print_steps(run, console)
    elif run.steps:
        console.print(_table(run))
    for problem in run.problems:
        _print(console, f"[red]problem[/]  {escape(f'{problem.step} {problem.scope}: {problem.sentence}')}")
    _print(console, _sum(run))
    console.print()


def _asked(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _table(run: Run) -> Table:
    table = Table("step", box=box.SIMPLE)
    for name in ("parts", *_COUNTS):
        table.add_column(name, justify="right")
    for step in run.steps:
        table.add_row(step.name, str(step.scopes), *(f"{getattr(step.counts, name):,}" for name in _COUNTS))
    return table


def _print_steps(run: Run, console: Console) -> None:
    for step in run.steps:
        counts = [f"{name} {getattr(step.counts, name):,}" for name in _COUNTS if getattr(step.counts, name)]
        _print(console, f"{step.name}: {', '.join(counts) or 'nothing'}")


def _sum(run: Run) -> str:
    if run.adds_up:
        return "The counts add up: every row read was written, unchanged, rejected or ignored."
    wrong = ", ".join(step.name for step in run.steps if not step.adds_up)
    return f"[red]The counts do not add up[/] in {escape(wrong)}."


def _print_rejections(rejections: Sequence[OpenRejections], console: Console) -> None:
    total = sum(group.rejected for group in rejections)
    _print(console, f"[bold]Open rejections[/]  {total:,}" + (", by reason:" if total else ""))
    for group in rejections:
        more = ", ..." if group.rejected > len(group.records) else ""
        records = ", ".join(group.records) + more
        head = f"  [yellow]{group.rejected:,}[/]  {group.source}, {group.reason_code}"
        _print(console, f"{head}: {escape(group.reason)} [dim]{escape(records)}[/]")
    console.print()


def _print(console: Console, line: str) -> None:
    console.print(line, soft_wrap=not console.is_terminal)
