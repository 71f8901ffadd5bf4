"""Enrolments into Moodle: how each stands, what would be sent, and having it sent."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Annotated

import typer
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl.connectors.moodle.writing import asked, flow
from etl.connectors.moodle.writing import push as site_push
from etl.connectors.moodle.writing.asked import Choice, Items
from etl.connectors.moodle.writing.preview import Line, WouldSend
from etl.connectors.moodle.writing.push import Pushing
from etl.connectors.moodle.writing.settings import written_site, written_sites
from etl.connectors.moodle.writing.targets import WITHDRAWALS
from etl.console import known_connections, tables
from etl.console.numbers import whole
from etl.console.warehouse import warehouse_engine
from etl.engine import night
from etl.engine.options import Options
from etl.errors import InvalidInput
from etl.load import audit, runs

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
    lines: list[Line] = []
    with warehouse_engine() as engine, engine.connect() as session:
        items = asked.ask(session, Choice(occurrence), "preview")
        would = [
            WouldSend.read(session, site, items.get(site.source, frozenset()))
            for site in written_sites(session)
        ]
        session.rollback()
        for one in would:
            lines += one.of_enrolments(engine, known_connections.find(one.site.connection_id))
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
        pushing = Pushing(at_most, stop_after)
        with engine.begin() as session:
            audit.by(session, by)
            items = asked.ask(session, Choice(occurrence, enrolment), by)
            check(session, items, pushing)
        try:
            send(engine, items, pushing)
        finally:
            with engine.begin() as session:
                audit.by(session, by)
                waiting = asked.take_back(session, items, by)
            if waiting:
                typer.echo(f"{waiting} were not sent, and are not asked for any more", err=True)


@app.command()
def withdraw(
    enrolment: Annotated[list[str], typer.Argument(help="Enrolments that were withdrawn.")],
    by: By,
    remove: Annotated[
        bool,
        typer.Option(
            "--remove/--suspend", help="Remove from the course, which takes the grades out of sight."
        ),
    ] = False,
) -> None:
    """Suspend or remove withdrawn enrolments in Moodle, whatever the setting says of it."""
    with warehouse_engine() as engine:
        with engine.begin() as session:
            audit.by(session, by)
            items = asked.ask_withdrawal(session, enrolment, "unenrol" if remove else "suspend", by)
            check(session, items, Pushing())
        send(engine, items, Pushing(only=(WITHDRAWALS,)))


def check(session: Session, items: Items, pushing: Pushing) -> None:
    """Raises InvalidInput where a site may not be sent these items; what was asked for is then taken back."""
    for source, chosen in items.items():
        site = written_site(session, source)
        if not flow.may_be_sent(site, known_connections.find):
            raise InvalidInput(f"{source}: in test, or paused; nothing was sent")
        if too_many := pushing.too_many(site, len(chosen)):
            raise InvalidInput(str(too_many))


def send(engine: Engine, items: Items, pushing: Pushing) -> None:
    """Send these items to their sites, and say what became of it; exits 1 unless all went well."""
    run_id = flow.open_run(engine, Options(at_most=pushing.at_most))

    def tasks() -> Iterator[Callable[[], object]]:
        for source, chosen in sorted(items.items()):
            yield partial(_send, engine, run_id, source, chosen, pushing)

    run_id, status = night.whole_run(engine, run_id, tasks(), partial(flow.finish, engine, run_id))
    with engine.connect() as session:
        for problem in runs.problems(session, run_id):
            typer.echo(problem, err=True)
        written = runs.written(session, run_id)
    typer.echo(f"{written} sent: {status} (run {run_id})")
    if status != "success":
        raise typer.Exit(1)


def _send(engine: Engine, run_id: str, source: str, chosen: frozenset[int], pushing: Pushing) -> None:
    with engine.connect() as session:
        site = written_site(session, source)
    connection = known_connections.find(site.connection_id)
    site_push.push(engine, run_id, site, connection, replace(pushing, items=chosen), _progress)


def _progress(kind: str, done: int, of: int) -> None:
    typer.echo(f"{kind}: {done} of {of}", err=True)
