"""The warehouse: its address, and bringing it to the newest schema."""

import typer

from etl import settings
from etl.console.warehouse import warehouse_url
from etl.db import embedded, schema

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def url() -> None:
    """Print the warehouse's URL; starts the embedded server if that is the one in use."""
    typer.echo(embedded.start_warehouse())


@app.command()
def migrate() -> None:
    """Bring the warehouse to the newest schema and views; nothing changes when it is."""
    settings.check_airflow_database()
    with warehouse_url() as address:
        schema.migrate(address)
    typer.echo("The warehouse has the newest schema.")
