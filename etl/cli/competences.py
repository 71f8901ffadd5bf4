"""Competences: revoke and restore, link and unlink courses, with who and why in the history; count by group."""

from typing import Annotated

import typer

from etl.console import known_connections, tables
from etl.console.warehouse import warehouse_engine
from etl.errors import InvalidInput
from etl.reference import competence_effect
from etl.results import competence_decisions, competence_groups

app = typer.Typer(no_args_is_help=True, help=__doc__)

Competence = Annotated[str, typer.Argument(metavar="COMPETENCE", help="Code of the competence.")]
Client = Annotated[str | None, typer.Option(help="Code of the person.")]
Everyone = Annotated[bool, typer.Option("--everyone", help="Everyone instead of one person.")]
By = Annotated[str, typer.Option(help="Who decides.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the history.")]


@app.command()
def revoke(
    competence: Competence, by: By, reason: Reason, client: Client = None, everyone: Everyone = False
) -> None:
    """Take COMPETENCE from one person, or from everyone; no night gives it again until it is restored."""
    _one_or_everyone(client, everyone)
    with warehouse_engine() as engine:
        periods = competence_decisions.revoke(engine, competence, client, by, reason)
    typer.echo(f"{periods} periods revoked")


@app.command()
def restore(
    competence: Competence, by: By, reason: Reason, client: Client = None, everyone: Everyone = False
) -> None:
    """Let a revoked COMPETENCE count again; the next night gives what was passed meanwhile."""
    _one_or_everyone(client, everyone)
    with warehouse_engine() as engine:
        periods = competence_decisions.restore(engine, competence, client, by, reason)
    typer.echo(f"{periods} periods restored")


@app.command()
def link(
    source: str,
    course: str,
    competence: Competence,
    by: By,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only say what this would change; nothing is linked.")
    ] = False,
) -> None:
    """Have a published COURSE of a SOURCE give COMPETENCE, also to those who passed it before.

    Put the line into competence_links.csv too: an import that does not state it removes the link again.
    """
    with warehouse_engine() as engine:
        if not preview:
            competence_decisions.link(engine, source, course, competence, by)
            typer.echo("1 link made")
            return
        lines = competence_effect.of_link(engine, known_connections.find, (source, course, competence), by)
    typer.echo("\n".join(lines))


@app.command()
def unlink(
    source: str,
    course: str,
    competence: Competence,
    by: By,
    reason: Reason,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only say what this would change; nothing is removed.")
    ] = False,
) -> None:
    """Remove the link from a COURSE of a SOURCE to COMPETENCE; the competences it gave stay.

    Take the line out of competence_links.csv too: importing it again makes the link again.
    """
    with warehouse_engine() as engine:
        if not preview:
            competence_decisions.unlink(engine, source, course, competence, by, reason)
            typer.echo("1 link removed")
            return
        lines = competence_effect.of_unlink(engine, known_connections.find, (source, course, competence), by)
    typer.echo("\n".join(lines))


@app.command()
def groups() -> None:
    """How many people hold something of each group of the competence tree, and how much ends within 30 and 90 days."""
    with warehouse_engine() as engine:
        counted = competence_groups.of_groups(engine)
    tables.show(counted, "there are no groups yet: enter the tree first (competences.csv)")


def _one_or_everyone(client: str | None, everyone: bool) -> None:
    if (client is None) != everyone:
        raise InvalidInput("say either --client CODE or --everyone")
