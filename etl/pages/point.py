"""One accreditation point: how it stands and why, all that happened to it, and what a person decides about it."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from etl.connectors.pe_online import points
from etl.connectors.pe_online.points import POINTS
from etl.connectors.pe_online.why import why_point
from etl.engine import ledger
from etl.engine.ledger import ChosenItems
from etl.errors import InvalidInput
from etl.load import audit
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor
from etl.pages.points import STATUSES
from etl.pages.render import html

Decision = Literal["registered", "not_registered", "resend"]
_DONE: Final = {
    "registered": "Settled: it is registered at PE-Online.",
    "not_registered": "Settled: it is not registered. The next push sends it again.",
    "resend": "The next push offers it again.",
}
_Item = Annotated[int, Query(ge=0, le=2**63 - 1)]


def router(host: PagesHost) -> APIRouter:
    """The story of a point, and a decision about it."""
    pages = APIRouter(dependencies=[visitor_of(host, "point")])

    @pages.get("/point")
    def point(request: Request, item_id: _Item, done: str = "") -> Response:
        return _page(host, request, item_id, done=_DONE.get(done))

    @pages.post("/point")
    def decided(
        request: Request,
        item_id: Annotated[int, Form(ge=0, le=2**63 - 1)],
        decision: Annotated[Decision, Form()],
        status: Annotated[str, Form(max_length=40)],
        attempts: Annotated[int, Form()],
        visitor: Annotated[Visitor, visitor_of(host, "point/decide")],
    ) -> Response:
        try:
            with host.engine().begin() as session:
                audit.by(session, visitor.name, "page")
                ledger.check_as_seen(session, POINTS, item_id, status, attempts)
                if decision == "resend":
                    found = points.find(session, ChosenItems(status, [item_id]))
                    ledger.resend(session, found, visitor.name)
                else:
                    ledger.settle(session, POINTS, [item_id], decision == "registered", visitor.name)
        except InvalidInput as problem:
            return _page(host, request, item_id, refused=str(problem))
        return RedirectResponse(f"point?item_id={item_id}&done={decision}#main", status_code=303)

    return pages


def _page(
    host: PagesHost, request: Request, item_id: int, done: str | None = None, refused: str | None = None
) -> Response:
    with host.engine().connect() as session:
        why = why_point(session, item_id)
    return html(
        request,
        "point",
        409 if refused else 200,
        section="points",
        why=why,
        point=why.subject,
        statuses=STATUSES,
        releasable=POINTS.releasable,
        doubts=POINTS.doubts,
        done=done,
        refused=refused,
    )
