"""Accreditation points at PE-Online: what is in the ledger, and what a person has to decide."""

from typing import Annotated

import typer

from etl import connections, db
from etl.cli import tables
from etl.cli.numbers import whole
from etl.cli.warehouse import warehouse_engine
from etl.flows import pe_online_attendance
from etl.push import pe_ledger

app = typer.Typer(no_args_is_help=True, help=__doc__)

Row = Annotated[
    int, typer.Argument(parser=whole, metavar="ROW", help="attendance_id of the row, as the list shows it.")
]
By = Annotated[str, typer.Option(help="Who decides.")]


@app.command("list")
def list_rows(
    status: Annotated[str | None, typer.Option(help="Only rows in this status, such as unknown.")] = None,
    org: Annotated[
        int | None, typer.Option(parser=whole, metavar="ORG", help="Only this profession group.")
    ] = None,
) -> None:
    """Show the ledger; ids only."""
    with warehouse_engine() as engine, engine.connect() as session:
        found = db.rows(session, "load/pe_list", status=status, org_id=org)
    tables.show(found, "no rows")


@app.command()
def settle(
    row: Row,
    by: By,
    registered: Annotated[
        bool, typer.Option("--registered/--not-registered", help="As PE-Online's own pages show it.")
    ],
) -> None:
    """Settle an unknown outcome after looking it up at PE-Online; not registered: it is sent again."""
    with warehouse_engine() as engine, engine.begin() as session:
        pe_ledger.settle(session, row, registered, by)
    typer.echo(f"row {row}: {'registered' if registered else 'not registered, will be sent again'}")


@app.command()
def resend(row: Row, by: By) -> None:
    """Have a rejected row offered again by the next push."""
    with warehouse_engine() as engine, engine.begin() as session:
        pe_ledger.resend(session, row, by)
    typer.echo(f"row {row}: will be sent again")


@app.command()
def preview(
    org: Annotated[int, typer.Argument(parser=whole, metavar="ORG", help="Profession group (orgID).")],
    connection: Annotated[str, typer.Option(help="Account that would send.")] = "pe_online",
) -> None:
    """Print the documents that a push would send now, without the key. They hold relation numbers."""
    with warehouse_engine() as engine:
        account = connections.from_environment(connection)
        typer.echo(pe_online_attendance.preview(engine, org, account))
