"""Rejections: what came in and was not recorded, by reason, with what to do; oldest first."""

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import StringIO
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.errors import InvalidInput
from etl.load.dismissals import ChosenRejections, dismiss
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor
from etl.pages.mending import facts_of, mended
from etl.pages.render import html
from etl.reference.formulas import guarded_text

_MOST: Final = 100  # rows of a page
_MISTAKEN: Final = 409
_BATCH: Final = 5_000  # rows of an export that are held at a time
_COLUMNS: Final = (
    "flow", "source", "scope", "resource", "record_key", "reason_code", "reason", "first_seen_at", "last_seen_at",
)  # fmt: skip
_KIND: Final = ("source", "reason_code")
Chosen = Annotated[str | None, Query(max_length=200)]


def router(host: PagesHost) -> APIRouter:
    """The list by reason, the rows of one reason, and all of them as a file."""
    pages = APIRouter(dependencies=[visitor_of(host, "rejections")])

    @pages.get("/rejections")
    def rejections(
        request: Request,
        source: Chosen = None,
        reason_code: Chosen = None,
        after_at: datetime | None = None,
        after_id: int = 0,
        done: int | None = None,
        left: int = 0,
    ) -> Response:
        after = after_at, after_id
        return _list(host, request, source, reason_code, after, done=done, left=left)

    @pages.post("/rejections")
    def dismissed(
        request: Request,
        because: Annotated[str, Form(max_length=500)],
        source: Annotated[str, Form(max_length=200)],
        reason_code: Annotated[str, Form(max_length=200)],
        shown_at: Annotated[datetime, Form()],
        visitor: Annotated[Visitor, visitor_of(host, "rejections/dismiss")],
        shown: Annotated[int, Form(ge=0)] = 0,
        record_key: Annotated[str | None, Form(max_length=500)] = None,
    ) -> Response:
        chosen = ChosenRejections(source, reason_code, record_key)
        try:
            done = dismiss(host.engine(), chosen, visitor.name, because, shown_at, through="page")
        except InvalidInput as refused:
            told = {"refused": refused, "because": because}
            return _list(host, request, source, reason_code, (None, 0), _MISTAKEN, **told)
        kind = {"source": source, "reason_code": reason_code} if record_key else {}
        left = 0 if record_key else max(shown - done, 0)
        return RedirectResponse(f"rejections?{urlencode({**kind, 'done': done, 'left': left})}#rows", 303)

    @pages.get("/rejections.csv")
    def exported(source: Chosen = None, reason_code: Chosen = None) -> Response:
        head = {"content-disposition": 'attachment; filename="rejections.csv"'}
        return StreamingResponse(
            _csv(host.engine(), source, reason_code), media_type="text/csv; charset=utf-8", headers=head
        )

    return pages


def _list(
    host: PagesHost,
    request: Request,
    source: str | None,
    reason_code: str | None,
    after: tuple[datetime | None, int],
    status: int = 200,
    **told: Any,
) -> Response:
    rights = request.state.visitor.rights
    with host.engine().connect() as session:
        reasons = db.rows(session, "pages/rejections.reasons")
        asked = (source, reason_code)
        chosen = next((one for one in reasons if (one["source"], one["reason_code"]) == asked), None)
        gone = source and reason_code and not chosen
        kind = (None, None) if gone else asked
        found = _page(session, *kind, *after, _MOST + 1)
        rows = found[:_MOST]
        facts = facts_of(rows, session)
    links = [
        mended(row["reason_code"], row["system"], of, rights) for row, of in zip(rows, facts, strict=True)
    ]
    shown = {
        "reasons": reasons,
        "rows": [{**row, "mended": link} for row, link in zip(rows, links, strict=True)],
        "chosen": chosen,
        "listed": {name: value for name, value in zip(_KIND, kind, strict=True) if value},
        "more": rows[-1] if len(found) > _MOST else None,
    }
    return html(request, "rejections", status, **shown, **told)


def _page(
    session: Session,
    source: str | None,
    reason_code: str | None,
    after_at: datetime | None,
    after_id: int,
    most: int,
) -> list[Mapping[str, Any]]:
    return db.rows(
        session,
        "pages/rejections.page",
        source=source,
        reason_code=reason_code,
        after_at=after_at,
        after_id=after_id,
        most=most,
    )


def _csv(engine: Engine, source: str | None, reason_code: str | None) -> Iterator[str]:
    after_at, after_id = None, 0
    yield _lines([_COLUMNS])
    with engine.connect() as session:
        while rows := _page(session, source, reason_code, after_at, after_id, _BATCH):
            yield _lines([[guarded_text(str(row[name])) for name in _COLUMNS] for row in rows])
            after_at, after_id = rows[-1]["first_seen_at"], rows[-1]["rejection_id"]


def _lines(rows: list[Any]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
