"""The Moodle course of an occurrence, on its Mapping page: looked for again, chosen by hand, or made."""

from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from etl.connectors.moodle.writing import occurrence_courses
from etl.connectors.moodle.writing.course_planning import WantedCourse
from etl.errors import EtlError, InvalidInput
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor

_LONGEST: Final = 255  # of a name of a course in Moodle
Given = Annotated[str, Form(max_length=_LONGEST)]


def router(host: PagesHost) -> APIRouter:
    """What is done about the course of an occurrence; the page of the occurrence says what came of it."""
    pages = APIRouter()

    @pages.post("/mapping/course")
    def chosen(
        visitor: Annotated[Visitor, visitor_of(host, "mapping/change")],
        do: Annotated[Literal["look", "link", "tree", "make"], Form()],
        occurrence: Given,
        source: Given,
        course: Given = "",
        short_name: Given = "",
        full_name: Given = "",
        category: Given = "",
    ) -> Response:
        by = visitor.name
        wanted = WantedCourse(short_name.strip(), full_name.strip(), category.strip())
        try:
            if do == "tree":
                return _back(occurrence, done=_tree(host, source))
            if do == "make":
                return _back(occurrence, **_made(host, source, occurrence, wanted, by))
            if do == "link" and not course.strip():
                raise InvalidInput("say which course, by its number")
            number = course.strip() if do == "link" else None
            code, found = occurrence_courses.link_course(
                host.engine(), host.connect, source, occurrence, number, by, "page"
            )
        except EtlError as problem:
            return _back(occurrence, refused=f"No course was linked: {problem}")
        return _back(occurrence, done=f"{code} is linked to course {found}.")

    return pages


def _made(host: PagesHost, source: str, occurrence: str, wanted: WantedCourse, by: str) -> dict[str, str]:
    if not (wanted.short_name and wanted.full_name and wanted.category_id):
        raise InvalidInput("a course needs a short name, a full name and a category")
    made = occurrence_courses.make_course(host.engine(), host.connect, source, occurrence, wanted, by, "page")
    if made.course is None:
        return {"refused": f"The course is not made: {made.why}"}
    return {"done": f"{occurrence} has course {made.course}, made now."}


def _tree(host: PagesHost, source: str) -> str:
    site = occurrence_courses.site_of(host.engine(), source)
    with occurrence_courses.writer_of(host.engine(), host.connect, site) as writer:
        found = occurrence_courses.categories(writer)
    return "Categories: " + "; ".join(f"{one['category']} {one['name'].strip()}" for one in found)


def _back(occurrence: str, **said: str) -> Response:
    address = urlencode({"occurrence": occurrence, **said})
    return RedirectResponse(f"../mapping?{address}#course", status_code=303)
