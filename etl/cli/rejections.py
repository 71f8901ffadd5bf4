"""Rows that came in and were not recorded: what is open, and what nothing is to be done about."""

from typing import Annotated

import typer

from etl.console import tables
from etl.console.warehouse import warehouse_engine
from etl.load import dismissals
from etl.load.dismissals import ChosenRejections

app = typer.Typer(no_args_is_help=True, help=__doc__)

Source = Annotated[str, typer.Argument(help="Where the rows came from, as `list` shows it.")]
Reason = Annotated[str, typer.Argument(help="Reason code.")]
Key = Annotated[str | None, typer.Option(help="Only the row with this key.")]


@app.command("list")
def list_open(
    source: Annotated[str | None, typer.Option(help="Only of this source.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only with this reason code.")] = None,
) -> None:
    """Show what is open, oldest first."""
    with warehouse_engine() as engine:
        tables.show(dismissals.open_rows(engine, source, reason), "nothing is open")


@app.command()
def dismiss(
    source: Source,
    reason: Reason,
    by: Annotated[str, typer.Option(help="Who decides.")],
    because: Annotated[
        str, typer.Option(help="Why nothing is to be done about it; it is kept with the rows.")
    ],
    key: Key = None,
) -> None:
    """List rows as open no more. They are new ones when their cause goes and comes again."""
    with warehouse_engine() as engine:
        count = dismissals.dismiss(engine, ChosenRejections(source, reason, key), by, because)
    typer.echo(f"{count} dismissed")


@app.command()
def restore(
    source: Source,
    reason: Reason,
    by: Annotated[str, typer.Option(help="Who decides; by default whoever runs this.")] = "",
    key: Key = None,
) -> None:
    """List dismissed rows as open again."""
    with warehouse_engine() as engine:
        count = dismissals.restore(engine, ChosenRejections(source, reason, key), by)
    typer.echo(f"{count} open again")
