"""Schools: which may deliver test results, under which terms; what came in under each link, and of which pupils."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
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
Key = Annotated[str, Query(max_length=200)]


class _Link(BaseModel):
    """The form of a button. ``seen``: the last change of the link as it was shown; 0 for a school without one."""

    brin6: Annotated[str, Field(max_length=6)]
    seen: int

    @property
    def school(self) -> str:
        """The school whose page it is on."""
        return self.brin6


class _Code(_Link):
    code: Annotated[str, Field(max_length=200)]


class _Settings(_Link):
    reading: Reading
    unknown_pupil: UnknownPupil
    schoolkey: Annotated[str, Field(max_length=256)] = ""


class _Activation(BaseModel):
    """The form of a link that is opened; its code says of which school."""

    code: Annotated[str, Field(max_length=200)]
    seen: int
    accepted_by: Annotated[str, Field(max_length=200)]
    supplier: Annotated[str, Field(max_length=64)]
    supplier_code: Annotated[str, Field(max_length=64)]
    start_date: date
    terms_accepted: bool = False

    @property
    def school(self) -> str:
        """The school whose page it is on, where it is on one."""
        return self.code[:6]

    @property
    def brin6(self) -> str:
        """The school. Raises InvalidInput where the code can be of none."""
        return links.school_of(self.code)


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
        request: Request, visitor: Annotated[Visitor, changer], sent: Annotated[_Activation, Form()]
    ) -> Response:
        return _changed(host, request, visitor, sent, partial(_activate, sent=sent, by=visitor.name))

    @pages.post("/pause-school")
    def paused(
        request: Request, visitor: Annotated[Visitor, changer], sent: Annotated[_Link, Form()]
    ) -> Response:
        return _changed(host, request, visitor, sent, lambda on: links.pause(on, sent.brin6, visitor.name))

    @pages.post("/resume-school")
    def resumed(
        request: Request, visitor: Annotated[Visitor, changer], sent: Annotated[_Code, Form()]
    ) -> Response:
        return _changed(host, request, visitor, sent, partial(_resume, sent=sent, by=visitor.name))

    @pages.post("/end-school")
    def ended(
        request: Request, visitor: Annotated[Visitor, changer], sent: Annotated[_Link, Form()]
    ) -> Response:
        return _changed(host, request, visitor, sent, lambda on: links.end(on, sent.brin6, visitor.name))

    @pages.post("/set-school")
    def configured(
        request: Request, visitor: Annotated[Visitor, changer], sent: Annotated[_Settings, Form()]
    ) -> Response:
        how = sent.reading, sent.unknown_pupil, sent.schoolkey.strip() or None
        return _changed(
            host, request, visitor, sent, lambda on: links.configure(on, sent.brin6, visitor.name, *how)
        )

    return pages


def _activate(session: Session, sent: _Activation, by: str) -> None:
    if not sent.terms_accepted:
        raise InvalidInput("the terms must be accepted: tick the box")
    accepted_on = datetime.now(WITHOUT_OFFSET).date()
    terms = LinkTerms(sent.accepted_by.strip(), accepted_on, sent.start_date)
    links.activate(session, sent.code, sent.supplier.strip(), sent.supplier_code.strip(), terms, by)


def _resume(session: Session, sent: _Code, by: str) -> None:
    if links.school_of(sent.code) != sent.brin6:
        raise InvalidInput(f"the verificatiecode is not of this school: it starts with {sent.brin6}")
    links.resume(session, sent.code, by)


def _changed(
    host: PagesHost,
    request: Request,
    visitor: Visitor,
    sent: _Link | _Activation,
    change: Callable[[Session], object],
) -> Response:
    """The school's page after a change; where it was refused, the page that it came from, with why and what was typed
    but for the code.
    """
    try:
        brin6 = sent.brin6
        with host.engine().begin() as session:
            audit.by(session, visitor.name, "page")
            links.check_unchanged(session, brin6, sent.seen)
            change(session)
    except InvalidInput as refused:
        status = 409 if isinstance(refused, links.LinkChanged) else 422
        if sent.seen:
            return _school(host, request, sent.school, status, refused, sent=sent)
        return _schools(host, request, status, refused, sent=sent)
    return RedirectResponse(f"school?brin6={brin6}#change", status_code=303)


def _schools(
    host: PagesHost,
    request: Request,
    code: int = 200,
    refused: InvalidInput | None = None,
    *,
    sent: BaseModel | None = None,
    status: str | None = None,
    after: str = "",
) -> Response:
    with host.engine().connect() as session:
        rows = db.rows(session, "pages/schools.page", status=status, after=after, most=_MOST + 1)
    shown: dict[str, Any] = {
        "status_shown": status,
        "refused": refused,
        "sent": sent,
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
    sent: BaseModel | None = None,
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
        "sent": sent,
    }
    return html(request, "school", code, link=found[0], states=STATES, today=_today(), **shown)


def _today() -> date:
    return datetime.now(UTC).astimezone(WITHOUT_OFFSET).date()
