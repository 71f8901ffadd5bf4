"""The test of one connection, as Airflow's Test button does it."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from etl.connectors import registry
from etl.console import known_connections
from etl.console.warehouse import warehouse_engine


def check(
    connection_id: Annotated[str, typer.Argument(help="Of AIRFLOW_CONN_<ID>, in any case.")],
) -> None:
    """Test a connection and say what is missing, also what the system leaves out without a word; exits 1 then."""
    connection = known_connections.find(connection_id)
    report = registry.check(connection, warehouse_engine, known_connections.find)
    console = Console(soft_wrap=True, highlight=False)
    for line in report.lines:
        console.print(line, markup=False)
    verdict = "[green]✓ works[/green]" if report.ok else "[red]✗ does not work as it is used[/red]"
    console.print(f"{verdict} [dim]{escape(connection.conn_type)}[/dim]")
    raise typer.Exit(0 if report.ok else 1)
