"""Completions of courses: revoke and restore them, with who and why in the history."""

from datetime import datetime
from typing import Annotated

import typer

from etl.console.warehouse import warehouse_engine
from etl.results.completion_decisions import Decision, decide
from etl.words import counted

app = typer.Typer(no_args_is_help=True, help=__doc__)

Source = Annotated[str, typer.Argument(help="Connected system.")]
Course = Annotated[str, typer.Argument(help="Course as that system numbers it.")]
Client = Annotated[str, typer.Argument(help="Code of the learner.")]
Day = Annotated[
    datetime | None,
    typer.Option(
        "--completed-on", formats=["%Y-%m-%d"], help="Only the completion of this day (of the source)."
    ),
]
By = Annotated[str, typer.Option(help="Who decides.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the history.")]


@app.command()
def revoke(source: Source, course: Course, client: Client, by: By, reason: Reason, day: Day = None) -> None:
    """Let completions count as passed no more, such as of another person or by fraud.

    They earn no points, give no competence and are not registered until restored. What they did already stays: points
    that were sent, a competence, a registration, the enrolment.
    """
    _decide("revoked", source, course, client, day, by, reason)


@app.command()
def restore(source: Source, course: Course, client: Client, by: By, reason: Reason, day: Day = None) -> None:
    """Let revoked completions count again; the next night gives what follows from them."""
    _decide("restored", source, course, client, day, by, reason)


def _decide(
    decision: Decision, source: str, course: str, client: str, day: datetime | None, by: str, reason: str
) -> None:
    with warehouse_engine() as engine:
        count = decide(engine, decision, source, course, client, day.date() if day else None, by, reason)
    typer.echo(f"{counted(count, 'completion')} {decision}")
