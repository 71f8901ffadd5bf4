"""Which activities count for which units and tasks of an occurrence."""

from functools import partial
from typing import Annotated

import typer

from etl import db
from etl.connectors.moodle.writing import occurrence_courses
from etl.console import known_connections, tables
from etl.console.warehouse import warehouse_engine
from etl.load import audit
from etl.reference import course_effect, effect
from etl.reference.mapping import MappedUnit, map_unit, mapped
from etl.words import counted

app = typer.Typer(no_args_is_help=True, help=__doc__)

Occurrence = Annotated[str, typer.Argument(help="Occurrence, by its code.")]
Unit = Annotated[str, typer.Argument(help="Unit or task, by its code.")]
Source = Annotated[str, typer.Argument(help="Moodle site, as sources.csv names it.")]
Course = Annotated[str, typer.Argument(help="Course, by its number.")]
Activity = Annotated[str, typer.Argument(help="Activity, by its number (cmid).")]
By = Annotated[str | None, typer.Option(help="Who decides; without it whoever runs this.")]
Trial = Annotated[
    bool, typer.Option("--what-would-change", help="Say what follows from it, and change nothing.")
]


@app.command()
def show(occurrence: Occurrence) -> None:
    """List the units and tasks of an occurrence with the activities that count for each."""
    with warehouse_engine() as engine, engine.connect() as session:
        units = db.rows(session, "reference/mapping.shown", occurrence_code=occurrence, unit_code=None)
    tables.show([{**one, "activities": ", ".join(one["activities"])} for one in units], "no units")


@app.command("map")
def map_command(
    occurrence: Occurrence,
    unit: Unit,
    source: Source,
    course: Course,
    activity: Activity,
    by: By = None,
    what_would_change: Trial = False,
) -> None:
    """Have one activity count for a unit or task from now on."""
    _change(MappedUnit(occurrence, unit, source, course), activity, True, by, what_would_change)


@app.command("unmap")
def unmap_command(
    occurrence: Occurrence,
    unit: Unit,
    source: Source,
    course: Course,
    activity: Activity,
    by: By = None,
    what_would_change: Trial = False,
) -> None:
    """Have one activity count for a unit or task no more; what is recorded stays."""
    _change(MappedUnit(occurrence, unit, source, course), activity, False, by, what_would_change)


@app.command("course")
def course_command(
    occurrence: Occurrence,
    source: Source,
    course: Annotated[
        str | None,
        typer.Option(help="Course, by its number; without it the one with the code as its idnumber."),
    ] = None,
    unlink: Annotated[
        bool, typer.Option("--unlink", help="Say what follows where a link by hand is undone.")
    ] = False,
) -> None:
    """Say what would change where an occurrence is linked to a course; `etl moodle courses link` and `unlink` do it."""
    by = audit.user()
    with warehouse_engine() as engine:
        asked = (engine, known_connections.find, source)
        if unlink:
            lines = course_effect.of_unlink(
                *asked, occurrence_courses.code_of(engine, occurrence), course, by
            )
        else:
            code, found = occurrence_courses.find_course(*asked, occurrence, course)
            lines = course_effect.of_link(*asked, code, found, by)
    typer.echo("\n".join(lines))


def _change(unit: MappedUnit, activity: str, counts: bool, by: str | None, trial: bool) -> None:
    with warehouse_engine() as engine:
        now = mapped(engine, unit)
        wanted = now | {activity} if counts else now - {activity}
        change = partial(
            map_unit, unit=unit, shown=now, wanted=wanted, by=by or audit.user(), through="command"
        )
        if trial:
            found = effect.what_would_change(engine, known_connections.find, change)
            typer.echo("\n".join(effect.sentences(found)))
            return
        changed = change(engine)
    typer.echo(f"{counted(changed, 'link')} changed")
