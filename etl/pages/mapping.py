"""Mapping: which activities of a Moodle course count for which unit or task of an occurrence."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Engine

from etl import db
from etl.connectors.moodle import activities as moodle_activities
from etl.connectors.moodle.writing.settings import written_sites
from etl.errors import EtlError, InvalidInput
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor
from etl.pages.render import html
from etl.reference import effect
from etl.reference.mapping import MappedUnit, map_unit
from etl.words import counted

_MOST: Final = 100  # occurrences of a page
_MISTAKEN: Final = 409
_NOT_NOW: Final = 503
Chosen = Annotated[str | None, Query(max_length=200)]
Given = Annotated[str, Form(max_length=200)]
Numbers = Annotated[list[str], Form(max_length=1000)]


def router(host: PagesHost) -> APIRouter:
    """The occurrences; one of them with its courses, units and activities; and what is done about a unit."""
    pages = APIRouter(dependencies=[visitor_of(host, "mapping")])

    @pages.get("/mapping")
    def mapping(
        request: Request,
        occurrence: Chosen = None,
        unit: Chosen = None,
        source: Chosen = None,
        course: Chosen = None,
        search: Chosen = None,
        after: Chosen = None,
        done: Annotated[str | None, Query(max_length=5_000)] = None,
        refused: Annotated[str | None, Query(max_length=5_000)] = None,
    ) -> Response:
        if occurrence is None and course:
            occurrence = _only_one(host.engine(), source, course)
        if occurrence is None:
            found = _occurrences(host.engine(), search or None, after or "", source or None, course or None)
            return html(request, "mapping_list", **found)
        shown = shown_of(host.engine(), occurrence, unit, source, course)
        if unit and unit not in [one["unit_code"] for one in shown["units"]]:
            refused = f"The administration lists no unit or task {unit}."
        return html(request, "mapping", **shown, done=done, refused=refused)

    @pages.post("/mapping")
    def changed(
        request: Request,
        visitor: Annotated[Visitor, visitor_of(host, "mapping/change")],
        do: Annotated[Literal["try", "save", "look"], Form()],
        occurrence: Given,
        unit: Given,
        source: Given,
        course: Given,
        shown: Numbers = [],  # noqa: B006 - what FastAPI asks for
        wanted: Numbers = [],  # noqa: B006
    ) -> Response:
        engine = host.engine()
        told: dict[str, Any] = {}
        status = 200
        chosen = MappedUnit(occurrence, unit, source, course)
        change = partial(map_unit, unit=chosen, shown=shown, wanted=wanted, by=visitor.name, through="page")
        try:
            if do == "try":
                found = effect.what_would_change(engine, host.connect, change)
                told = {"effect": effect.sentences(found)}
            elif do == "look":
                count = len(moodle_activities.list_course(engine, host.connect, source, course))
                told = {
                    "done": f"Moodle was asked: the course has {counted(count, 'activity', 'activities')}."
                }
            else:
                count = change(engine)
                return _back(chosen, f"Saved: {counted(count, 'link')} of {unit} changed.")
        except InvalidInput as refused:
            told, status = {"refused": str(refused)}, _MISTAKEN
        except EtlError as problem:
            told, status = {"refused": f"Nothing was changed: {problem}"}, _NOT_NOW
        page = shown_of(engine, occurrence, unit, source, course)
        return html(
            request, "mapping", status, **page, **told, wanted=_ticked(page["activities"], shown, wanted)
        )

    return pages


def _ticked(activities: Sequence[Mapping[str, Any]], shown: Sequence[str], wanted: Sequence[str]) -> set[str]:
    """What a person ticked and unticked, upon what counts now: another may have changed it since it was shown."""
    now = {one["activity_id"] for one in activities if one["mapped"]}
    return (now | (set(wanted) - set(shown))) - (set(shown) - set(wanted))


def _back(unit: MappedUnit, done: str) -> Response:
    """The page again, where it was, with what was done."""
    asked = {
        "occurrence": unit.occurrence_code,
        "unit": unit.unit_code,
        "source": unit.source,
        "course": unit.source_course_id,
        "done": done,
    }
    return RedirectResponse(f"mapping?{urlencode(asked)}#activities", status_code=303)


def _only_one(engine: Engine, source: str | None, course: str) -> str | None:
    """The occurrence of a course that has one alone."""
    rows = _occurrences(engine, None, "", source or None, course)["rows"]
    return str(rows[0]["occurrence_code"]) if len(rows) == 1 else None


def _occurrences(
    engine: Engine, search: str | None, after: str, source: str | None, course: str | None
) -> dict[str, Any]:
    chosen = {"search": search, "source": source, "course": course}
    with engine.connect() as session:
        rows = db.rows(session, "pages/mapping.occurrences", **chosen, after=after, most=_MOST + 1)
    more = rows[_MOST - 1]["occurrence_code"] if len(rows) > _MOST else None
    return {
        "rows": rows[:_MOST],
        "more": more,
        "chosen": {name: value for name, value in chosen.items() if value},
    }


def shown_of(
    engine: Engine,
    occurrence: str,
    unit: str | None = None,
    source: str | None = None,
    course: str | None = None,
) -> dict[str, Any]:
    """An occurrence with its units and courses, and the activities of the course that is looked at."""
    with engine.connect() as session:
        found = db.rows(session, "pages/mapping.occurrence", occurrence_code=occurrence)
        if not found:
            raise InvalidInput(f"The administration lists no occurrence {occurrence}.")
        of = {"occurrence_code": occurrence}
        units = db.rows(session, "reference/mapping.shown", **of, unit_code=unit)
        courses = db.rows(session, "pages/mapping.courses", **of)
        here = _chosen(courses, source, course)
        chosen = next((one for one in units if one["unit_code"] == unit), units[0] if units else None)
        activities: list[Mapping[str, Any]] = []
        if here and chosen:
            where = {"source": here["source"], "source_course_id": here["source_course_id"]}
            activities = db.rows(
                session, "pages/mapping.activities", **of, unit_code=chosen["unit_code"], **where
            )
        last = db.rows(session, "pages/mapping.last_change", **of)
        sites = [site.source for site in written_sites(session)]
    return {
        "occurrence": found[0],
        "units": units,
        "courses": courses,
        "sites": sites,
        "here": here,
        "chosen": chosen,
        "activities": activities,
        "last": last[0] if last else None,
    }


def _chosen(
    courses: list[Mapping[str, Any]], source: str | None, course: str | None
) -> Mapping[str, Any] | None:
    """The course that was chosen, else the first one."""
    asked = (source, course)
    named = [one for one in courses if (one["source"], one["source_course_id"]) == asked]
    return next(iter(named or courses), None)
