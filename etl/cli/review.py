"""Proposed results that wait for approval (sources with review = required)."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from etl.cli.warehouse import warehouse_engine
from etl.flows import review

app = typer.Typer(no_args_is_help=True, help=__doc__)

Source = Annotated[str | None, typer.Option(help="Only proposals of this source.")]
Enrolment = Annotated[str | None, typer.Option(help="Only this enrolment.")]
Unit = Annotated[str | None, typer.Option(help="Only this unit or task.")]
By = Annotated[str, typer.Option(help="Who decides.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


@app.command("list")
def list_open(source: Source = None) -> None:
    """Show the proposals that are open."""
    with warehouse_engine() as engine:
        proposals = review.open_proposals(engine, source)
    table = Table(*proposals.columns)
    for row in proposals.astype("str").itertuples(index=False):
        table.add_row(*row)
    Console().print(table)


@app.command()
def adjust(enrolment: str, unit: str, status: str, started_on: Day = None, finished_on: Day = None) -> None:
    """Change the dates of one open proposal."""
    start, finish = (day.date() if day else None for day in (started_on, finished_on))
    with warehouse_engine() as engine:
        review.adjust(engine, enrolment, unit, status, start, finish)


@app.command()
def approve(by: By, source: Source = None, enrolment: Enrolment = None, unit: Unit = None) -> None:
    """Record the chosen proposals."""
    with warehouse_engine() as engine:
        chosen = review.Chosen(source, enrolment, unit)
        decided, recorded = review.decide(engine, chosen, "approved", by)
    typer.echo(f"{decided} approved, {recorded} recorded")


@app.command()
def dismiss(by: By, source: Source = None, enrolment: Enrolment = None, unit: Unit = None) -> None:
    """Do not record the chosen proposals; the same results are not proposed again."""
    with warehouse_engine() as engine:
        decided, _ = review.decide(engine, review.Chosen(source, enrolment, unit), "dismissed", by)
    typer.echo(f"{decided} dismissed")
