"""Everything that is kept of one person."""

from typing import Annotated

import typer

from etl.console import tables
from etl.console.warehouse import warehouse_engine
from etl.results.person import read_person


def person(
    client_code: Annotated[str, typer.Argument(help="The person, as the administration names the client.")],
) -> None:
    """Show everything that is kept of one person, by kind. It holds names and addresses."""
    with warehouse_engine() as engine, engine.connect() as session:
        found = read_person(session, client_code)
    tables.show([found.who])
    tables.show(found.numbers, "known under no other number")
    for kept in found.kept:
        typer.echo(f"\n{kept.title}{'' if kept.whole else ', the newest'}")
        tables.show(kept.rows, "none")
