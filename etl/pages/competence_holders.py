"""Who holds a competence, whose ends soon or has ended, and from whom it was revoked; with the place to revoke it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection as Session

from etl import db
from etl.errors import InvalidInput
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor
from etl.pages.render import html
from etl.results import competence_decisions, competence_groups

_MOST: Final = 100  # rows of a page
_LOOKED_AT: Final = 2_000  # periods: they fill a page where most are as asked, of however many there are
State = Literal["held", "expiring", "expired", "revoked"]
STATES: Final[dict[State, str]] = {
    "held": "held now",
    "expiring": "expiring soon",
    "expired": "expired",
    "revoked": "revoked",
}
Code = Annotated[str, Query(max_length=200)]
Days = Annotated[int, Query(ge=0, le=36_525)]


@dataclass(frozen=True)
class After:
    """The row that ended the page before: the same period may be of several origins, and revoked in both ways."""

    after: str = ""
    after_from: date = date.min
    after_source: str = ""
    after_everyone: bool = False


def router(host: PagesHost) -> APIRouter:
    """The groups, the people of one competence, and a revocation."""
    pages = APIRouter(dependencies=[visitor_of(host, "competence-holders")])

    @pages.get("/competence-holders")
    def holders(
        request: Request,
        competence: Code = "",
        state: State = "held",
        days: Days = 90,
        after: Code = "",
        after_from: date = date.min,
        after_source: Code = "",
        after_everyone: bool = False,
        done: Code = "",
    ) -> Response:
        if not competence:
            return html(request, "competence-groups", groups=competence_groups.of_groups(host.engine()))
        ended = After(after, after_from, after_source, after_everyone)
        return html(request, "competence-holders", **_shown(host, competence, state, days, ended), done=done)

    @pages.post("/competence-holders")
    def changed(
        request: Request,
        visitor: Annotated[Visitor, visitor_of(host, "competence-holders/change")],
        do: Annotated[Literal["revoke", "restore"], Form()],
        competence: Annotated[str, Form(min_length=1, max_length=200)],
        state: Annotated[State, Form()] = "held",
        days: Annotated[int, Form(ge=0, le=36_525)] = 90,
        because: Annotated[str, Form(max_length=500)] = "",
        client: Annotated[str, Form(max_length=200)] = "",
        shown_at: Annotated[datetime | None, Form()] = None,
    ) -> Response:
        change = competence_decisions.revoke if do == "revoke" else competence_decisions.restore
        try:
            change(host.engine(), competence, client or None, visitor.name, because, "page", shown_at)
        except InvalidInput as problem:
            shown = _shown(host, competence, state, days)
            told = {"refused": str(problem), "tried": do, "because": because}
            return html(request, "competence-holders", 409, **shown, **told)
        asked = {"competence": competence, "state": state, "days": days, "done": do}
        return RedirectResponse(f"competence-holders?{urlencode(asked)}#people", status_code=303)

    return pages


def _shown(
    host: PagesHost, competence: str, state: State, days: int, after: After = After()
) -> dict[str, Any]:
    of = {"competence_code": competence, **asdict(after), "most": _MOST + 1}
    with host.engine().connect() as session:
        found = db.rows(session, "pages/competences.standing", competence_code=competence)
        if not found:
            raise InvalidInput(f"there is no competence {competence}")
        rows = _rows(session, state, days, of)
    return {
        "competence": found[0],
        "state": state,
        "states": STATES,
        "days": days,
        "rows": rows[:_MOST],
        "more": rows[_MOST - 1] if len(rows) > _MOST else None,
    }


def _rows(session: Session, state: State, days: int, of: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The first rows, one more than a page holds: of the first periods where these have as many, else of all."""
    asked = {"competence_code": of["competence_code"], "after": of["after"], "most": _LOOKED_AT}
    for found in db.rows(session, "pages/competences.look_before", **asked):
        rows = _of(session, state, days, of, found["client_code"])
        if len(rows) > _MOST:
            return rows
    return _of(session, state, days, of, None)


def _of(
    session: Session, state: State, days: int, of: Mapping[str, Any], before: str | None
) -> list[Mapping[str, Any]]:
    if state in ("held", "expiring"):
        within = days if state == "expiring" else None
        return db.rows(session, "pages/competences.held", **of, within=within, before=before)
    return db.rows(session, f"pages/competences.{state}", **of, before=before)
