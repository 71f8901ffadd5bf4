"""What plays IEP LVS, beside the sandbox's server: ``etl sandbox send``."""

from pathlib import Path
from typing import Annotated, Final

import typer

from etl.connectors.iep_lvs.commands import Code


def send(
    what: Annotated[
        str, typer.Argument(help="A sample (list names them), or a file with a leerresultaten_verzoek.")
    ],
    to: Annotated[str, typer.Option(help="Address of the receiver.")],
    code: Code,
    supplier_code: Annotated[str, typer.Option(help="klantcode to send.")] = "BUREAUICE",
    supplier: Annotated[str, typer.Option(help="klantnaam to send.")] = "Bureau ICE",
) -> None:
    """Send as IEP LVS does: a test message, the nights of the sample school, or a document of your own."""
    from etl.sandbox.iep_lvs.sender import Sender, samples

    if what == "list":
        typer.echo("\n".join(samples()))
        raise typer.Exit
    document = samples()[what] if what in samples() else Path(what).read_bytes()
    reply = Sender(to, code, supplier, supplier_code).send(document)
    typer.echo(f"HTTP {reply.status}: {reply.fault or 'acknowledged'}")
    raise typer.Exit(0 if reply.taken else 1)


COMMANDS: Final = (send,)
