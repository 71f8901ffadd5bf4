"""What Airflow is told of the connectors besides their connection types."""

import json

import typer

from etl.connectors import registry


def pools() -> None:
    """Print the pools of all connectors, for ``airflow pools import``: how many calls a system gets at once."""
    typer.echo(json.dumps(registry.pools(), indent=2))
