"""Relation numbers: whose points wait for one, or for another one, with the place to enter it."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from etl import db
from etl.connectors.pe_online import relation_numbers
from etl.connectors.pe_online.points import POINTS
from etl.errors import InvalidInput
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor
from etl.pages.render import html

_MOST: Final = 50  # rows of a page, each with a form
_Code = Annotated[str, Query(max_length=200)]
_Org = Annotated[int | None, Query(ge=0, le=2**31 - 1)]


def router(host: PagesHost) -> APIRouter:
    """The list of people, and the number that one of them gets."""
    pages = APIRouter(dependencies=[visitor_of(host, "relation-numbers")])

    @pages.get("/relation-numbers")
    def numbers(
        request: Request, org_id: _Org = None, after_client: _Code = "", after_org: int = 0, done: str = ""
    ) -> Response:
        return _page(host, request, org_id, (after_client, after_org), done=done == "entered")

    @pages.post("/relation-numbers")
    def entered(
        request: Request,
        org_id: Annotated[int, Form(ge=0, le=2**31 - 1)],
        client_code: Annotated[str, Form(max_length=200)],
        number: Annotated[str, Form(max_length=100)],
        visitor: Annotated[Visitor, visitor_of(host, "relation-numbers/enter")],
        was: Annotated[str, Form(max_length=100)] = "",
        chosen: Annotated[int | None, Form()] = None,
    ) -> Response:
        try:
            relation_numbers.enter(
                host.engine(), org_id, client_code, number, visitor.name, was, through="page"
            )
        except InvalidInput as problem:
            return _page(host, request, chosen, refused=str(problem))
        group = "" if chosen is None else f"org_id={chosen}&"
        return RedirectResponse(f"relation-numbers?{group}done=entered", status_code=303)

    return pages


def _page(
    host: PagesHost,
    request: Request,
    org_id: int | None,
    after: tuple[str, int] = ("", 0),
    done: bool = False,
    refused: str | None = None,
) -> Response:
    with host.engine().connect() as session:
        groups = db.rows(session, "pages/points.groups")
        rows = relation_numbers.wanting(session, org_id, after, _MOST + 1)
    return html(
        request,
        "relation-numbers",
        409 if refused else 200,
        groups=groups,
        rows=rows[:_MOST],
        more=rows[_MOST - 1] if len(rows) > _MOST else None,
        words={row["reason"]: POINTS.words(row["reason"])["explanation"] for row in rows},
        org_id=org_id,
        done=done,
        refused=refused,
    )
