"""Results: those that wait for review, and those that are recorded; adjusted, recorded or dismissed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection as Session

from etl import db
from etl.errors import InvalidInput
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor
from etl.pages.mending import mended
from etl.pages.render import html
from etl.results import review
from etl.results.review import ChosenProposals, SeenProposal
from etl.transform.reasons import reason
from etl.words import counted

_MOST: Final = 100  # rows of a page
_MISTAKEN: Final = 409
_ALL: Final = 2_000_000_000
# The state of a row: its colour and shape, and the word beside it.
STATES: Final = {
    "ready": ("ready", "ready"),
    "recorded": ("recorded", "recorded"),
    "not_possible": ("blocked", "not possible"),
    "adjusted": ("adjusted", "adjusted"),
}
_WHAT_TO_DO: Final = {
    "enrolment_not_active": "Mend the enrolment in the administration, or dismiss it.",
    "result_stands": "Nothing is to be done: dismiss it.",
}


@dataclass(frozen=True)
class Filter:
    """Which rows are asked for, as the address says it."""

    occurrence: str | None = None
    course: str | None = None
    source: str | None = None
    learner: str | None = None
    state: Literal["ready", "recorded", "not_possible", "adjusted"] | None = None
    since: date | None = None

    @property
    def address(self) -> str:
        """The same as the query of an address."""
        return urlencode({name: value for name, value in asdict(self).items() if value})

    @property
    def of_courses(self) -> str:
        """What of it says which courses are meant, as the query of an address."""
        return Filter(self.occurrence, self.course).address


Given = Annotated[str, Form(max_length=200)]


def _asked(given: Mapping[str, str]) -> Filter:
    """An empty field of a form asks for everything."""
    try:
        return msgspec.convert(
            {name: given[name] for name in Filter.__dataclass_fields__ if given.get(name)}, Filter
        )
    except msgspec.ValidationError:
        raise InvalidInput("There is no such state, or the day is not of the form YYYY-MM-DD.") from None


def router(host: PagesHost) -> APIRouter:
    """The list, and what is decided about its rows."""
    pages = APIRouter(dependencies=[visitor_of(host, "results")])

    def shown(request: Request, asked: Filter, status: int = 200, **more: Any) -> Response:
        after = tuple(request.query_params.get("after", "").split("|", 2)) or ("",)
        with host.engine().connect() as session:
            rows = _page(session, asked, after)
            waiting = db.rows(session, "pages/results.waiting")[0]["results"]
        seen = [_shown(row, request.state.visitor) for row in rows[:_MOST]]
        last = seen[-1] if len(rows) > _MOST else None
        return html(
            request,
            "results",
            status,
            rows=seen,
            waiting=waiting,
            asked=asked,
            states=STATES,
            runs=host.runs is not None,
            more="|".join([last["enrolment_code"], last["unit_code"], last["proposed_status"]])
            if last
            else None,
            now=datetime.now(UTC),
            **more,
        )

    @pages.get("/results")
    def results(
        request: Request,
        adjust: Annotated[str | None, Query(max_length=500)] = None,
        done: Annotated[str | None, Query(max_length=300)] = None,
    ) -> Response:
        return shown(request, _asked(request.query_params), adjust=adjust, done=done)

    @pages.post("/results")
    def decided(
        request: Request,
        visitor: Annotated[Visitor, visitor_of(host, "results/change")],
        do: Annotated[str, Form(max_length=1000)],
        shown_at: Annotated[datetime, Form()],
        chosen: Annotated[list[str], Form(max_length=_MOST)] = [],  # noqa: B006 - what FastAPI asks for
        because: Annotated[str, Form(max_length=500)] = "",
        started_on: Given = "",
        finished_on: Given = "",
        result: Given = "",
    ) -> Response:
        asked = _asked(request.query_params)
        what, _, row = do.partition(" ")
        meant = [_seen(one) for one in ([row] if row else chosen)]
        try:
            if what == "adjust":
                done = _adjust(host, visitor, meant[0], started_on, finished_on, result)
            elif what == "green":
                done = _record(host, visitor, _green(host, asked, shown_at))
            elif not meant:
                raise InvalidInput("Nothing was changed: no row was selected.")
            elif what == "record":
                done = _record(host, visitor, meant)
            else:
                done = _dismiss(host, visitor, meant, because)
        except InvalidInput as refused:
            return shown(request, asked, _MISTAKEN, refused=str(refused))
        address = "&".join(filter(None, [asked.address, urlencode({"done": done})]))
        return RedirectResponse(f"results?{address}#rows", status_code=303)

    return pages


def _page(
    session: Session,
    asked: Filter,
    after: tuple[str, ...] = (),
    most: int = _MOST + 1,
    until: datetime | None = None,
) -> list[Mapping[str, Any]]:
    enrolment, unit, status = (*after, "", "", "")[:3]
    db.execute(session, "pages/results.along_indexes")
    return db.rows(
        session,
        "pages/results.page",
        **asdict(asked),
        after_enrolment=enrolment,
        after_unit=unit,
        after_status=status,
        most=most,
        until=until,
    )


def _shown(row: Mapping[str, Any], visitor: Visitor) -> dict[str, Any]:
    code = row["reason_code"]
    known = {name: row[f"{name}_code"] for name in ("occurrence", "client", "enrolment", "unit")}
    facts = {**known, "source": row["source"]}
    return {
        **row,
        "why": reason(code) if code else "",
        "to_do": _WHAT_TO_DO.get(code or "", ""),
        "mended": mended(code, row["source"], facts, visitor.rights),
        "key": msgspec.json.encode(_proposal(row)).decode() if row["state"] != "recorded" else "",
    }


def _proposal(row: Mapping[str, Any]) -> SeenProposal:
    return SeenProposal(**{name: row[name] for name in SeenProposal.__dataclass_fields__})


def _seen(key: str) -> SeenProposal:
    try:
        return msgspec.json.decode(key, type=SeenProposal)
    except msgspec.DecodeError:
        raise InvalidInput("Nothing was changed: open the page again.") from None


def _green(host: PagesHost, asked: Filter, shown_at: datetime) -> list[SeenProposal]:
    """All that are ready under the filter, and were so when the page was shown."""
    ready = replace(asked, state="ready")
    with host.engine().connect() as session:
        return [_proposal(row) for row in _page(session, ready, most=_ALL, until=shown_at)]


def _record(host: PagesHost, visitor: Visitor, meant: list[SeenProposal]) -> str:
    done, recorded = review.decide(
        host.engine(), ChosenProposals(), "approved", visitor.name, "page", seen=meant
    )
    return f"{counted(recorded, 'result')} recorded." + _left(len(meant) - done)


def _dismiss(host: PagesHost, visitor: Visitor, meant: list[SeenProposal], because: str) -> str:
    if not because.strip():
        raise InvalidInput("Nothing was changed: say why, to dismiss them.")
    done, _ = review.decide(
        host.engine(),
        ChosenProposals(),
        "dismissed",
        visitor.name,
        "page",
        because=because.strip(),
        seen=meant,
    )
    return f"{counted(done, 'result')} dismissed." + _left(len(meant) - done)


def _left(number: int) -> str:
    return (
        f" {counted(number, 'was', 'were')} changed meanwhile, or cannot be: look at them again."
        if number
        else ""
    )


def _adjust(
    host: PagesHost, visitor: Visitor, one: SeenProposal, start: str, finish: str, result: str
) -> str:
    try:
        started, finished = (date.fromisoformat(day) if day else None for day in (start, finish))
    except ValueError:
        raise InvalidInput("Nothing was changed: a day is written YYYY-MM-DD.") from None
    key = one.enrolment_code, one.unit_code, one.proposed_status
    try:
        review.adjust(
            host.engine(), *key, started, finished, result or None, by=visitor.name, through="page", seen=one
        )
    except InvalidInput as refused:
        raise InvalidInput(f"Nothing was changed, or another changed it meanwhile: {refused}") from None
    return f"{one.unit_code} of {one.enrolment_code} is adjusted."
