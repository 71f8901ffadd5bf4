"""Erase a person on request, with a proof that names nobody; and what became of earlier requests."""

from typing import Annotated

import typer

from etl.connectors.registry import readers
from etl.console import tables
from etl.console.warehouse import warehouse_engine
from etl.errors import InvalidInput
from etl.load import audit
from etl.results import erase

app = typer.Typer(no_args_is_help=True, help=__doc__)

Code = Annotated[str, typer.Argument(help="The person, as the administration names the client.")]
By = Annotated[str, typer.Option(help="Who decides; by default whoever runs this.")]
Because = Annotated[str, typer.Option(help="Why; it is kept, so name nobody.")]


@app.command()
def preview(client_code: Code) -> None:
    """Show how many rows of which table would be erased, and what other systems hold."""
    with warehouse_engine() as engine:
        found = erase.preview(engine, client_code, readers())
    tables.show([{"table": name, "rows": rows} for name, rows in found.counts.items()], "nothing is kept")
    for line in (*map(erase.words, found.sent), *found.obstacles):
        typer.echo(line)


@app.command()
def person(client_code: Code, because: Because, by: By = "") -> None:
    """Erase all that is kept of one person, landed answers too, and print the proof. It cannot be undone."""
    with warehouse_engine() as engine:
        proof = erase.erase(engine, client_code, by or audit.user(), because, readers())
    typer.echo(proof.text())


@app.command()
def check(client_code: Code) -> None:
    """Say whether the client of a code was erased, when and by whom."""
    with warehouse_engine() as engine, engine.connect() as session:
        proof = erase.erasure_of(session, client_code)
    if proof is None:
        raise InvalidInput("no client of this code was erased")
    typer.echo(proof.text())


@app.command("list")
def list_erasures() -> None:
    """Show the erasures, newest first."""
    with warehouse_engine() as engine, engine.connect() as session:
        tables.show(erase.proofs(session), "nobody was erased")


@app.command()
def lift(client_code: Code, because: Because, by: By = "") -> None:
    """Let an erased client be recorded again; what was erased does not come back from here."""
    with warehouse_engine() as engine:
        erase.lift(engine, client_code, by or audit.user(), because)
    typer.echo("lifted: the client can be imported again")
