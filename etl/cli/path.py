"""Where the product keeps the files that are no part of its Python packages."""

from typing import Annotated

import typer

from etl import places


def path(
    name: Annotated[str, typer.Argument(help="Its name in a clone, such as dags or deploy/databases.sql.")],
) -> None:
    """Print where a file or folder of the product is, in a clone or where the package was installed."""
    typer.echo(places.resource(name))
