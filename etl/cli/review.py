"""Proposed results that wait for approval (sources with review = required)."""

import sys
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from etl.console import tables
from etl.console.warehouse import warehouse_engine
from etl.errors import InvalidInput
from etl.results import review

app = typer.Typer(no_args_is_help=True, help=__doc__)

Source = Annotated[str | None, typer.Option(help="Only proposals of this source.")]
Enrolment = Annotated[str | None, typer.Option(help="Only this enrolment.")]
Unit = Annotated[str | None, typer.Option(help="Only this unit or task.")]
All = Annotated[bool, typer.Option("--all", help="Every open proposal, without being asked.")]
By = Annotated[str, typer.Option(help="Who decides.")]
You = Annotated[str, typer.Option("--by", help="Who changes it; by default whoever runs this.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


class Status(StrEnum):
    """What a result can be."""

    started = "started"
    passed = "passed"
    failed = "failed"


@app.command("list")
def list_open(source: Source = None, enrolment: Enrolment = None, unit: Unit = None) -> None:
    """Show the open proposals: ready, adjusted, or not possible and why."""
    with warehouse_engine() as engine:
        tables.show(
            review.open_proposals(engine, review.ChosenProposals(source, enrolment, unit)),
            "no open proposals",
        )


@app.command()
def adjust(
    enrolment: str,
    unit: str,
    status: Annotated[Status, typer.Argument(help="As it was proposed.")],
    started_on: Day = None,
    finished_on: Day = None,
    result: Annotated[Status | None, typer.Option(help="Record this instead.")] = None,
    by: You = "",
) -> None:
    """Change the dates or the result of one open proposal."""
    if not (started_on or finished_on or result):
        raise InvalidInput("say what to change: --started-on, --finished-on or --result")
    start, finish = (day.date() if day else None for day in (started_on, finished_on))
    with warehouse_engine() as engine:
        review.adjust(engine, enrolment, unit, status, start, finish, result, by=by)
    typer.echo("1 proposal adjusted")


@app.command()
def approve(
    by: By, source: Source = None, enrolment: Enrolment = None, unit: Unit = None, everything: All = False
) -> None:
    """Record the chosen proposals that are possible; without a choice asks first, or needs --all."""
    chosen = review.ChosenProposals(source, enrolment, unit)
    with warehouse_engine() as engine:
        _make_sure(chosen, everything, "Approve every open proposal that is possible?")
        done = review.decide(engine, chosen, "approved", by)
        left = len(review.open_proposals(engine, chosen))
    typer.echo(f"{done.decided} approved, {done.recorded} recorded")
    if left:
        typer.echo(f"{left} are not possible and stay open: `etl review list` says why")


@app.command()
def dismiss(
    by: By,
    source: Source = None,
    enrolment: Enrolment = None,
    unit: Unit = None,
    everything: All = False,
    because: Annotated[str | None, typer.Option(help="Why.")] = None,
) -> None:
    """Do not record the chosen proposals; the same results are not proposed again."""
    chosen = review.ChosenProposals(source, enrolment, unit)
    with warehouse_engine() as engine:
        _make_sure(chosen, everything, "Dismiss every open proposal?")
        done = review.decide(engine, chosen, "dismissed", by, because=because)
    typer.echo(f"{done.decided} dismissed")


def _make_sure(chosen: review.ChosenProposals, everything: bool, question: str) -> None:
    if not chosen.is_everything or everything:
        return
    if not sys.stdin.isatty():
        raise InvalidInput("choose proposals with --source, --enrolment or --unit, or say --all")
    typer.confirm(question, abort=True)
