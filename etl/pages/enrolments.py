"""Enrolments to Moodle: how those of each linked occurrence stand, and having them transferred, or not."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from etl import db
from etl.connectors.moodle.landed import SYSTEM
from etl.connectors.moodle.writing import asked, switches, transfers
from etl.connectors.moodle.writing.asked import Choice
from etl.connectors.moodle.writing.flow import FLOW
from etl.connectors.moodle.writing.switches import Switch
from etl.errors import EtlError, InvalidInput
from etl.load import audit
from etl.pages.access import visitor_of
from etl.pages.host import FlowRun, PagesHost, Right, Visitor
from etl.pages.mending import Link, mended
from etl.pages.progress import progress_of
from etl.pages.render import html

_MOST: Final = 100  # rows of a page
_OCCURRENCES: Final = 25  # of a page: each enrolment of theirs is counted
_MOST_PREVIEWED: Final = 50  # the site is asked about each while somebody waits
STATES: Final = {"ready": "ready", "transferred": "recorded", "blocked": "blocked"}
_SWITCHED: Final = {True: Switch.ON, False: Switch.OFF, None: Switch.SITE}

Code = Annotated[str, Query(max_length=200)]
Named = Annotated[str, Form(max_length=200)]
Chosen = Annotated[list[str], Form(max_length=_MOST)]


def router(host: PagesHost) -> APIRouter:
    """The linked occurrences, the enrolments of one, and what a person asks for."""
    pages = APIRouter()
    changer = visitor_of(host, "enrolments/change")

    @pages.get("/enrolments", dependencies=[visitor_of(host, "enrolments")])
    def enrolments(
        request: Request,
        occurrence: Code | None = None,
        state: Code | None = None,
        reason: Code = "",
        search: Code = "",
        after: Code = "",
        after_id: int = 0,
        told: Code | None = None,
        run: Code = "",
    ) -> Response:
        if not occurrence:
            return _occurrences(host, request, search.strip(), reason, after)
        return _occurrence(
            host,
            request,
            occurrence,
            state=state or None,
            reason=reason or None,
            after=after,
            after_id=after_id,
            told=_TOLD.get(told or ""),
            run=run,
        )

    @pages.post("/enrolments-preview")
    def previewed(
        request: Request,
        visitor: Annotated[Visitor, changer],
        occurrence: Named,
        enrolment: Chosen = [],  # noqa: B006 - a form's default, never changed
    ) -> Response:
        chosen = Choice([occurrence], enrolment or None)
        try:
            lines = transfers.preview(host.engine(), host.connect, chosen, _MOST_PREVIEWED)
        except EtlError as refused:
            return _occurrence(host, request, occurrence, 422, refused, chosen=enrolment)
        return html(
            request,
            "enrolments_preview",
            occurrence=occurrence,
            lines=lines,
            chosen=enrolment,
            most=_MOST_PREVIEWED,
        )

    @pages.post("/enrolments-transfer")
    def transferred(
        request: Request,
        visitor: Annotated[Visitor, changer],
        occurrence: Named,
        which: Annotated[str, Form(pattern="^(selected|all)$")],
        enrolment: Chosen = [],  # noqa: B006
    ) -> Response:
        try:
            if which == "selected" and not enrolment:
                raise InvalidInput("no enrolment is selected")
            chosen = Choice([occurrence], enrolment if which == "selected" else None)
            anew = transfers.have_sent(host.engine(), host.connect, chosen, visitor.name, "page")
        except EtlError as refused:
            return _occurrence(host, request, occurrence, 422, refused, chosen=enrolment)
        told, run = _begun(host, visitor)
        return _back(occurrence, told if anew else "already", run)

    @pages.post("/enrolments-stop")
    def stopped(visitor: Annotated[Visitor, changer], occurrence: Named) -> Response:
        with host.engine().begin() as session:
            audit.by(session, visitor.name, "page")
            left = asked.stop(session, Choice([occurrence]), visitor.name)
        return _back(occurrence, "stopped" if left else "over")

    @pages.post("/enrolments-automatic")
    def switched(
        request: Request,
        visitor: Annotated[Visitor, changer],
        occurrence: Named,
        shown: Annotated[Switch, Form()],
        switch: Annotated[Switch, Form()],
    ) -> Response:
        try:
            with host.engine().begin() as session:
                audit.by(session, visitor.name, "page")
                switches.send_automatically(session, occurrence, switch, visitor.name, shown)
        except InvalidInput as refused:
            return _occurrence(host, request, occurrence, 409, refused, wanted=switch)
        return _back(occurrence, "switched")

    return pages


_TOLD: Final = {
    "begun": "The transfer is asked for, and the run that sends it is started: it shows below as it goes.",
    "asked": "The transfer is asked for: it goes with the next run of moodle_enrolments, and shows below as it goes.",
    "already": "It is on its way already: nothing is sent twice. It shows below as it goes.",
    "over": "Nothing was on its way any more: nothing was stopped.",
    "stopped": "Stopped: what was not sent yet is asked for no longer.",
    "switched": "Saved: how the enrolments of this occurrence are sent.",
}


def _begun(host: PagesHost, visitor: Visitor) -> tuple[str, str]:
    """What was asked for is sent at once, by whoever may start runs, in one that did not begin yet or a new one.

    What it did is told, and the run: none is where there is no Airflow, or it starts nothing now. It is asked for then,
    and the next run sends it.
    """
    if host.runs is None or Right.RUN not in visitor.rights:
        return "asked", ""
    try:
        run, _ = host.runs.start(FLOW, {}, visitor.name, _that_waits)
    except InvalidInput:
        return "asked", ""
    return "begun", run.run_id


def _that_waits(others: Sequence[FlowRun]) -> FlowRun | None:
    """One that runs may have planned what it sends already; one that waits sends all that is asked for."""
    return next((one for one in others if one.state == "queued" and not one.conf.get("dry_run")), None)


def _back(occurrence: str, told: str, run: str = "") -> Response:
    asked = {"occurrence": occurrence, "told": told} | ({"run": run} if run else {})
    return RedirectResponse(f"enrolments?{urlencode(asked)}#main", status_code=303)


def _occurrences(host: PagesHost, request: Request, search: str, reason: str, after: str) -> Response:
    of = {"search": search, "reason": reason or None, "after": after, "most": _OCCURRENCES + 1}
    with host.engine().connect() as session:
        db.execute(session, "load/plans.along_indexes")
        codes = [row["occurrence_code"] for row in db.rows(session, "pages/enrolments.listed", **of)]
        found = asked.occurrences(session, codes[:_OCCURRENCES])
    more = codes[_OCCURRENCES - 1] if len(codes) > _OCCURRENCES else None
    return html(request, "enrolments", occurrences=found, search=search, reason=reason, more=more)


def _occurrence(
    host: PagesHost,
    request: Request,
    occurrence: str,
    code: int = 200,
    refused: EtlError | None = None,
    *,
    state: str | None = None,
    reason: str | None = None,
    after: str = "",
    after_id: int = 0,
    told: str | None = None,
    run: str = "",
    chosen: Collection[str] = (),
    wanted: Switch | None = None,
) -> Response:
    where: dict[str, Any] = {
        "state": state,
        "reason": reason,
        "after": after,
        "after_id": after_id,
        "most": _MOST + 1,
    }
    with host.engine().connect() as session:
        found = db.rows(session, "pages/enrolments.occurrence", occurrence=occurrence)
        if not found:
            raise InvalidInput(f"there is no occurrence {occurrence}")
        sites = asked.occurrences(session, [occurrence])
        rows = db.rows(session, "pages/enrolments.page", occurrence=occurrence, **where)
    shown: dict[str, Any] = {
        "rows": rows[:_MOST],
        "more": rows[_MOST - 1] if len(rows) > _MOST else None,
        "state": state,
        "reason": reason,
        "states": STATES,
        "switched": _SWITCHED[found[0]["send_automatically"]],
        "on_its_way": sum(one["on_its_way"] for one in sites),
        "refused": refused,
        "chosen": chosen,
        "wanted": wanted,
        "told": told,
        "mended": partial(_mended, rights=request.state.visitor.rights),
        "progress": progress_of(host, FLOW, run) if run else None,
    }
    return html(request, "enrolments_of", code, occurrence=found[0], sites=sites, **shown)


def _mended(row: Mapping[str, Any], rights: Collection[Right]) -> Link | None:
    known = {name: row[f"{name}_code"] for name in ("enrolment", "client")}
    facts = {**known, "occurrence": row["occurrence_code"], "source": row["source"]}
    return mended(row["reason"], SYSTEM, facts | {"course": row["source_course_id"]}, rights)
