"""Courses of Moodle for occurrences: found by their idnumber, chosen by hand, made, and filled from a template."""

from functools import partial
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from etl import db
from etl.connectors.moodle import activities as moodle_activities
from etl.connectors.moodle import contract
from etl.connectors.moodle.writing import course_planning, occurrence_courses
from etl.connectors.moodle.writing.course_planning import WantedCourse
from etl.connectors.moodle.writing.occurrence_courses import (
    by_number,
    categories,
    code_of,
    links,
    site_of,
    to_be_made,
    writer_of,
)
from etl.connectors.moodle.writing.settings import WritingSettings
from etl.connectors.moodle.writing.targets import COURSES, IMPORTS
from etl.console import known_connections, tables
from etl.console.warehouse import warehouse_engine
from etl.engine.ledger import Target
from etl.errors import InvalidInput
from etl.load import audit

app = typer.Typer(no_args_is_help=True, help=__doc__)

Source = Annotated[str, typer.Argument(help="Moodle site, as sources.csv names it.")]
Occurrence = Annotated[str, typer.Argument(help="Occurrence, by its code.")]
By = Annotated[str, typer.Option(help="Who asks for it.")]


@app.command("list")
def list_courses(source: Source) -> None:
    """Show the occurrences that are not over, with the course of each: by idnumber, by file, or by whom and when.

    The site is asked which course has the code as its idnumber now (in_moodle); link takes it at once, a night too.
    """
    with warehouse_engine() as engine:
        site = site_of(engine, source)
        with engine.connect() as session:
            rows = db.rows(session, "moodle/course_writing.list", source=source)
        with writer_of(engine, known_connections.find, site) as writer:
            shown = contract.decode_courses(writer.courses()).frame.dropna(subset=["idnumber"])
    in_moodle = dict(zip(shown["idnumber"].str.strip().str.lower(), shown["source_course_id"], strict=True))
    found = [{**row, "in_moodle": in_moodle.get(row["occurrence_code"].lower())} for row in rows]
    tables.show(found, "no occurrences")


@app.command("link")
def link_course(
    source: Source,
    occurrence: Occurrence,
    by: By,
    course: Annotated[
        str | None,
        typer.Option(help="Course, by its number; without it the one with the code as its idnumber."),
    ] = None,
) -> None:
    """Link OCCURRENCE to a course, and show its activities; those of types that cannot be mapped are marked."""
    with warehouse_engine() as engine:
        code, chosen = occurrence_courses.link_course(
            engine, known_connections.find, source, occurrence, course, by
        )
        typer.echo(f"{code} is linked to course {chosen}")
        _show_activities(engine, source, chosen)


@app.command()
def create(
    source: Source,
    occurrence: Occurrence,
    by: By,
    short_name: Annotated[str, typer.Option(help="Short name, unique in the site.")],
    full_name: Annotated[str, typer.Option(help="Full name.")],
    category: Annotated[
        str | None, typer.Option(help="Category, by its number; without it the site's tree is shown.")
    ] = None,
    template: Annotated[str | None, typer.Option(help="Course whose content it gets, by its number.")] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would be made, and make nothing.")
    ] = False,
) -> None:
    """Make a course for OCCURRENCE with its code as idnumber, and its dates and visibility; link it and fill it."""
    with warehouse_engine() as engine:
        site = site_of(engine, source)
        with writer_of(engine, known_connections.find, site) as writer:
            if category is None:
                tables.show(categories(writer), "the site shows no category")
                raise InvalidInput("choose a category, and give its number: --category")
            if template is not None:
                by_number(writer, template)
            code = to_be_made(engine, writer, source, occurrence)
        wanted = WantedCourse(short_name, full_name, category, template)
        want = partial(course_planning.want_course, site=site, occurrence=code, wanted=wanted, by=by)
        made = _sent(engine, site, COURSES, want, by, preview)
        if made is None:
            return
        typer.echo(f"{code} has course {made}")
        if template is not None:
            _imported(engine, site, code, made, template, by, preview=False)
        _show_activities(engine, source, made)


@app.command("import")
def import_content(
    source: Source,
    occurrence: Occurrence,
    by: By,
    template: Annotated[str, typer.Option(help="Course whose content is brought in, by its number.")],
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would be brought in, and bring in nothing.")
    ] = False,
) -> None:
    """Bring the content of a template into the course of OCCURRENCE: once, since each import adds all of it again."""
    with warehouse_engine() as engine:
        site = site_of(engine, source)
        code = code_of(engine, occurrence)
        courses = sorted({row["source_course_id"] for row in links(engine, source, code)})
        if len(courses) != 1:
            raise InvalidInput(f"{code} has {len(courses) or 'no'} courses: link it to one first")
        with writer_of(engine, known_connections.find, site) as writer:
            by_number(writer, template)
        if _imported(engine, site, code, courses[0], template, by, preview):
            _show_activities(engine, source, courses[0])


def _imported(
    engine: Engine, site: WritingSettings, code: str, course: str, template: str, by: str, preview: bool
) -> bool:
    want = partial(
        course_planning.want_import, site=site, occurrence=code, course=course, template=template, by=by
    )
    done = _sent(engine, site, IMPORTS, want, by, preview) is not None
    if done:
        typer.echo(f"template {template} was brought into course {course}")
    return done


def _sent(
    engine: Engine, site: WritingSettings, target: Target, want: Any, by: str, preview: bool
) -> str | None:
    """Have a wish sent; the course where that was done, else its fate is told."""
    if preview:
        with engine.connect() as session:  # it is never committed: the wish goes with it
            audit.by(session, by)
            tables.show([course_planning.told(session, want(session))])
        return None
    sent = occurrence_courses.send(engine, known_connections.find, site, target, want, by)
    if sent.course is None:
        typer.echo(sent.why)
        if sent.tried:
            raise typer.Exit(1)
    return sent.course


def _show_activities(engine: Engine, source: str, course: str) -> None:
    found = moodle_activities.list_course(engine, known_connections.find, source, course)
    tables.show(found, "the course has no activities")
