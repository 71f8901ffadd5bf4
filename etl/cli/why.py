"""Why something was recorded."""

from typing import Annotated

import typer

from etl.connectors import registry
from etl.connectors.coachview.why import why_registration
from etl.connectors.iep_lvs.why import why_test_result
from etl.connectors.pe_online.why import why_point
from etl.console import tables
from etl.console.warehouse import warehouse_engine
from etl.results.why.competences import why_competence
from etl.results.why.registrations import why_completion
from etl.results.why.shape import Why
from etl.results.why.unit_results import why_result

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.callback()
def _why() -> None:
    """Why something was recorded, or was not: rule, inputs, answers as they landed, runs, and who decided."""


@app.command()
def result(
    enrolment: Annotated[str, typer.Argument(help="Enrolment, by its code.")],
    unit: Annotated[str, typer.Argument(help="Unit or task, by its code.")],
) -> None:
    """Show what led to the result of a unit or task."""
    with warehouse_engine() as engine, engine.connect() as session:
        _show(why_result(session, enrolment, unit))


@app.command()
def point(
    item: Annotated[int, typer.Argument(help="Point, by its number in the ledger (etl pe list).")],
) -> None:
    """Show what made a result count for a point, under which number it goes, and what became of it."""
    with warehouse_engine() as engine, engine.connect() as session:
        _show(why_point(session, item))


@app.command()
def competence(
    code: Annotated[str, typer.Argument(help="Competence, by its code.")],
    client: Annotated[str, typer.Argument(help="Person, by client code.")],
) -> None:
    """Show which passes gave somebody a competence, from when until when, and why others changed nothing."""
    with warehouse_engine() as engine, engine.connect() as session:
        _show(why_competence(session, code, client))


@app.command()
def registration(
    request: Annotated[str, typer.Argument(help="Training request, by its code.")],
    part: Annotated[str, typer.Argument(help="Part of the training, by its code.")],
) -> None:
    """Show which completions a part of a request is registered by, and how that stands where it is sent."""
    with warehouse_engine() as engine, engine.connect() as session:
        _show(why_registration(session, request, part, registry.answers_of))


@app.command()
def completion(
    number: Annotated[int, typer.Argument(help="Completion that was reported, by its number.")],
) -> None:
    """Show what became of a completion that an e-learning system reported, or why it counts for nothing."""
    with warehouse_engine() as engine, engine.connect() as session:
        _show(why_completion(session, number, registry.answers_of))


@app.command("test-result")
def test_result(
    brin6: Annotated[str, typer.Argument(help="School: BRIN and location number.")],
    key: Annotated[str, typer.Argument(help="Result, by its key at the supplier.")],
) -> None:
    """Show what the supplier said of a pupil's test result, and what was said before."""
    with warehouse_engine() as engine, engine.connect() as session:
        _show(why_test_result(session, brin6, key))


def _show(why: Why) -> None:
    typer.echo(why.about)
    for sentence in why.rule:
        typer.echo(sentence)
    for one in why.lists:
        typer.echo(f"\n{one.title}")
        tables.show([{name: row[name] for name in one.columns} for row in one.rows], one.empty)
