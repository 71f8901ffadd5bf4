"""Relation numbers: whose points wait for one, or for another one, with the place to enter it."""

from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from etl import db
from etl.connectors.pe_online import relation_numbers
from etl.connectors.pe_online.points import POINTS
from etl.errors import InvalidInput
from etl.pages.access import visitor_of
from etl.pages.asked import Org
from etl.pages.host import PagesHost, Visitor
from etl.pages.render import html

_MOST: Final = 50  # rows of a page, each with a form
_Code = Annotated[str, Query(max_length=200)]


def router(host: PagesHost) -> APIRouter:
    """The list of people, and the number that one of them gets."""
    pages = APIRouter(dependencies=[visitor_of(host, "relation-numbers")])

    @pages.get("/relation-numbers")
    def numbers(
        request: Request,
        org_id: Org = None,
        client_code: _Code = "",
        after_client: _Code = "",
        after_org: int = 0,
        done: str = "",
    ) -> Response:
        after = (after_client, after_org)
        return _page(host, request, org_id, client_code.strip(), after, done=done == "entered")

    @pages.post("/relation-numbers")
    def entered(
        request: Request,
        org_id: Annotated[int, Form(ge=0, le=2**31 - 1)],
        client_code: Annotated[str, Form(max_length=200)],
        number: Annotated[str, Form(max_length=100)],
        visitor: Annotated[Visitor, visitor_of(host, "relation-numbers/enter")],
        was: Annotated[str, Form(max_length=100)] = "",
        chosen: Annotated[int | None, Form()] = None,
        chosen_client: Annotated[str, Form(max_length=200)] = "",
    ) -> Response:
        try:
            relation_numbers.enter(
                host.engine(), org_id, client_code, number, visitor.name, was, through="page"
            )
        except InvalidInput as problem:
            told = {"refused": str(problem), "typed": {(client_code, org_id): number}}
            return _page(host, request, chosen, chosen_client, after=(client_code, org_id - 1), **told)
        asked = {"org_id": "" if chosen is None else chosen, "client_code": chosen_client, "done": "entered"}
        address = urlencode({name: value for name, value in asked.items() if value != ""})
        return RedirectResponse(
            f"relation-numbers?{address}#number-{quote(client_code)}-{org_id}", status_code=303
        )

    return pages


def _page(
    host: PagesHost,
    request: Request,
    org_id: int | None,
    client: str,
    after: tuple[str, int] = ("", 0),
    **told: Any,
) -> Response:
    with host.engine().connect() as session:
        groups = db.rows(session, "pages/points.groups")
        rows = relation_numbers.wanting(session, org_id, client or None, after, _MOST + 1)
    return html(
        request,
        "relation-numbers",
        409 if told.get("refused") else 200,
        groups=groups,
        rows=rows[:_MOST],
        more=rows[_MOST - 1] if len(rows) > _MOST else None,
        words={row["reason"]: POINTS.words(row["reason"])["explanation"] for row in rows},
        org_id=org_id,
        client=client,
        **told,
    )
