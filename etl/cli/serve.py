"""Everything that systems send to us, without Airflow's API server."""

from typing import Annotated

import typer

from etl.connectors.registry import mounts
from etl.console import known_connections
from etl.console.warehouse import warehouse_engine
from etl.engine import server
from etl.engine.mounting import Host


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8090,
) -> None:
    """Run the receivers of all systems as a server of their own, each below its path; put TLS before it."""
    with warehouse_engine():
        for mount in mounts():
            typer.echo(f"{mount.title}: http://{host}:{port}{mount.path}")
        typer.echo("Ctrl-C stops it")
        receivers = server.receivers(mounts(), Host(connect=known_connections.find))
        server.serve(receivers, host, port)
