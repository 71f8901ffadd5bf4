"""Competences: the tree, which published courses give which, and what a new link would change."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from etl import db
from etl.errors import EtlError, InvalidInput
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor
from etl.pages.render import html
from etl.reference import competence_effect
from etl.results import competence_decisions

_MOST: Final = 100  # links of a page
_COURSES: Final = 30  # found courses
_LINK: Final = ("source", "source_course_id", "competence_code")
_MISTAKEN: Final = 409
_NOT_NOW: Final = 503
Text = Annotated[str, Query(max_length=200)]
Given = Annotated[str, Form(min_length=1, max_length=200)]


def router(host: PagesHost) -> APIRouter:
    """The links, the tree, and the link that somebody makes or removes."""
    pages = APIRouter(dependencies=[visitor_of(host, "competences")])

    @pages.get("/competences")
    def competences(
        request: Request,
        search: Text = "",
        after_source: Text = "",
        after_course: Text = "",
        after_competence: Text = "",
        done: Text = "",
    ) -> Response:
        after = (after_source, after_course, after_competence)
        return html(request, "competences", **_shown(host, search.strip(), after), done=done)

    @pages.post("/competences")
    def changed(
        request: Request,
        visitor: Annotated[Visitor, visitor_of(host, "competences/change")],
        do: Annotated[Literal["try", "link", "try unlink", "unlink"], Form()],
        source: Given,
        course: Given,
        competence: Given,
        search: Annotated[str, Form(max_length=200)] = "",
        because: Annotated[str, Form(max_length=500)] = "",
    ) -> Response:
        which = (source, course, competence.strip())
        told: dict[str, Any] = {"wanted": dict(zip(_LINK, which, strict=True))}

        try:
            if do in ("try", "try unlink"):
                of = competence_effect.of_link if do == "try" else competence_effect.of_unlink
                lines = of(host.engine(), host.connect, which, visitor.name)
                told |= {"effect": lines, "unlinking": do == "try unlink", "because": because}
                return html(request, "competences", **_shown(host, search), **told)
            if do == "link":
                competence_decisions.link(host.engine(), *which, by=visitor.name, through="page")
            else:
                competence_decisions.unlink(
                    host.engine(), *which, by=visitor.name, reason=because, through="page"
                )
            return RedirectResponse(f"competences?done={do}#links", status_code=303)
        except InvalidInput as refused:
            status, told["refused"] = _MISTAKEN, str(refused)
        except EtlError as problem:
            status, told["refused"] = _NOT_NOW, f"Nothing was changed: {problem}"
        return html(request, "competences", status, **_shown(host, search), **told)

    return pages


def _shown(host: PagesHost, search: str, after: tuple[str, str, str] = ("", "", "")) -> dict[str, Any]:
    where = dict(zip(("after_source", "after_course", "after_competence"), after, strict=True))
    with host.engine().connect() as session:
        courses = db.rows(session, "pages/competences.courses", search=search, most=_COURSES)
        links = db.rows(session, "pages/competences.links", search=search, **where, most=_MOST + 1)
        tree = db.rows(session, "pages/competences.tree")
    return {
        "search": search,
        "courses": courses,
        "links": links[:_MOST],
        "more": links[_MOST - 1] if len(links) > _MOST else None,
        "tree": tree,
    }
