"""Registrations of e-learning parts: what completed courses did for training requests."""

from typing import Annotated

import typer

from etl import db
from etl.console import tables
from etl.console.numbers import whole
from etl.console.warehouse import warehouse_engine

app = typer.Typer(no_args_is_help=True, help=__doc__)

Integration = Annotated[str | None, typer.Option(help="Only this integration.")]
Request = Annotated[str | None, typer.Option(help="Only this request.")]
Last = Annotated[int, typer.Option(parser=whole, metavar="N", help="How many, the newest first.")]


@app.command("list")
def list_registrations(integration: Integration = None, request: Request = None, last: Last = 50) -> None:
    """Show what is registered: result, presence, passed, finished, approved and since when; ids only."""
    _print("list", integration, request, last)


@app.command()
def attempts(integration: Integration = None, request: Request = None, last: Last = 50) -> None:
    """Show each completion that counted, what it did, and whether its grade is the registered one."""
    _print("attempts", integration, request, last)


def _print(query: str, integration: str | None, request: str | None, last: int) -> None:
    asked = {"integration": integration, "request_code": request, "most": last}
    with warehouse_engine() as engine, engine.connect() as session:
        found = db.rows(session, f"coachview/registrations.{query}", **asked)
    tables.show(found)
