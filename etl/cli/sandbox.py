"""Stand-ins for the outside systems, over real HTTP."""

from pathlib import Path
from typing import Annotated

import typer

from etl import settings


def sandbox(
    port: Annotated[int, typer.Option(help="Port on the loopback address.")] = 8090,
    state: Annotated[Path | None, typer.Option(help="Where PE-Online's ledger is kept.")] = None,
) -> None:
    """Start the sandbox: Moodle, PE-Online and the other systems, with faults on request."""
    from etl.sandbox import server

    server.run(port, state or settings.state_dir() / "sandbox")
