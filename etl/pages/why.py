"""Why something was recorded, or was not: what `etl why` says, on a page."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from etl.connectors import registry
from etl.connectors.coachview.why import why_registration
from etl.connectors.iep_lvs.why import why_test_result
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost
from etl.pages.render import html
from etl.results.why.competences import why_competence
from etl.results.why.registrations import why_completion
from etl.results.why.unit_results import why_result

_Code = Annotated[str, Query(max_length=200)]

_Number = Annotated[int, Query(ge=0, le=2**63 - 1)]


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

    @pages.get("/why-registration")
    def registration(request: Request, request_code: _Code, part: _Code) -> Response:
        with host.engine().connect() as session:
            found = why_registration(session, request_code, part, registry.answers_of)
        return html(request, "why", why=found, section="registrations")

    @pages.get("/why-completion")
    def completion(request: Request, completion_id: _Number) -> Response:
        with host.engine().connect() as session:
            found = why_completion(session, completion_id, registry.answers_of)
        return html(request, "why", why=found, section="registrations")

    @pages.get("/why-test-result")
    def test_result(request: Request, brin6: _Code, result_key: _Code) -> Response:
        with host.engine().connect() as session:
            found = why_test_result(session, brin6, result_key)
        return html(request, "why", why=found, section="schools")

    return pages
