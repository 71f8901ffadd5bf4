"""What a link between an occurrence and a course of Moodle would change, made or undone, before it is saved."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from etl.connectors.moodle.writing import asked, course_planning, courses, occurrence_courses
from etl.connectors.moodle.writing.course_planning import WantedCourse
from etl.connectors.moodle.writing.settings import WritingSettings
from etl.engine.night import Connect
from etl.reference import effect
from etl.words import counted

_NOT_MADE: Final = "0"  # the number of a course that is still to be made: Moodle gives none 0


def of_link(
    engine: Engine,
    connect: Connect,
    source: str,
    code: str,
    course: str,
    by: str,
    seen: str | None = None,
) -> list[str]:
    """Sentences: what follows where the occurrence gets this course."""

    def link(trial: Engine) -> None:
        occurrence_courses.keep_link(trial, source, code, course, by, "page", seen)

    return _sentences(engine, connect, source, code, link)


def of_unlink(
    engine: Engine, connect: Connect, source: str, code: str, seen: str | None, by: str
) -> list[str]:
    """Sentences: what follows where the link that a person made goes."""

    def unlink(trial: Engine) -> None:
        with trial.begin() as session:
            courses.unlink(session, source, code, by, seen, "page")

    return _sentences(engine, connect, source, code, unlink)


def of_new_course(
    engine: Engine, connect: Connect, source: str, code: str, wanted: WantedCourse, by: str
) -> list[str]:
    """Sentences: the course as it would be made, and what follows from it."""
    site = occurrence_courses.site_of(engine, source)
    with engine.connect() as session:  # it is never committed: the wish goes with it
        item = course_planning.want_course(session, site, code, wanted, by)
        told = course_planning.told(session, item)
    return [_made(told, ZoneInfo(site.timezone)), *of_link(engine, connect, source, code, _NOT_MADE, by)]


def _sentences(
    engine: Engine, connect: Connect, source: str, code: str, change: Callable[[Engine], None]
) -> list[str]:
    site = occurrence_courses.site_of(engine, source)
    at_moodle: list[str] = []

    def followed(trial: Engine) -> None:
        change(trial)
        at_moodle.extend(_at_moodle(trial, site, code))

    found = effect.what_would_change(engine, connect, followed)
    return [*at_moodle, *effect.sentences(found)]


def _at_moodle(trial: Engine, site: WritingSettings, code: str) -> Iterator[str]:
    """What would be sent to the site next, as it is planned."""
    with trial.begin() as session:
        asked.refresh_all(session)
        for one in asked.occurrences(session, [code]):
            if one["source"] == site.source and one["on_its_way"]:
                sent = counted(one["on_its_way"], "enrolment")
                yield f"{sent} sent to course {one['courses']}, with the accounts they need"
        for row in course_planning.would_change(session, site):
            if row["occurrence_code"] == code and row["course"] != _NOT_MADE:
                yield f"course {row['course']} gets the dates of the occurrence, and is {_visible(row)}"


def _made(told: Mapping[str, Any], zone: ZoneInfo) -> str:
    days = (told[name] and told[name].astimezone(zone) for name in ("starts", "ends"))
    starts, ends = (f"{day:%Y-%m-%d}" if day else "" for day in days)
    dates = f"from {starts} to {ends or 'no end'}" if starts else "without dates"
    filled = f"filled from course {told['template']}" if told["template"] else "empty"
    return f"course {told['short_name']} made in category {told['category']}, {dates}, {_visible(told)}, {filled}"


def _visible(row: Mapping[str, Any]) -> str:
    return "visible" if row["visible"] else "hidden"
