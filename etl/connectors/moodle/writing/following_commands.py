"""Commands of `etl moodle courses` for what was linked: courses that follow their occurrence, and links undone."""

from typing import Annotated

import typer

from etl.connectors.moodle.writing import course_planning, courses, switches, transfers
from etl.connectors.moodle.writing.course_commands import By, Occurrence, Source
from etl.connectors.moodle.writing.course_planning import occurrence_named
from etl.connectors.moodle.writing.enrolment_commands import AtMost, StopAfter, progress, show
from etl.connectors.moodle.writing.push import Pushing
from etl.connectors.moodle.writing.settings import written_site
from etl.console import known_connections, tables
from etl.console.warehouse import warehouse_engine


def unlink_course(source: Source, occurrence: Occurrence, by: By) -> None:
    """Undo the link that a person made between OCCURRENCE and a course; what was sent there stays."""
    with warehouse_engine() as engine, engine.begin() as session:
        code = occurrence_named(session, occurrence)["occurrence_code"]
        course = courses.unlink(session, source, code, by)
    typer.echo(f"{code} is no longer linked to course {course}")


def follow(
    source: Source,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what courses would be told, and send nothing.")
    ] = False,
    stop_after: StopAfter = None,
    at_most: AtMost = None,
) -> None:
    """Give courses that follow an occurrence its dates and visibility, where they differ, and send nothing else."""
    with warehouse_engine() as engine:
        with engine.connect() as session:
            site = written_site(session, source)
            found = course_planning.would_change(session, site) if preview else []
            session.rollback()
        if preview:
            tables.show(found, "no course differs from its occurrence")
            return
        show(transfers.follow(engine, known_connections.find, source, Pushing(at_most, stop_after), progress))


def following(
    occurrence: Occurrence,
    switch: Annotated[switches.Switch, typer.Argument(help="on, off, or site: as the site has it.")],
    by: By,
) -> None:
    """Have the course of OCCURRENCE take over its dates and visibility, or no longer."""
    with warehouse_engine() as engine, engine.begin() as session:
        switches.follow(session, occurrence, switch, by)
    typer.echo(f"{occurrence}: follow: {switch.value}")
