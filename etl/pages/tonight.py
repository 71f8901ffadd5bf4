"""Tonight: was the night right, and what needs a person?"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import Engine

from etl import db
from etl.connectors import registry
from etl.load.attention import Attention, attention
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Right
from etl.pages.mending import Link, mended, systems
from etl.pages.render import html
from etl.pages.sent import address, list_of

_TALLEST: Final = 22  # pixels of the longest of ten runs
_STEP: Final = 13  # pixels from one bar to the next
# The state of a run: its colour and shape, and the word beside it.
STATES: Final = {
    "success": ("ready", "right"),
    "incomplete": ("blocked", "not complete"),
    "failed": ("blocked", "broke off"),
    "abandoned": ("blocked", "broke off"),
    "stopped": ("recorded", "stopped by a person"),
    "running": ("adjusted", "running"),
}
_STATUS: Final = {"doubted": "accepted"}  # in the ledger, where that is called otherwise
_COLOURS: Final = {
    "not done": "blocked",
    "unknown": "unknown",
    "doubted": "unknown",
    "withheld": "blocked",
    "rejected": "blocked",
    "to review": "ready",
    "new": "adjusted",
    "quiet": "recorded",
}


@dataclass(frozen=True)
class Bar:
    """How long one run took beside the longest of the ten, in pixels, and whether it was right."""

    x: int
    y: int
    height: int
    right: bool
    seconds: float


def router(host: PagesHost) -> APIRouter:
    """The page, which is also the first one."""
    pages = APIRouter()

    @pages.get("/", dependencies=[visitor_of(host, "tonight")])
    @pages.get("/tonight", dependencies=[visitor_of(host, "tonight")])
    def tonight(request: Request) -> Response:
        engine = host.engine()
        found = attention(engine, registry.sentence)
        needed = [(state, list(things)) for state, things in groupby(found, lambda one: one.state)]
        shown: dict[str, Any] = {
            "needed": needed,
            "page_of": partial(page_of, rights=request.state.visitor.rights),
            "mended": partial(_mended, known=systems(engine), rights=request.state.visitor.rights),
            "colours": _COLOURS,
            "now": datetime.now(UTC),
        }
        return html(request, "tonight", **(shown | _flows(engine)))

    return pages


def _flows(engine: Engine) -> dict[str, Any]:
    with engine.connect() as session:
        flows = db.rows(session, "pages/tonight.flows")
        durations = db.rows(session, "pages/tonight.durations")
    by_flow: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in durations:
        by_flow[one["flow"]].append(one)
    shown = [
        {**one, "bars": bars(by_flow[one["flow"]]), "took": _duration(one), "state": STATES[one["status"]]}
        for one in flows
    ]
    return {"flows": shown, "right": sum(one["status"] == "success" for one in flows)}


def bars(runs: list[Mapping[str, Any]]) -> list[Bar]:
    """The durations of runs (status, seconds), oldest first, as a plot; one that is not over is a bar of one pixel."""
    longest = max((one["seconds"] or 0 for one in runs), default=0) or 1
    heights = [max(1, round(_TALLEST * (one["seconds"] or 0) / longest)) for one in runs]
    return [
        Bar(place * _STEP, 24 - height, height, STATES[one["status"]][0] != "blocked", one["seconds"] or 0.0)
        for place, (height, one) in enumerate(zip(heights, runs, strict=True))
    ]


def page_of(one: Attention, rights: Collection[Right]) -> str:
    """Where a thing is mended, as an address beside this page; empty where no page is, or none for this visitor."""
    return address(*_page_of(one), rights)


def _page_of(one: Attention) -> tuple[str, dict[str, str]]:
    if one.run_id:
        return "run", {"run_id": one.run_id}
    if one.state == "new":
        return "rejections", {"source": one.about, "reason_code": one.reason_code}
    if one.state == "to review":
        return "results", {"source": one.about}
    return list_of(one.target, one.about, _STATUS.get(one.state, one.state), one.reason_code)


def _mended(one: Attention, known: Mapping[str, str], rights: Collection[Right]) -> Link | None:
    """Where the reason of a kind of items or rows is mended; a run's own page has those of its parts."""
    if one.run_id:
        return None
    return mended(
        one.reason_code, one.target or known.get(one.about, one.about), {"source": one.about}, rights
    )


def _duration(run: Mapping[str, Any]) -> timedelta | None:
    return None if run["seconds"] is None else timedelta(seconds=run["seconds"])
