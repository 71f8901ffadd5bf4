"""Moodle: what units and tasks can be mapped to, and what is sent there."""

from typing import Annotated

import typer

from etl.connectors.moodle import activities as moodle_activities
from etl.connectors.moodle.writing import (
    course_commands,
    enrolment_commands,
    following_commands,
    people_commands,
)
from etl.console import known_connections, tables
from etl.console.warehouse import warehouse_engine

app = typer.Typer(no_args_is_help=True, help=__doc__)
course_commands.app.command("unlink")(following_commands.unlink_course)
course_commands.app.command("follow")(following_commands.follow)
course_commands.app.command("following")(following_commands.following)
app.add_typer(course_commands.app, name="courses")
app.add_typer(enrolment_commands.app, name="enrolments")
app.add_typer(people_commands.app, name="people")


@app.command()
def activities(
    source: Annotated[str, typer.Argument(help="Moodle site, as sources.csv names it.")],
    course: Annotated[str, typer.Argument(help="Course, by its number in Moodle.")],
) -> None:
    """Ask Moodle for the activities of COURSE: number (cmid), name, type, pass grade, and what is mapped to each.

    activity_links.csv maps units and tasks to these numbers. The view mart.activities shows them too.
    """
    with warehouse_engine() as engine:
        found = moodle_activities.list_course(engine, known_connections.find, source, course)
    tables.show(found, "the course has no activities")
