"""Schools: which may deliver test results, under which terms; what came in under each link, and of which pupils."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.iep_lvs import links
from etl.connectors.iep_lvs.links import LinkTerms, Reading, UnknownPupil
from etl.connectors.iep_lvs.message import WITHOUT_OFFSET
from etl.errors import InvalidInput
from etl.load import audit
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor
from etl.pages.render import html

_MOST: Final = 100  # rows of a list
_COUNTED: Final = 10_000  # pupils of a school; of more only that they are more
_MOST_VERSIONS: Final = 500  # of the results of one pupil
# The state of a link: its colour and shape.
STATES: Final = {"active": "ready", "paused": "adjusted", "ended": "recorded"}
_EVENTS: Final = (
    "message", "message_again", "test_message", "message_refused", "activated", "code_entered", "code_removed",
    "paused", "resumed", "ended", "changed",
)  # fmt: skip

Brin6 = Annotated[str, Query(max_length=6)]
School = Annotated[str, Form(max_length=6)]
Key = Annotated[str, Query(max_length=200)]
Seen = Annotated[int, Form()]
Code = Annotated[str, Form(max_length=200)]


def router(host: PagesHost) -> APIRouter:
    """The schools, one school with its log and pupils, one pupil's results, and the changes of a link."""
    pages = APIRouter()
    pages.include_router(_looking(host))
    pages.include_router(_changing(host))
    return pages


def _looking(host: PagesHost) -> APIRouter:
    pages = APIRouter(dependencies=[visitor_of(host, "schools")])

    @pages.get("/schools")
    def schools(request: Request, status: Key | None = None, after: Brin6 = "") -> Response:
        return _schools(host, request, status=status, after=after)

    @pages.get("/school")
    def school(
        request: Request,
        brin6: Brin6,
        event: Key | None = None,
        before: int | None = None,
        after: Key = "",
    ) -> Response:
        return _school(host, request, brin6, event=event, before=before, after=after)

    @pages.get("/pupil")
    def pupil(request: Request, brin6: Brin6, pupil_key: Key) -> Response:
        asked: dict[str, Any] = {"brin6": brin6, "pupil_key": pupil_key, "most": _MOST_VERSIONS}
        with host.engine().connect() as session:
            versions = db.rows(session, "iep_lvs/pupils.history", **asked)
        if not versions:
            raise InvalidInput(f"school {brin6} has no results of a pupil {pupil_key}")
        return html(
            request, "pupil", brin6=brin6, pupil_key=pupil_key, versions=versions, most=_MOST_VERSIONS
        )

    return pages


def _changing(host: PagesHost) -> APIRouter:
    pages = APIRouter()
    changer = visitor_of(host, "schools/change")

    @pages.post("/activate-school")
    def activated(
        request: Request,
        visitor: Annotated[Visitor, changer],
        code: Code,
        seen: Seen,
        accepted_by: Annotated[str, Form(max_length=200)],
        supplier: Annotated[str, Form(max_length=64)],
        supplier_code: Annotated[str, Form(max_length=64)],
        start_date: Annotated[date, Form()],
        terms_accepted: Annotated[bool, Form()] = False,
    ) -> Response:
        terms = LinkTerms(accepted_by.strip(), datetime.now(WITHOUT_OFFSET).date(), start_date)

        def activate(session: Session) -> None:
            if not terms_accepted:
                raise InvalidInput("the terms must be accepted: tick the box")
            links.check_unchanged(session, links.school_of(code), seen)
            links.activate(session, code, supplier.strip(), supplier_code.strip(), terms, visitor.name)

        return _changed(host, request, visitor.name, code[:6], seen, activate)

    @pages.post("/pause-school")
    def paused(request: Request, visitor: Annotated[Visitor, changer], brin6: School, seen: Seen) -> Response:
        def pause(session: Session) -> None:
            links.check_unchanged(session, brin6, seen)
            links.pause(session, brin6, visitor.name)

        return _changed(host, request, visitor.name, brin6, seen, pause)

    @pages.post("/resume-school")
    def resumed(
        request: Request, visitor: Annotated[Visitor, changer], brin6: School, seen: Seen, code: Code
    ) -> Response:
        def resume(session: Session) -> None:
            if links.school_of(code) != brin6:
                raise InvalidInput(f"the verificatiecode is not of this school: it starts with {brin6}")
            links.check_unchanged(session, brin6, seen)
            links.resume(session, code, visitor.name)

        return _changed(host, request, visitor.name, brin6, seen, resume)

    @pages.post("/end-school")
    def ended(request: Request, visitor: Annotated[Visitor, changer], brin6: School, seen: Seen) -> Response:
        def end(session: Session) -> None:
            links.check_unchanged(session, brin6, seen)
            links.end(session, brin6, visitor.name)

        return _changed(host, request, visitor.name, brin6, seen, end)

    @pages.post("/set-school")
    def configured(
        request: Request,
        visitor: Annotated[Visitor, changer],
        brin6: School,
        seen: Seen,
        reading: Annotated[Reading, Form()],
        unknown_pupil: Annotated[UnknownPupil, Form()],
        schoolkey: Annotated[str, Form(max_length=256)] = "",
    ) -> Response:
        def configure(session: Session) -> None:
            links.check_unchanged(session, brin6, seen)
            links.configure(session, brin6, visitor.name, reading, unknown_pupil, schoolkey.strip() or None)

        return _changed(host, request, visitor.name, brin6, seen, configure)

    return pages


def _changed(
    host: PagesHost, request: Request, by: str, brin6: str, seen: int, change: Callable[[Session], None]
) -> Response:
    """The school's page after a change; where it was refused, the page that it came from, with why."""
    try:
        with host.engine().begin() as session:
            audit.by(session, by, "page")
            change(session)
    except InvalidInput as refused:
        status = 409 if isinstance(refused, links.LinkChanged) else 422
        if seen:
            return _school(host, request, brin6, status, refused)
        return _schools(host, request, status, refused)
    return RedirectResponse(f"school?brin6={brin6}#change", status_code=303)


def _schools(
    host: PagesHost,
    request: Request,
    code: int = 200,
    refused: InvalidInput | None = None,
    *,
    status: str | None = None,
    after: str = "",
) -> Response:
    with host.engine().connect() as session:
        rows = db.rows(session, "pages/schools.page", status=status, after=after, most=_MOST + 1)
    shown: dict[str, Any] = {
        "status_shown": status,
        "refused": refused,
        "more": rows[_MOST - 1] if len(rows) > _MOST else None,
    }
    return html(request, "schools", code, rows=rows[:_MOST], states=STATES, today=_today(), **shown)


def _school(
    host: PagesHost,
    request: Request,
    brin6: str,
    code: int = 200,
    refused: InvalidInput | None = None,
    *,
    event: str | None = None,
    before: int | None = None,
    after: str = "",
) -> Response:
    more = _MOST + 1
    with host.engine().connect() as session:
        found = db.rows(session, "pages/schools.one", brin6=brin6, most=_COUNTED + 1)
        if not found:
            raise InvalidInput(f"school {brin6} has no link")
        changed = links.last_change(session, brin6)
        log = db.rows(session, "pages/schools.log", brin6=brin6, event=event, before=before, most=more)
        pupils = db.rows(session, "iep_lvs/pupils.page", brin6=brin6, after=after, most=more)
    shown: dict[str, Any] = {
        "changed": changed,
        "uncounted": found[0]["pupils"] > _COUNTED,
        "log": log[:_MOST],
        "older": log[_MOST - 1] if len(log) > _MOST else None,
        "event": event,
        "events": _EVENTS,
        "pupils": pupils[:_MOST],
        "more": pupils[_MOST - 1] if len(pupils) > _MOST else None,
        "refused": refused,
    }
    return html(request, "school", code, link=found[0], states=STATES, today=_today(), **shown)


def _today() -> date:
    return datetime.now(UTC).astimezone(WITHOUT_OFFSET).date()
