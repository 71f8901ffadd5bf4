"""Enrolments into Moodle: how each stands, what would be sent, and having it sent."""

from typing import Annotated

import typer

from etl.connectors.moodle.writing import asked, switches, transfers
from etl.connectors.moodle.writing.asked import Choice
from etl.connectors.moodle.writing.push import Pushing
from etl.connectors.moodle.writing.transfers import Sent, Way
from etl.console import known_connections, tables
from etl.console.numbers import whole
from etl.console.warehouse import warehouse_engine
from etl.errors import InvalidInput

app = typer.Typer(no_args_is_help=True, help=__doc__)

Occurrences = Annotated[
    list[str] | None, typer.Option("--occurrence", help="Only of this occurrence; repeat for more.")
]
By = Annotated[str, typer.Option(help="Who asks for it.")]
StopAfter = Annotated[
    int | None, typer.Option(parser=whole, help="Send so many accounts, enrolments and changes, then stop.")
]
AtMost = Annotated[
    int | None,
    typer.Option(parser=whole, help="Confirm that so many may be sent, where that is more than at_most."),
]


@app.command("list")
def list_enrolments(
    occurrence: Occurrences = None,
    state: Annotated[str | None, typer.Option(help="Only these: ready, transferred or blocked.")] = None,
) -> None:
    """Show how each enrolment of a linked occurrence stands: ready, transferred, or blocked with the reason."""
    with warehouse_engine() as engine, engine.connect() as session:
        asked.refresh_all(session)
        found = asked.enrolments(session, Choice(occurrence), state)
        session.rollback()
    tables.show(
        found, "no enrolments of an occurrence that a course of a site which is written to is linked to"
    )


@app.command()
def preview(occurrence: Occurrences = None) -> None:
    """Print exactly what a transfer would send now, and write nothing. It holds names and addresses."""
    with warehouse_engine() as engine:
        lines = transfers.preview(engine, known_connections.find, Choice(occurrence))
    tables.show(lines, "nothing would be sent")


@app.command()
def transfer(
    by: By,
    occurrence: Occurrences = None,
    enrolment: Annotated[list[str] | None, typer.Option(help="Only this enrolment; repeat for more.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are ready.")] = False,
    stop_after: StopAfter = None,
    at_most: AtMost = None,
) -> None:
    """Send enrolments, with the accounts that they need. It may be stopped at any moment, and begun again."""
    if not (occurrence or enrolment or everything):
        raise InvalidInput("say which enrolments: --occurrence, --enrolment or --all")
    with warehouse_engine() as engine:
        choice, pushing = Choice(occurrence, enrolment), Pushing(at_most, stop_after)
        show(transfers.transfer(engine, known_connections.find, choice, by, pushing, progress))


@app.command()
def stop(by: By, occurrence: Occurrences = None) -> None:
    """Stop a transfer that goes on elsewhere: what was asked for and not sent is asked for no longer."""
    with warehouse_engine() as engine, engine.begin() as session:
        stopped = asked.stop(session, Choice(occurrence), by)
    typer.echo(f"{stopped} were not sent, and are not asked for any more")


@app.command()
def withdraw(
    enrolment: Annotated[list[str], typer.Argument(help="Enrolments that were transferred.")],
    by: By,
    remove: Annotated[
        bool,
        typer.Option(
            "--remove/--suspend", help="Remove from the course, which takes the grades out of sight."
        ),
    ] = False,
) -> None:
    """Suspend transferred enrolments in Moodle, or remove them, whatever the setting says of it, withdrawn or not."""
    with warehouse_engine() as engine:
        how: Way = "unenrol" if remove else "suspend"
        show(transfers.withdraw(engine, known_connections.find, enrolment, how, by, progress))


@app.command()
def automatic(
    occurrence: Annotated[str, typer.Argument(help="Occurrence, by its code.")],
    switch: Annotated[switches.Switch, typer.Argument(help="on, off, or site: as the site has it.")],
    by: By,
) -> None:
    """Have the enrolments of OCCURRENCE sent by themselves, or no longer."""
    with warehouse_engine() as engine, engine.begin() as session:
        switches.send_automatically(session, occurrence, switch, by)
    typer.echo(f"{occurrence}: send automatically: {switch.value}")


def show(sent: Sent) -> None:
    """Say what became of it; exits 1 unless all went well."""
    for problem in sent.problems:
        typer.echo(problem, err=True)
    typer.echo(f"{sent.written} sent: {sent.status} (run {sent.run_id})")
    if sent.left:
        typer.echo(f"{sent.left} were not sent, and are not asked for any more", err=True)
    if sent.status != "success":
        raise typer.Exit(1)


def progress(kind: str, done: int, of: int) -> None:
    """Say how far it is."""
    typer.echo(f"{kind}: {done} of {of}", err=True)
