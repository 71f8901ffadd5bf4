"""Points: profession groups and accounts, and the ledger of accreditation points by status."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from etl import db
from etl.connectors.pe_online import pauses
from etl.connectors.pe_online.points import POINTS
from etl.errors import InvalidInput
from etl.pages.access import visitor_of
from etl.pages.asked import Org
from etl.pages.host import PagesHost, Visitor
from etl.pages.render import html

_MOST: Final = 100  # rows of a page
_COUNTED: Final = 10_000  # accepted points of a group: more are told as so many and more
# How each status of the ledger is told: the look of it, and the word for it.
STATUSES: Final = {
    "pending": ("ready", "will be sent"),
    "sending": ("adjusted", "being sent"),
    "unknown": ("unknown", "unknown"),
    "withheld": ("adjusted", "withheld"),
    "rejected": ("blocked", "rejected"),
    "accepted": ("recorded", "accepted"),
    "accepted_in_test": ("recorded", "accepted in test"),
}
Chosen = Annotated[str | None, Query(max_length=200)]


def router(host: PagesHost) -> APIRouter:
    """The overview with the ledger, and the switch of an account."""
    pages = APIRouter(dependencies=[visitor_of(host, "points")])

    @pages.get("/points")
    def points(
        request: Request,
        org_id: Org = None,
        status: Chosen = None,
        reason: Chosen = None,
        client_code: Chosen = None,
        before: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
    ) -> Response:
        chosen = {
            "org_id": org_id,
            "status": status or None,
            "reason": reason or None,
            "client_code": (client_code or "").strip() or None,
        }
        return _page(host, request, chosen, before)

    @pages.post("/points")
    def switched(
        request: Request,
        account: Annotated[str, Form(max_length=200)],
        change: Annotated[Literal["pause", "resume"], Form()],
        visitor: Annotated[Visitor, visitor_of(host, "points/account")],
        because: Annotated[str, Form(max_length=500)] = "",
        seen: Annotated[datetime | None, Form()] = None,
    ) -> Response:
        try:
            if change == "pause":
                pauses.pause(host.engine(), account, visitor.name, because, through="page")
            else:
                pauses.resume(host.engine(), account, visitor.name, "page", seen)
        except InvalidInput as problem:
            return _page(host, request, {}, refused=str(problem))
        return RedirectResponse(f"points?done={change}d#accounts", status_code=303)

    return pages


def _page(
    host: PagesHost,
    request: Request,
    chosen: Mapping[str, Any],
    before: int | None = None,
    refused: str | None = None,
) -> Response:
    chosen = {"org_id": None, "status": None, "reason": None, "client_code": None, **chosen}
    with host.engine().connect() as session:
        groups = db.rows(session, "pages/points.groups")
        accounts = db.rows(session, "pe_online/pauses.accounts")
        counts = db.rows(session, "pages/points.counts", most=_COUNTED + 1)
        statuses = [chosen["status"]] if chosen["status"] else list(STATUSES)
        found = {**chosen, "statuses": statuses, "before": before, "most": _MOST + 1}
        rows = db.rows(session, "pages/points.page", **found)
    return html(
        request,
        "points",
        409 if refused else 200,
        refused=refused,
        groups=groups,
        accounts=accounts,
        by_group=_by_group(counts),
        counted=_COUNTED,
        reasons=_by_reason(counts, chosen["org_id"]),
        rows=rows[:_MOST],
        more=rows[_MOST - 1] if len(rows) > _MOST else None,
        chosen=chosen,
        statuses=STATUSES,
    )


def _by_group(counts: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, int]]:
    """Of each profession group how many points stand in each status."""
    groups: dict[int, dict[str, int]] = {}
    for row in counts:
        group = groups.setdefault(row["org_id"], dict.fromkeys(STATUSES, 0))
        group[row["status"]] += row["points"]
    return groups


def _by_reason(counts: Sequence[Mapping[str, Any]], org_id: int | None) -> list[dict[str, Any]]:
    """How many points stand how and why, what asks for a person first, with the reason in words."""
    found: dict[tuple[str, str | None], int] = {}
    for row in counts:
        if org_id in (None, row["org_id"]):
            key = row["status"], row["reason"]
            found[key] = found.get(key, 0) + row["points"]
    order = list(STATUSES)
    return [
        {
            "status": status,
            "reason": reason,
            "words": POINTS.words(reason)["explanation"] if reason else "",
            "points": points,
        }
        for (status, reason), points in sorted(
            found.items(), key=lambda one: (one[0][0] != "unknown", order.index(one[0][0]), one[0][1] or "")
        )
    ]
