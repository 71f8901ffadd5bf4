"""Stand-ins for the outside systems, over real HTTP."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from etl import places
from etl.connectors.registry import CONNECTORS
from etl.engine.connector import load

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def start(
    port: Annotated[int, typer.Option(help="Port on the loopback address.")] = 8090,
    state: Annotated[Path | None, typer.Option(help="Where the books of targets are kept.")] = None,
) -> None:
    """Start the sandbox: a stand-in for each system, with faults on request."""
    from etl.sandbox import server

    server.run(port, state or places.state_dir() / "sandbox")


for _connector in CONNECTORS:
    _commands = f"etl.sandbox.{_connector.system}.commands"
    if find_spec(f"etl.sandbox.{_connector.system}") and find_spec(_commands):
        for _command in load(f"{_commands}:COMMANDS"):
            app.command()(_command)
