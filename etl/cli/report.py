"""What the latest runs did, on a terminal of any width or as plain text."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated, Final

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from etl.connectors import registry
from etl.console import tables
from etl.console.numbers import whole
from etl.console.warehouse import warehouse_engine
from etl.load import report as reports
from etl.load.attention import Attention, attention
from etl.load.report_types import Run, RunReport, asked
from etl.load.runs import Counts
from etl.words import counted

_COUNTS: Final = [field.name for field in fields(Counts)]
_NARROW: Final = 90  # columns; below it a table of counts would break its numbers
_COLOURS: Final = {"success": "green", "incomplete": "yellow", "failed": "red", "running": "cyan"}


def report(
    run_id: Annotated[
        str | None,
        typer.Argument(help="A run, by its own id or Airflow's; without it the latest runs of each flow."),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="List runs, newest first.")] = False,
    flow: Annotated[str | None, typer.Option(help="With --list: only runs of this flow.")] = None,
    last: Annotated[int, typer.Option(parser=whole, metavar="N", help="With --list: how many.")] = 20,
) -> None:
    """Show what a run read, wrote, left unchanged and rejected; without a run also what is open and needs a person."""
    with warehouse_engine() as engine:
        if listed:
            found = reports.list_runs(engine, flow, last)
            tables.show([{**run, "parameters": asked(run["parameters"])} for run in found])
        else:
            render(reports.read_report(engine, run_id, registry.sentence), tables.console())
            if run_id is None:
                render_attention(attention(engine, registry.sentence), tables.console())


def render(found: RunReport, console: Console) -> None:
    """Print a report."""
    if not found.runs:
        console.print("There has been no run yet.")
    for run in found.runs:
        _print_run(run, console)
    _print_rejections(found, console)
    _print_sent(found, console)


def render_attention(found: Sequence[Attention], console: Console) -> None:
    """Print what needs a person, most urgent first: what the page Tonight shows."""
    _print(console, "[bold]What needs a person[/]" + ("" if found else "  nothing"))
    for one in found:
        because = f" {one.because}" if one.because else ""
        _print(console, f"  [yellow]{one.state}[/]  {escape(f'{one.subject}.{because}')}")
        _print(console, f"    what to do: {escape(one.what_to_do)}")
    console.print()


def _print_run(run: Run, console: Console) -> None:
    colour = _COLOURS.get(run.status, "white")
    took = f"took {run.duration.total_seconds():.1f} s" if run.duration else "not finished"
    head = f"[bold]{escape(run.flow)}[/]  [{colour}]{run.status}[/]"
    _print(console, f"{head}  {run.started_at:%Y-%m-%d %H:%M:%S} UTC, {took}")
    _print(console, f"run {run.run_id}" + (f" ({escape(run.airflow_run_id)})" if run.airflow_run_id else ""))
    if run.version:
        _print(console, f"version {run.version}")
    if run.asked:
        _print(console, f"asked: {escape(run.asked)}")
    if run.is_trial:
        _print(console, "dry run: nothing was written or sent; the counts are what a run would do")
    if console.width < _NARROW:
        _print_steps(run, console)
    elif run.steps:
        console.print(_table(run))
    for one in run.decisions:
        cost = ", ".join(
            (counted(one.courses, "course"), counted(one.calls, "call"), counted(one.bytes, "byte"))
        )
        _print(console, f"{one.decision}: {cost} ({escape(one.because)})")
    if run.left_out:
        _print(console, f"not asked: {', '.join(f'{one.courses:,} {one.asked}' for one in run.left_out)}")
    for note in run.notes:
        _print(console, f"note: {escape(f'{note.step} {note.scope}: {note.note}')}")
    for problem in run.problems:
        _print(console, f"[red]problem[/]  {escape(f'{problem.step} {problem.scope}: {problem.sentence}')}")
        _print(console, f"  what to do: {escape(problem.what_to_do)}")
    _print(console, _sum(run))
    console.print()


def _names(run: Run) -> list[str]:
    return ["would write" if name == "written" and run.is_trial else name for name in _COUNTS]


def _table(run: Run) -> Table:
    table = Table("step", box=box.SIMPLE)
    for name in ("parts", *_names(run)):
        table.add_column(name, justify="right")
    for step in run.steps:
        counts = [f"{getattr(step.counts, name):,}" for name in _COUNTS]
        table.add_row(escape(step.name), str(step.scopes), *counts)
    return table


def _print_steps(run: Run, console: Console) -> None:
    for step in run.steps:
        named = zip(_names(run), _COUNTS, strict=True)
        counts = [
            f"{word} {getattr(step.counts, name):,}" for word, name in named if getattr(step.counts, name)
        ]
        _print(console, f"{escape(step.name)}: {', '.join(counts) or 'nothing'}")


def _sum(run: Run) -> str:
    if run.adds_up:
        return "The counts add up: every row read was written, unchanged, rejected or ignored."
    wrong = ", ".join(step.name for step in run.steps if not step.adds_up)
    return f"[red]The counts do not add up[/] in {escape(wrong)}."


def _print_rejections(found: RunReport, console: Console) -> None:
    total, fresh = (sum(getattr(one, name) for one in found.rejections) for name in ("rejected", "fresh"))
    title = "Would be rejected" if found.is_trial else "Open rejections"
    news = "" if found.is_trial else f", {fresh:,} of them new"
    _print(console, f"[bold]{title}[/]  {total:,}" + (f"{news}, by reason:" if total else ""))
    for group in found.rejections:
        new = f" ({group.fresh:,} new)" if group.fresh and not found.is_trial else ""
        words = escape(f"{group.source}, {group.reason_code}: {group.reason}")
        _print(console, f"  [yellow]{group.rejected:,}[/]{new}  {words} [dim]{escape(group.some)}[/]")
    console.print()


def _print_sent(found: RunReport, console: Console) -> None:
    for heading, items in found.sent_by_kind:
        _print(console, f"[bold]{escape(heading)}[/]  {sum(one.items for one in items):,}")
        for one in items:
            because = f": {escape(one.because)}" if one.reason else ""
            _print(console, f"  {one.items:,} {one.status}{because}")


def _print(console: Console, line: str) -> None:
    console.print(line, soft_wrap=not console.is_terminal)
