"""Results that are sent to Coachview: what is in the ledger, and what a person has to decide."""

from typing import Annotated

import typer

from etl import db
from etl.connectors.coachview.results import RESULTS
from etl.console import tables
from etl.console.numbers import whole
from etl.console.warehouse import warehouse_engine
from etl.engine import ledger
from etl.engine.ledger import ChosenItems
from etl.load import audit

app = typer.Typer(no_args_is_help=True, help=__doc__)

_ROWS = typer.Argument(parser=whole, metavar="ROW...", help="result_id of rows, as the list shows them.")
By = Annotated[str, typer.Option(help="Who decides.")]


@app.command("list")
def list_results(
    status: Annotated[str | None, typer.Option(help="Only rows in this status, such as unknown.")] = None,
) -> None:
    """Show the ledger, with the cause of the last attempt where no answer came; ids only."""
    with warehouse_engine() as engine, engine.connect() as session:
        found = db.rows(session, "coachview/results.list", status=status)
    tables.show(found, "no rows")


@app.command()
def settle(
    rows: Annotated[list[int], _ROWS],
    by: By,
    registered: Annotated[
        bool, typer.Option("--registered/--not-registered", help="As Coachview's own pages show it.")
    ],
) -> None:
    """Settle unknown outcomes after looking them up in Coachview; not registered: they are sent again."""
    with warehouse_engine() as engine, engine.begin() as session:
        audit.by(session, by)
        ledger.settle(session, RESULTS, rows, registered, by)
    typer.echo(f"{len(rows)} settled: {'registered' if registered else 'not registered, will be sent again'}")


@app.command()
def resend(rows: Annotated[list[int], _ROWS], by: By) -> None:
    """Have rows that Coachview refused offered again by the next push, once what was wrong is mended."""
    with warehouse_engine() as engine, engine.begin() as session:
        audit.by(session, by)
        count = ledger.resend(session, ledger.find(session, RESULTS, ChosenItems(item_ids=rows)), by)
    typer.echo(f"{count} will be sent again")
