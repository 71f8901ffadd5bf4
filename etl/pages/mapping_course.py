"""The Moodle course of an occurrence, on its Mapping page: looked for again, chosen by hand, made, or taken away; each
said with what it would change before it is saved.
"""

from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

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
_Named = Annotated[str, Field(max_length=_LONGEST)]


class _Sent(BaseModel):
    """The form of a button. ``seen``: the courses that people had linked as it was shown, each behind its site."""

    do: Literal["look", "try", "link", "try unlink", "unlink", "form", "try making", "make"]
    occurrence: _Named
    source: _Named
    course: _Named = ""
    short_name: _Named = ""
    full_name: _Named = ""
    category: _Named = ""
    template: _Named = ""
    seen: Annotated[list[_Named], Field(max_length=1000)] = []

    @property
    def by_hand(self) -> str:
        """The course that was linked by hand at this site, empty for none."""
        linked = dict(one.rpartition(" ")[::2] for one in self.seen)
        return linked.get(self.source, "")

    @property
    def wanted(self) -> WantedCourse:
        """The course that is to be made."""
        said = (self.short_name, self.full_name, self.category, self.template)
        short_name, full_name, category, template = map(str.strip, said)
        return WantedCourse(short_name, full_name, category, template or None)


def router(host: PagesHost) -> APIRouter:
    """What is done about the course of an occurrence, on the page of the occurrence."""
    pages = APIRouter()

    @pages.post("/mapping-course")
    def chosen(
        request: Request,
        visitor: Annotated[Visitor, visitor_of(host, "mapping/change")],
        sent: Annotated[_Sent, Form()],
    ) -> Response:
        code = occurrence_courses.code_of(host.engine(), sent.occurrence)
        try:
            return _done(host, request, sent, code, visitor.name)
        except InvalidInput as problem:
            refused, status = str(problem), _MISTAKEN
        except EtlError as problem:
            refused, status = str(problem), _NOT_NOW
        said = f"Nothing was changed: {refused}"
        if sent.do in ("try making", "make"):
            return _making(host, request, code, sent.source, sent.wanted, status=status, refused=said)
        return _page(host, request, code, status, refused=said, typed=sent)

    return pages


def _done(host: PagesHost, request: Request, sent: _Sent, code: str, by: str) -> Response:
    engine, source, number = host.engine(), sent.source, sent.course.strip()
    if sent.do in ("look", "try"):
        return _tried(host, request, sent, code, None if sent.do == "look" else _given(number), by)
    if sent.do == "link":
        occurrence_courses.link_course(
            engine, host.connect, source, code, _given(number), by, "page", sent.by_hand
        )
        return _back(code, done=f"{code} is linked to course {number}.")
    if sent.do == "try unlink":
        lines = course_effect.of_unlink(engine, host.connect, source, code, sent.by_hand, by)
        return _page(host, request, code, tried=_Tried(source, number, lines, "unlink"))
    if sent.do == "unlink":
        with engine.begin() as session:
            courses.unlink(session, source, code, by, sent.by_hand, "page")
        return _back(code, done=f"{code} is no longer linked to course {number}; what was sent there stays.")
    if sent.do == "form":
        return _making(host, request, code, source)
    if sent.do == "try making":
        lines = _would_make(host, source, code, sent.wanted, by)
        return _making(host, request, code, source, sent.wanted, lines)
    return _back(code, **_made(host, source, code, sent.wanted, by))


class _Tried:
    """What was tried, for the page to say, and the button that does it."""

    def __init__(self, source: str, course: str, lines: list[str], do: Literal["link", "unlink"]) -> None:
        self.source, self.course, self.lines, self.do = source, course, lines, do


def _tried(
    host: PagesHost, request: Request, sent: _Sent, occurrence: str, course: str | None, by: str
) -> Response:
    engine, source = host.engine(), sent.source
    code, found = occurrence_courses.find_course(engine, host.connect, source, occurrence, course)
    lines = course_effect.of_link(engine, host.connect, source, code, found, by, sent.by_hand)
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
