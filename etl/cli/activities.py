"""The activities of a Moodle course: what units and tasks can be mapped to."""

from typing import Annotated

import typer

from etl import connections
from etl.cli import tables
from etl.cli.warehouse import warehouse_engine
from etl.flows import moodle_activities


def activities(
    source: Annotated[str, typer.Argument(help="Moodle site, as sources.csv names it.")],
    course: Annotated[str, typer.Argument(help="Course, by its number in Moodle.")],
) -> None:
    """Ask Moodle for the activities of COURSE: number (cmid), name, type, pass grade, and what is mapped to each.

    activity_links.csv maps units and tasks to these numbers. The view mart.activities shows them too.
    """
    with warehouse_engine() as engine:
        found = moodle_activities.list_course(engine, connections.from_environment, source, course)
    tables.show(found, "the course has no activities")
