"""The course of an occurrence: found by its idnumber, chosen by hand, or made, as the site has it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors.moodle.writing import course_planning
from etl.connectors.moodle.writing import push as site_push
from etl.connectors.moodle.writing.client import MoodleWriter
from etl.connectors.moodle.writing.course_planning import WantedCourse
from etl.connectors.moodle.writing.courses import link
from etl.connectors.moodle.writing.flow import may_be_sent
from etl.connectors.moodle.writing.push import Pushing
from etl.connectors.moodle.writing.settings import WritingSettings, written_site
from etl.connectors.moodle.writing.targets import COURSES
from etl.engine import night
from etl.engine.ledger import Target
from etl.engine.night import Connect
from etl.engine.options import Options
from etl.errors import InvalidInput
from etl.load import audit
from etl.load.audit import Through

_FLOW: Final = "moodle_courses"


@dataclass(frozen=True)
class Sent:
    """What became of a wish: ``course`` where it was done, else ``why`` not; ``tried``: the site was written to."""

    course: str | None
    why: str
    tried: bool


def site_of(engine: Engine, source: str) -> WritingSettings:
    """A site that is written to. Raises GiveUp where nothing is sent to it."""
    with engine.connect() as session:
        return written_site(session, source)


def writer_of(engine: Engine, connect: Connect, site: WritingSettings) -> MoodleWriter:
    """A client that may write to a site."""
    return MoodleWriter(connect(site.connection_id), engine)


def code_of(engine: Engine, occurrence: str) -> str:
    """The code as the administration writes it. Raises InvalidInput where it lists no such occurrence."""
    with engine.connect() as session:
        return str(course_planning.occurrence_named(session, occurrence)["occurrence_code"])


def link_course(
    engine: Engine,
    connect: Connect,
    source: str,
    occurrence: str,
    course: str | None,
    by: str,
    through: Through = "command",
    seen: str | None = None,
) -> tuple[str, str]:
    """Link an occurrence to a course of this number, else to that with its code as idnumber; returns code and course.

    ``seen``: the course by hand that whoever decides has seen, empty for none; None where it does not matter. Raises
    InvalidInput where that is another by now, where the site shows no such course, or where the occurrence has another
    by its idnumber or by file.
    """
    code, chosen = find_course(engine, connect, source, occurrence, course)
    keep_link(engine, source, code, chosen, by, through, seen)
    return code, chosen


def find_course(
    engine: Engine, connect: Connect, source: str, occurrence: str, course: str | None
) -> tuple[str, str]:
    """The code of an occurrence and the course that ``link_course`` would link it to; raises what that raises."""
    site = site_of(engine, source)
    code = code_of(engine, occurrence)
    with writer_of(engine, connect, site) as writer:
        chosen = _by_idnumber(writer, code) if course is None else by_number(writer, course)
    _refuse_other(engine, source, code, chosen)
    return code, chosen


def keep_link(
    engine: Engine,
    source: str,
    code: str,
    course: str,
    by: str,
    through: Through,
    seen: str | None = None,
) -> None:
    """An occurrence has this course from now on; the site is not asked."""
    with engine.begin() as session:
        audit.by(session, by, through)
        link(session, source, code, course, by, seen)


def to_be_made(engine: Engine, writer: MoodleWriter, source: str, occurrence: str) -> str:
    """The code of an occurrence that has no course. Raises InvalidInput where it has one, or the site does."""
    code = code_of(engine, occurrence)
    _refuse_other(engine, source, code, None)
    if found := writer.courses_named(code):
        raise InvalidInput(f"course {found[0].course_id} has {code} as its idnumber: link it")
    return code


def check_wanted(
    engine: Engine, connect: Connect, site: WritingSettings, occurrence: str, wanted: WantedCourse
) -> str:
    """The code of an occurrence of which this course may be made. Raises InvalidInput where something of it is missing,
    the template is not shown, or the occurrence has a course.
    """
    if not (wanted.short_name and wanted.full_name and wanted.category_id):
        raise InvalidInput("a course needs a short name, a full name and a category")
    with writer_of(engine, connect, site) as writer:
        if wanted.template is not None:
            by_number(writer, wanted.template)
        return to_be_made(engine, writer, site.source, occurrence)


def make_course(
    engine: Engine,
    connect: Connect,
    source: str,
    occurrence: str,
    wanted: WantedCourse,
    by: str,
    through: Through = "command",
) -> Sent:
    """Make a course with the occurrence's code as its idnumber, and link it; the next run fills it from its template.

    Raises what ``check_wanted`` raises.
    """
    site = site_of(engine, source)
    code = check_wanted(engine, connect, site, occurrence, wanted)
    want = partial(course_planning.want_course, site=site, occurrence=code, wanted=wanted, by=by)
    return send(engine, connect, site, COURSES, want, by, through)


def send(
    engine: Engine,
    connect: Connect,
    site: WritingSettings,
    target: Target,
    want: Callable[[Session], int],
    by: str,
    through: Through = "command",
) -> Sent:
    """Bring a wish into the ledger, and have it sent unless the site is in test or paused."""
    with engine.begin() as session:
        audit.by(session, by, through)
        item_id = want(session)
    tried = may_be_sent(site, connect)
    if tried:
        run_id = night.open_run(engine, _FLOW, Options(), None)
        pushing = Pushing(only=(target,), at_most=None)
        task = partial(site_push.push, engine, run_id, site, connect(site.connection_id), pushing)
        night.whole_run(engine, run_id, [task], partial(night.close_run, engine, run_id))
    with engine.connect() as session:
        [item] = db.rows(session, "moodle/course_writing.state", item_id=item_id)
    if item["status"] == "accepted":
        return Sent(str(item["source_course_id"]), "", tried)
    why = item["explanation"] or item["cause"] or "it waits for the next run"
    return Sent(None, f"{item['status']}: {why}", tried)


def categories(writer: MoodleWriter) -> list[dict[str, Any]]:
    """The site's tree of categories, in its order, each name as deep as it stands."""
    return [
        {"category": one.id, "name": "  " * (one.depth - 1) + one.name, "idnumber": one.idnumber}
        for one in sorted(
            writer.categories(), key=lambda one: [int(part) for part in one.path.split("/")[1:]]
        )
    ]


def by_number(writer: MoodleWriter, course: str) -> str:
    """A course that the site shows. Raises InvalidInput where it does not."""
    if writer.course(course) is None:
        raise InvalidInput(
            f"course {course} is not shown: there is none, or it is hidden from the service account"
        )
    return course


def links(engine: Engine, source: str, code: str) -> Sequence[Mapping[str, Any]]:
    """The courses of an occurrence at a site, and by what."""
    with engine.connect() as session:
        return db.rows(session, "moodle/course_writing.linked", source=source, occurrence_code=code)


def _by_idnumber(writer: MoodleWriter, code: str) -> str:
    found = writer.courses_named(code)
    if not found:
        raise InvalidInput(
            f"no course has {code} as its idnumber: enter it in the course's settings in Moodle and look again, link a"
            " course by its number (--course), or make one (etl moodle courses create)"
        )
    return found[0].course_id


def _refuse_other(engine: Engine, source: str, code: str, chosen: str | None) -> None:
    """A course that is the occurrence's by its idnumber or by file is not replaced from here; one by hand is."""
    for row in links(engine, source, code):
        by_hand = row["by"] not in ("idnumber", "course_links.csv")
        if row["source_course_id"] != chosen and not (by_hand and chosen):
            raise InvalidInput(f"{code} is linked to course {row['source_course_id']} ({row['by']})")
