"""Test results of schools: their links."""

from datetime import datetime
from typing import Annotated

import typer

from etl import db, settings
from etl.connectors.iep_lvs import links
from etl.connectors.iep_lvs.links import LinkTerms
from etl.connectors.iep_lvs.message import WITHOUT_OFFSET
from etl.console import tables
from etl.console.numbers import whole
from etl.console.warehouse import warehouse_engine

app = typer.Typer(no_args_is_help=True, help=__doc__)
link = typer.Typer(no_args_is_help=True, help="Links of schools: who may deliver, under which code.")
app.add_typer(link, name="link")

Brin6 = Annotated[str, typer.Argument(help="BRIN and location number of the school, such as 99QQ00.")]
By = Annotated[str, typer.Option(help="Who does this; it stands in the link log.")]
# Asked for without an echo: an argument would stay in the history of the shell and in the list of processes.
Code = Annotated[
    str,
    typer.Option("--code", envvar=settings.VERIFICATIECODE.name, prompt="Verificatiecode", hide_input=True,
                 help="The school's own code; asked for, or taken from the environment."),
]  # fmt: skip


@link.command()
def activate(
    code: Code,
    by: By,
    accepted_by: Annotated[str, typer.Option(help="Mandated person who accepts the terms for the school.")],
    accept_terms: Annotated[bool, typer.Option("--accept-terms", help="The terms are accepted.")] = False,
    supplier_code: Annotated[str, typer.Option(help="klantcode of the supplier.")] = "BUREAUICE",
    supplier: Annotated[str, typer.Option(help="klantnaam of the supplier.")] = "Bureau ICE",
    start: Annotated[datetime | None, typer.Option(help="First day of the exchange; default today.")] = None,
) -> None:
    """Activate the link of the school that the code starts with."""
    if not accept_terms:
        raise typer.BadParameter("the link is activated only with --accept-terms")
    today = datetime.now(WITHOUT_OFFSET).date()
    terms = LinkTerms(accepted_by, today, start.date() if start else today)
    with warehouse_engine() as engine, engine.begin() as session:
        brin6 = links.activate(session, code, supplier, supplier_code, terms, by)
    typer.echo(f"school {brin6}: link is active from {terms.start_date}")


@link.command()
def pause(brin6: Brin6, by: By) -> None:
    """Stop the exchange for now: the code is removed."""
    with warehouse_engine() as engine, engine.begin() as session:
        links.pause(session, brin6, by)
    typer.echo(f"school {brin6}: link is paused")


@link.command()
def resume(code: Code, by: By) -> None:
    """Go on with the exchange: the code is entered again."""
    with warehouse_engine() as engine, engine.begin() as session:
        brin6 = links.resume(session, code, by)
    typer.echo(f"school {brin6}: link is active again")


@link.command()
def end(brin6: Brin6, by: By) -> None:
    """End the link of a school; what was recorded stays."""
    with warehouse_engine() as engine, engine.begin() as session:
        links.end(session, brin6, by)
    typer.echo(f"school {brin6}: link is ended")


@link.command("set")
def set_link(
    brin6: Brin6,
    by: By,
    reading: Annotated[
        links.Reading | None, typer.Option(help="Refuse messages that deviate, or read them.")
    ] = None,
    unknown_pupil: Annotated[
        links.UnknownPupil | None,
        typer.Option(help="Quarantine the rows of an unknown pupil, or refuse the message."),
    ] = None,
    schoolkey: Annotated[
        str | None, typer.Option(help="What the supplier calls the school where it does not send its BRIN.")
    ] = None,
) -> None:
    """Change how messages of a school are handled."""
    with warehouse_engine() as engine, engine.begin() as session:
        links.configure(session, brin6, by, reading, unknown_pupil, schoolkey)
    typer.echo(f"school {brin6}: set")


@link.command("list")
def list_links() -> None:
    """Show every school with its last message, counts and warnings."""
    _print("iep_lvs/links.list")


@app.command()
def pupils(
    brin6: Brin6,
    after: Annotated[str, typer.Option(help="Only pupils that come after this one.")] = "",
    most: Annotated[int, typer.Option(parser=whole, metavar="N", help="How many pupils.")] = 100,
) -> None:
    """Show the pupils of a school that have results."""
    _print("iep_lvs/pupils.page", brin6=brin6, after=after, most=most)


@app.command()
def results(
    brin6: Brin6,
    pupil: Annotated[str, typer.Argument(help="The pupil, as the administration names the client.")],
    most: Annotated[int, typer.Option(parser=whole, metavar="N", help="How many versions.")] = 500,
) -> None:
    """Show the test results of one pupil at a school, with what each was before."""
    _print("iep_lvs/pupils.history", brin6=brin6, pupil_key=pupil, most=most)


@link.command("log")
def show_log(
    brin6: Annotated[str | None, typer.Argument(help="Only this school.")] = None,
    last: Annotated[int, typer.Option(parser=whole, metavar="N", help="How many entries.")] = 50,
) -> None:
    """Show the link log, newest first."""
    _print("iep_lvs/intake.messages", brin6=brin6, most=last)


def _print(query: str, **parameters: object) -> None:
    with warehouse_engine() as engine, engine.connect() as session:
        found = db.rows(session, query, **parameters)
    tables.show(found)
