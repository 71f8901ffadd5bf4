"""Courses of Moodle for occurrences: found by their idnumber, chosen by hand, made, and filled from a template."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Final

import typer
from sqlalchemy import Engine

from etl import db
from etl.connectors.moodle import activities as moodle_activities
from etl.connectors.moodle import contract
from etl.connectors.moodle.writing import course_planning
from etl.connectors.moodle.writing import push as site_push
from etl.connectors.moodle.writing.client import MoodleWriter
from etl.connectors.moodle.writing.course_planning import WantedCourse
from etl.connectors.moodle.writing.courses import link
from etl.connectors.moodle.writing.flow import may_be_sent
from etl.connectors.moodle.writing.push import Pushing
from etl.connectors.moodle.writing.settings import WritingSettings, written_site
from etl.connectors.moodle.writing.targets import COURSES, IMPORTS
from etl.console import known_connections, tables
from etl.console.warehouse import warehouse_engine
from etl.engine import night
from etl.engine.ledger import Target
from etl.engine.options import Options
from etl.errors import InvalidInput
from etl.load import audit

app = typer.Typer(no_args_is_help=True, help=__doc__)

_FLOW: Final = "moodle_courses"
Source = Annotated[str, typer.Argument(help="Moodle site, as sources.csv names it.")]
Occurrence = Annotated[str, typer.Argument(help="Occurrence, by its code.")]
By = Annotated[str, typer.Option(help="Who asks for it.")]


@app.command("list")
def list_courses(source: Source) -> None:
    """Show the occurrences that are not over, with the course of each: by idnumber, by file, or by whom and when.

    The site is asked which course has the code as its idnumber now (in_moodle); link takes it at once, a night too.
    """
    with warehouse_engine() as engine:
        site = _site(engine, source)
        with engine.connect() as session:
            rows = db.rows(session, "moodle/course_writing.list", source=source)
        with _writer(engine, site) as writer:
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
        site = _site(engine, source)
        with engine.connect() as session:
            code = course_planning.occurrence_named(session, occurrence)["occurrence_code"]
        with _writer(engine, site) as writer:
            chosen = _by_idnumber(writer, code) if course is None else _by_number(writer, course)
        _refuse_other(engine, source, code, chosen)
        with engine.begin() as session:
            audit.by(session, by)
            link(session, source, code, chosen, by)
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
        site = _site(engine, source)
        with _writer(engine, site) as writer:
            if category is None:
                tables.show(_tree(writer), "the site shows no category")
                raise InvalidInput("choose a category, and give its number: --category")
            if template is not None:
                _by_number(writer, template)
            with engine.connect() as session:
                code = course_planning.occurrence_named(session, occurrence)["occurrence_code"]
            _refuse_other(engine, source, code, None)
            if found := writer.courses_named(code):
                raise InvalidInput(f"course {found[0].course_id} has {code} as its idnumber: link it")
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
        site = _site(engine, source)
        with engine.connect() as session:
            code = course_planning.occurrence_named(session, occurrence)["occurrence_code"]
        courses = sorted({row["source_course_id"] for row in _links(engine, source, code)})
        if len(courses) != 1:
            raise InvalidInput(f"{code} has {len(courses) or 'no'} courses: link it to one first")
        with _writer(engine, site) as writer:
            _by_number(writer, template)
        if _imported(engine, site, code, courses[0], template, by, preview):
            _show_activities(engine, source, courses[0])


def _site(engine: Engine, source: str) -> WritingSettings:
    with engine.connect() as session:
        return written_site(session, source)


def _writer(engine: Engine, site: WritingSettings) -> MoodleWriter:
    return MoodleWriter(known_connections.find(site.connection_id), engine)


def _by_idnumber(writer: MoodleWriter, code: str) -> str:
    found = writer.courses_named(code)
    if not found:
        raise InvalidInput(
            f"no course has {code} as its idnumber: enter it in the course's settings in Moodle and look again, link a"
            " course by its number (--course), or make one (etl moodle courses create)"
        )
    return found[0].course_id


def _by_number(writer: MoodleWriter, course: str) -> str:
    if writer.course(course) is None:
        raise InvalidInput(
            f"course {course} is not shown: there is none, or it is hidden from the service account"
        )
    return course


def _links(engine: Engine, source: str, code: str) -> Sequence[Mapping[str, Any]]:
    with engine.connect() as session:
        return db.rows(session, "moodle/course_writing.linked", source=source, occurrence_code=code)


def _refuse_other(engine: Engine, source: str, code: str, chosen: str | None) -> None:
    """A course that is the occurrence's by its idnumber or by file is not replaced from here; one by hand is."""
    for row in _links(engine, source, code):
        by_hand = row["by"] not in ("idnumber", "course_links.csv")
        if row["source_course_id"] != chosen and not (by_hand and chosen):
            raise InvalidInput(f"{code} is linked to course {row['source_course_id']} ({row['by']})")


def _tree(writer: MoodleWriter) -> list[dict[str, Any]]:
    return [
        {"category": one.id, "name": "  " * (one.depth - 1) + one.name, "idnumber": one.idnumber}
        for one in sorted(
            writer.categories(), key=lambda one: [int(part) for part in one.path.split("/")[1:]]
        )
    ]


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
    """Bring a wish into the ledger and have it sent; the course where that was done, else its fate is told."""
    with engine.begin() as session:
        audit.by(session, by)
        trial = session.begin_nested()
        item_id = want(session)
        if preview:
            tables.show([_told(session, item_id)])
            trial.rollback()
            return None
    sent = may_be_sent(site, known_connections.find)
    if sent:
        run_id = night.open_run(engine, _FLOW, Options(), None)
        connection = known_connections.find(site.connection_id)
        pushing = Pushing(only=(target,), at_most=None)
        task = partial(site_push.push, engine, run_id, site, connection, pushing)
        night.whole_run(engine, run_id, [task], partial(night.close_run, engine, run_id))
    with engine.connect() as session:
        [item] = db.rows(session, "moodle/course_writing.state", item_id=item_id)
    if item["status"] == "accepted":
        return str(item["source_course_id"])
    typer.echo(f"{item['status']}: {item['explanation'] or item['cause'] or 'it waits for the next run'}")
    if sent:
        raise typer.Exit(1)
    return None


def _told(session: Any, item_id: int) -> Mapping[str, Any]:
    [row] = db.rows(session, "moodle/course_writing.told", item_id=item_id)
    return row


def _show_activities(engine: Engine, source: str, course: str) -> None:
    found = moodle_activities.list_course(engine, known_connections.find, source, course)
    tables.show(found, "the course has no activities")
