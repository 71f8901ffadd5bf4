"""Why something was recorded, or was not: what `etl why` says, on a page."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from etl.pages.access import visitor_of
from etl.pages.host import PagesHost
from etl.pages.render import html
from etl.results.why.competences import why_competence
from etl.results.why.unit_results import why_result

_Code = Annotated[str, Query(max_length=200)]


def router(host: PagesHost) -> APIRouter:
    """A page for each kind of what is recorded; a point's stands with what can be decided about it."""
    pages = APIRouter(dependencies=[visitor_of(host, "why")])

    @pages.get("/why")
    def result(request: Request, enrolment: _Code, unit: _Code) -> Response:
        with host.engine().connect() as session:
            found = why_result(session, enrolment, unit)
        return html(request, "why", why=found, section="results")

    @pages.get("/why-competence")
    def competence(request: Request, competence: _Code, client_code: _Code) -> Response:
        with host.engine().connect() as session:
            found = why_competence(session, competence, client_code)
        return html(request, "why", why=found, section="competences")

    return pages
