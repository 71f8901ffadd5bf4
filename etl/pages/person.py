"""A person: everything that is kept of one learner, with the reason wherever something waits or was refused."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from etl.errors import InvalidInput
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost
from etl.pages.render import html, moment
from etl.results.person import MOST, read_person
from etl.results.why import why_result


def router(host: PagesHost) -> APIRouter:
    """The page, which asks for a client code first, and why a result of somebody was recorded."""
    pages = APIRouter(dependencies=[visitor_of(host, "person")])

    @pages.get("/person")
    def person(request: Request, client_code: Annotated[str, Query(max_length=200)] = "") -> Response:
        client_code = client_code.strip()
        if not client_code:
            return html(request, "person", asked="")
        try:
            with host.engine().connect() as session:
                found = read_person(session, client_code)
        except InvalidInput as refused:
            return html(request, "person", 404, asked=client_code, refused=refused)
        return html(request, "person", asked=client_code, person=found, most=MOST, said=said)

    @pages.get("/why")
    def why(
        request: Request,
        enrolment: Annotated[str, Query(max_length=200)],
        unit: Annotated[str, Query(max_length=200)],
    ) -> Response:
        with host.engine().connect() as session:
            found = why_result(session, enrolment, unit)
        return html(request, "why", why=found, said=said)

    return pages


def said(value: Any) -> str:
    """A value of any kind, as the pages write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return moment(value) if isinstance(value, datetime) else str(value)
