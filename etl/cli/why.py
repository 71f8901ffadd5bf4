"""Why something was recorded."""

from typing import Annotated

import typer

from etl.console import tables
from etl.console.warehouse import warehouse_engine
from etl.results.why import why_result

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.callback()
def _why() -> None:
    """Why something was recorded."""


@app.command()
def result(
    enrolment: Annotated[str, typer.Argument(help="Enrolment, by its code.")],
    unit: Annotated[str, typer.Argument(help="Unit or task, by its code.")],
) -> None:
    """Show what led to the result of a unit: rule, inputs, answers as they landed, run, and who decided."""
    with warehouse_engine() as engine, engine.connect() as session:
        found = why_result(session, enrolment, unit)
    typer.echo(found.rule)
    tables.show([found.result])
    for title, rows in (("inputs", found.inputs), ("answers", found.answers), ("decisions", found.decisions)):
        typer.echo(f"\n{title}")
        tables.show(rows, "none")
