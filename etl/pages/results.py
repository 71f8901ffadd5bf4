"""Results: those that wait for review, and those that are recorded; adjusted, recorded or dismissed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy import Connection as Session

from etl import db
from etl.errors import InvalidInput
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor
from etl.pages.mending import mended
from etl.pages.render import html
from etl.results import review
from etl.results.review import ChosenProposals, Decided, SeenProposal
from etl.transform.reasons import reason
from etl.words import counted

_MOST: Final = 100  # rows of a page
_COUNTED: Final = 10_000  # that wait: more are told as so many and more
_LOOKED_AT: Final = 50_000  # enrolments, for what may be few among all results: the next page looks on
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


@dataclass(frozen=True)
class After:
    """The row that ended the page before; the same result may be a proposal and, after it, recorded."""

    enrolment: str = ""
    unit: str = ""
    status: str = ""
    state: str = ""


_Given = Annotated[str, Field(max_length=200)]


class _Sent(BaseModel):
    """The form of a button. ``do``: what, and of which row where it is a row's own button; else of the chosen ones."""

    do: Annotated[str, Field(max_length=1000)]
    shown_at: datetime
    chosen: Annotated[list[str], Field(max_length=_MOST)] = []
    because: Annotated[str, Field(max_length=500)] = ""
    started_on: _Given = ""
    finished_on: _Given = ""
    result: _Given = ""

    @property
    def what(self) -> str:
        """What is to be done."""
        return self.do.partition(" ")[0]

    @property
    def meant(self) -> list[SeenProposal]:
        """The rows, as they were shown. Raises InvalidInput where none was selected."""
        row = self.do.partition(" ")[2]
        if not (row or self.chosen):
            raise InvalidInput("Nothing was changed: no row was selected.")
        return [_seen(one) for one in ([row] if row else self.chosen)]

    @property
    def adjusted(self) -> str | None:
        """The row that was being adjusted, as the address names it."""
        if self.what != "adjust":
            return None
        [one] = self.meant[:1]
        return "|".join([one.enrolment_code, one.unit_code, one.proposed_status])


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
        after = After(*request.query_params.get("after", "").split("|", 3))
        with host.engine().connect() as session:
            before = _look_before(session, asked, after.enrolment)
            rows = _page(session, asked, _MOST + 1, after, before)
            [waiting] = db.rows(session, "pages/results.waiting", most=_COUNTED + 1)
        seen = [_shown(row, request.state.visitor) for row in rows[:_MOST]]
        return html(
            request,
            "results",
            status,
            rows=seen,
            waiting=waiting["results"],
            counted_to=_COUNTED,
            asked=asked,
            states=STATES,
            runs=host.runs is not None,
            more=_key(seen[-1]) if len(rows) > _MOST else before,
            looked_at=_LOOKED_AT if before and len(rows) <= _MOST else None,
            shown_at=waiting["shown_at"],
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
        sent: Annotated[_Sent, Form()],
    ) -> Response:
        asked = _asked(request.query_params)
        try:
            done = _done(host, visitor, asked, sent)
        except InvalidInput as refused:
            return shown(request, asked, _MISTAKEN, refused=str(refused), adjust=sent.adjusted, sent=sent)
        address = "&".join(filter(None, [asked.address, urlencode({"done": done})]))
        return RedirectResponse(f"results?{address}#rows", status_code=303)

    return pages


def _done(host: PagesHost, visitor: Visitor, asked: Filter, sent: _Sent) -> str:
    if sent.what == "adjust":
        return _adjust(host, visitor, sent)
    if sent.what == "green":
        return _record(host, visitor, _green(host, asked, sent.shown_at))
    if sent.what == "record":
        return _record(host, visitor, sent.meant)
    return _dismiss(host, visitor, sent.meant, sent.because)


def _look_before(session: Session, asked: Filter, after: str) -> str | None:
    """The enrolment before which a page ends, full or not, where no index finds what is asked for."""
    of_whom = asked.occurrence or asked.course or asked.learner
    if asked.state != "not_possible" and (not asked.source or of_whom):
        return None
    found = db.rows(session, "pages/results.look_before", after_enrolment=after, most=_LOOKED_AT)
    return found[0]["enrolment_code"] if found else None


def _page(
    session: Session,
    asked: Filter,
    most: int,
    after: After = After(),
    before: str | None = None,
    until: datetime | None = None,
) -> list[Mapping[str, Any]]:
    db.execute(session, "load/plans.along_indexes")
    if asked.since:
        db.execute(session, "load/plans.along_days")
    return db.rows(
        session,
        "pages/results.page",
        **asdict(asked),
        **{f"after_{name}": value for name, value in asdict(after).items()},
        before_enrolment=before,
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


def _key(row: Mapping[str, Any]) -> str:
    return "|".join(row[name] for name in ("enrolment_code", "unit_code", "proposed_status", "state"))


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
        found = [_proposal(row) for row in _page(session, ready, _ALL, until=shown_at)]
    if not found:
        raise InvalidInput(
            "Nothing was changed: of what was ready when the page was shown,"
            " all is recorded, dismissed or another by now."
        )
    return found


def _record(host: PagesHost, visitor: Visitor, meant: list[SeenProposal]) -> str:
    done = review.decide(host.engine(), ChosenProposals(), "approved", visitor.name, "page", seen=meant)
    return _told(done, f"{counted(done.recorded, 'result')} recorded.")


def _dismiss(host: PagesHost, visitor: Visitor, meant: list[SeenProposal], because: str) -> str:
    if not because.strip():
        raise InvalidInput("Nothing was changed: say why, to dismiss them.")
    done = review.decide(
        host.engine(),
        ChosenProposals(),
        "dismissed",
        visitor.name,
        "page",
        because=because.strip(),
        seen=meant,
    )
    return _told(done, f"{counted(done.decided, 'result')} dismissed.")


def _told(done: Decided, what: str) -> str:
    """What was done, and how the others stand. Raises InvalidInput where nothing was."""
    if not done.left_alone:
        return what
    left = f"{', '.join(sorted(map(str, done.left_alone)))}: look at it again."
    if not done.decided:
        raise InvalidInput(f"Nothing was changed: {left}")
    return f"{what} {left}"


def _adjust(host: PagesHost, visitor: Visitor, sent: _Sent) -> str:
    [one] = sent.meant[:1]
    try:
        start, finish = (
            date.fromisoformat(day) if day else None for day in (sent.started_on, sent.finished_on)
        )
    except ValueError:
        raise InvalidInput("Nothing was changed: a day is written YYYY-MM-DD.") from None
    key = one.enrolment_code, one.unit_code, one.proposed_status
    to = start, finish, sent.result or None
    try:
        review.adjust(host.engine(), *key, *to, by=visitor.name, through="page", seen=one)
    except InvalidInput as refused:
        raise InvalidInput(f"Nothing was changed: {refused}.") from None
    return f"{one.unit_code} of {one.enrolment_code} is adjusted."
