"""A person: everything that is kept of one learner, with the reason wherever something waits or was refused."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from etl.errors import InvalidInput
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost
from etl.pages.render import html
from etl.results.erase import erasure_of
from etl.results.person import MOST, read_person


def router(host: PagesHost) -> APIRouter:
    """The page, which asks for a client code first."""
    pages = APIRouter(dependencies=[visitor_of(host, "person")])

    @pages.get("/person")
    def person(request: Request, client_code: Annotated[str, Query(max_length=200)] = "") -> Response:
        client_code = client_code.strip()
        if not client_code:
            return html(request, "person", asked="")
        with host.engine().connect() as session:
            try:
                found = read_person(session, client_code)
            except InvalidInput as refused:
                erasure = erasure_of(session, client_code)
                told = {"erasure": erasure} if erasure else {"refused": refused}
                return html(request, "person", 200 if erasure else 404, asked=client_code, **told)
        return html(request, "person", asked=client_code, person=found, most=MOST)

    return pages
