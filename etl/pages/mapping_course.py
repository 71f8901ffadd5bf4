"""The Moodle course of an occurrence, on its Mapping page: looked for again, chosen by hand, made, or taken away; each
said with what it would change before it is saved.
"""

from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from etl import db
from etl.connectors.moodle.writing import courses, occurrence_courses
from etl.connectors.moodle.writing.course_planning import WantedCourse
from etl.errors import EtlError, InvalidInput
from etl.pages import mapping
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor
from etl.pages.render import html
from etl.reference import course_effect

_LONGEST: Final = 255  # of a name of a course in Moodle
_MISTAKEN: Final = 409
_NOT_NOW: Final = 503
_TEMPLATES: Final = 500  # courses that are offered by name; any other is entered by its number
Given = Annotated[str, Form(max_length=_LONGEST)]


def router(host: PagesHost) -> APIRouter:
    """What is done about the course of an occurrence, on the page of the occurrence."""
    pages = APIRouter()

    @pages.post("/mapping-course")
    def chosen(
        request: Request,
        visitor: Annotated[Visitor, visitor_of(host, "mapping/change")],
        do: Annotated[
            Literal["look", "try", "link", "try unlink", "unlink", "form", "try making", "make"], Form()
        ],
        occurrence: Given,
        source: Given,
        course: Given = "",
        short_name: Given = "",
        full_name: Given = "",
        category: Given = "",
        template: Given = "",
    ) -> Response:
        engine, by = host.engine(), visitor.name
        code = occurrence_courses.code_of(engine, occurrence)
        number = course.strip()
        wanted = WantedCourse(
            short_name.strip(), full_name.strip(), category.strip(), template.strip() or None
        )
        try:
            if do in ("look", "try"):
                return _tried(host, request, source, code, None if do == "look" else number, by)
            if do == "link":
                occurrence_courses.link_course(engine, host.connect, source, code, _given(number), by, "page")
                return _back(code, done=f"{code} is linked to course {number}.")
            if do == "try unlink":
                lines = course_effect.of_unlink(engine, host.connect, source, code, number, by)
                return _page(host, request, code, tried=_Tried(source, number, lines, "unlink"))
            if do == "unlink":
                with engine.begin() as session:
                    courses.unlink(session, source, code, by, number, "page")
                return _back(
                    code, done=f"{code} is no longer linked to course {number}; what was sent there stays."
                )
            if do == "form":
                return _making(host, request, code, source)
            if do == "try making":
                return _making(
                    host, request, code, source, wanted, _would_make(host, source, code, wanted, by)
                )
            return _back(code, **_made(host, source, code, wanted, by))
        except InvalidInput as problem:
            refused, status = str(problem), _MISTAKEN
        except EtlError as problem:
            refused, status = str(problem), _NOT_NOW
        said = f"Nothing was changed: {refused}"
        if do in ("try making", "make"):
            return _making(host, request, code, source, wanted, status=status, refused=said)
        return _page(host, request, code, status, refused=said)

    return pages


class _Tried:
    """What was tried, for the page to say, and the button that does it."""

    def __init__(self, source: str, course: str, lines: list[str], do: Literal["link", "unlink"]) -> None:
        self.source, self.course, self.lines, self.do = source, course, lines, do


def _tried(
    host: PagesHost, request: Request, source: str, occurrence: str, number: str | None, by: str
) -> Response:
    course = None if number is None else _given(number)
    code, found = occurrence_courses.find_course(host.engine(), host.connect, source, occurrence, course)
    lines = course_effect.of_link(host.engine(), host.connect, source, code, found, by)
    return _page(host, request, code, tried=_Tried(source, found, lines, "link"))


def _given(number: str) -> str:
    if not number:
        raise InvalidInput("say which course, by its number")
    return number


def _would_make(host: PagesHost, source: str, occurrence: str, wanted: WantedCourse, by: str) -> list[str]:
    engine = host.engine()
    site = occurrence_courses.site_of(engine, source)
    code = occurrence_courses.check_wanted(engine, host.connect, site, occurrence, wanted)
    return course_effect.of_new_course(engine, host.connect, source, code, wanted, by)


def _made(host: PagesHost, source: str, occurrence: str, wanted: WantedCourse, by: str) -> dict[str, str]:
    made = occurrence_courses.make_course(host.engine(), host.connect, source, occurrence, wanted, by, "page")
    if made.course is None:
        return {"refused": f"The course is not made: {made.why}"}
    filled = (
        f" The next run of moodle_enrolments fills it from course {wanted.template}."
        if wanted.template
        else ""
    )
    return {"done": f"{occurrence} has course {made.course}, made now.{filled}"}


def _making(
    host: PagesHost,
    request: Request,
    occurrence: str,
    source: str,
    wanted: WantedCourse | None = None,
    lines: list[str] | None = None,
    status: int = 200,
    refused: str | None = None,
) -> Response:
    """The form of a course that is to be made, with the categories of the site and the courses that may fill it."""
    try:
        site = occurrence_courses.site_of(host.engine(), source)
        with occurrence_courses.writer_of(host.engine(), host.connect, site) as writer:
            tree = occurrence_courses.categories(writer)
    except EtlError as problem:
        refused, status, tree = refused or f"The site does not show its categories: {problem}", _NOT_NOW, []
    with host.engine().connect() as session:
        known = db.rows(session, "pages/mapping.templates", source=source, most=_TEMPLATES)
    form: dict[str, Any] = {
        "source": source,
        "wanted": wanted,
        "tree": tree,
        "templates": known,
        "lines": lines,
    }
    return _page(host, request, occurrence, status, making=form, refused=refused)


def _page(host: PagesHost, request: Request, occurrence: str, status: int = 200, **told: Any) -> Response:
    return html(request, "mapping", status, **mapping.shown_of(host.engine(), occurrence), **told)


def _back(occurrence: str, **said: str) -> Response:
    address = urlencode({"occurrence": occurrence, **said})
    return RedirectResponse(f"mapping?{address}#course", status_code=303)
