"""Erase a person on request: what would go and what stands elsewhere, the deed, and the proofs, where it is lifted too.

The administrator's alone.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from etl.connectors.registry import readers
from etl.errors import InvalidInput
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor
from etl.pages.render import html
from etl.results import erase, erase_requests

_MISTAKEN: Final = 409
_PATIENCE: Final = 1.5  # seconds in which a small one is over: then the proof is the answer
Code = Annotated[str, Query(max_length=200)]
Typed = Annotated[str, Form(max_length=200)]
Reason = Annotated[str, Form(max_length=500)]
Number = Annotated[int, Query(ge=0, le=2**63 - 1)]


def router(host: PagesHost) -> APIRouter:
    """What would be erased and the form that does it; a proof, with the form that lifts it, or as a file; the list."""
    pages = APIRouter()

    @pages.get("/erase", dependencies=[visitor_of(host, "erase")])
    def asked(request: Request, client_code: Code) -> Response:
        return _page(host, request, client_code.strip())

    @pages.post("/erase")
    def erased(
        request: Request,
        visitor: Annotated[Visitor, visitor_of(host, "erase")],
        client_code: Typed,
        again: Typed = "",
        because: Reason = "",
    ) -> Response:
        try:
            if again.strip() != client_code:
                raise InvalidInput("the client code that you typed is not that of this person")
            asked = host.engine(), client_code, visitor.name, because, readers()
            begun = erase_requests.begin(*asked, patience=_PATIENCE)
            if begun.refused:
                raise InvalidInput(begun.refused)
        except InvalidInput as refused:
            return _page(host, request, client_code, because=because, refused=str(refused))
        if begun.erasure_id:
            return RedirectResponse(f"erasure?erasure_id={begun.erasure_id}&done=erased", status_code=303)
        return RedirectResponse(f"erasing?request_id={begun.request_id}", status_code=303)

    @pages.get("/erasing", dependencies=[visitor_of(host, "erasing")])
    def erasing(request: Request, request_id: Number) -> Response:
        found = _with(host, lambda session: erase_requests.how_far(session, request_id))
        return html(request, "erasing", section="person", erasing=found)

    @pages.get("/erasure", dependencies=[visitor_of(host, "erasure")])
    def proof(request: Request, erasure_id: Number, done: str = "") -> Response:
        return _proof(host, request, erasure_id, done=done)

    @pages.post("/erasure")
    def lifted(
        request: Request,
        visitor: Annotated[Visitor, visitor_of(host, "erasure/lift")],
        erasure_id: Annotated[int, Form(ge=0, le=2**63 - 1)],
        client_code: Typed = "",
        because: Reason = "",
    ) -> Response:
        engine, code = host.engine(), client_code.strip()
        try:
            theirs = _with(host, lambda session: erase.erasure_of(session, code))
            if theirs is None or theirs.erasure_id != erasure_id:
                raise InvalidInput(
                    "the client code that you typed is not that of this erasure, or it was lifted"
                )
            erase.lift(engine, code, visitor.name, because, "page")
        except InvalidInput as refused:
            return _proof(host, request, erasure_id, _MISTAKEN, because=because, refused=str(refused))
        return RedirectResponse(f"erasure?erasure_id={erasure_id}&done=lifted", status_code=303)

    @pages.get("/erasure.json", dependencies=[visitor_of(host, "erasure")])
    def file(erasure_id: Number) -> Response:
        found = _with(host, lambda session: erase.proof_of(session, erasure_id))
        head = {"content-disposition": f'attachment; filename="erasure-{erasure_id}.json"'}
        return Response(found.text(), media_type="application/json", headers=head)

    @pages.get("/erasures", dependencies=[visitor_of(host, "erasures")])
    def proofs(request: Request) -> Response:
        return html(request, "erasures", section="person", proofs=_with(host, erase.proofs))

    return pages


def _page(host: PagesHost, request: Request, client_code: str, **told: Any) -> Response:
    status = _MISTAKEN if told.get("refused") else 200
    found = erase.preview(host.engine(), client_code, readers())
    shown = {"client_code": client_code, "found": found, "words": erase.words}
    return html(request, "erase", status, section="person", **shown, **told)


def _proof(host: PagesHost, request: Request, erasure_id: int, status: int = 200, **told: Any) -> Response:
    with host.engine().connect() as session:
        found = erase.proof_of(session, erasure_id)
        lifting = erase.lifting(session, found)
    shown = {"proof": found, "lifting": lifting, "words": erase.words}
    return html(request, "erasure", status, section="person", **shown, **told)


def _with(host: PagesHost, read: Callable[[Any], Any]) -> Any:
    with host.engine().connect() as session:
        return read(session)
