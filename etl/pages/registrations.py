"""Registrations: integrations with their address, what was registered, and what became of messages."""

from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from etl import db
from etl.connectors import registry
from etl.connectors.coachview import results
from etl.errors import InvalidInput
from etl.load import audit
from etl.pages import row_form
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor
from etl.pages.points import STATUSES
from etl.pages.render import html
from etl.pages.row_form import Field, RowForm
from etl.reference.entering import file_named

_MOST: Final = 100  # rows of a page
Chosen = Annotated[str | None, Query(max_length=200)]
Decision = Literal["registered", "not_registered", "resend"]
_REPORTING: Final = tuple((one.system, one.title) for one in registry.CONNECTORS if one.reports)
INTEGRATION: Final = RowForm(
    file_named("integrations"),
    "integration",
    "registrations",
    "registrations",
    "Integration",
    "An e-learning system that reports completed courses, and which results there are: a result outside of the"
    " definition is not registered, one with more decimals is rounded.",
    (
        Field("integration", "Integration", "its code"),
        Field("system", "System", choices=_REPORTING),
        Field("connection_id", "Airflow connection", "with its secret; not for a source of sources.csv"),
        Field("timezone", "Time zone", "such as Europe/Amsterdam"),
        Field("sends_result", "Sends results"),
        Field("minimum", "Lowest result"),
        Field("maximum", "Highest result"),
        Field("decimals", "Decimals"),
        Field("pass_mark", "Passed from", "empty: nobody passes by the result alone"),
        Field("sends_presence", "Sends presence"),
        Field("sends_passed", "Sends passes"),
        Field(
            "person_scheme",
            "Names persons by",
            choices=(("person", "person_id of the request"), ("external", "external_id of the request")),
        ),
        Field("active", "Active", "no: what comes in waits"),
        Field(
            "hash",
            "Hash of the signature",
            choices=tuple((one, one) for one in ("sha512", "sha384", "sha256", "sha1")),
            rare=True,
        ),
    ),
    {"active": "true", "hash": "sha512", "timezone": "Europe/Amsterdam"},
)
Before = Annotated[int | None, Query(ge=0, le=2**63 - 1)]


def router(host: PagesHost) -> APIRouter:
    """The integrations with what was registered, and the messages."""
    pages = APIRouter(dependencies=[visitor_of(host, "registrations")])

    @pages.get("/registrations")
    def registrations(
        request: Request,
        integration: Chosen = None,
        status: Chosen = None,
        before: Before = None,
        after_request: Annotated[str, Query(max_length=200)] = "",
        after_part: Annotated[str, Query(max_length=200)] = "",
    ) -> Response:
        with host.engine().connect() as session:
            found = db.rows(session, "pages/registrations.integrations")
            if status:
                rows = db.rows(
                    session, "pages/registrations.sent", status=status, before=before, most=_MOST + 1
                )
            else:
                after = {"after_request": after_request, "after_part": after_part}
                rows = db.rows(
                    session,
                    "pages/registrations.registered",
                    integration=integration or None,
                    **after,
                    most=_MOST + 1,
                )
        return html(
            request,
            "registrations",
            integrations=[{**one, "address": _address(one["system"], one["integration"])} for one in found],
            rows=rows[:_MOST],
            more=rows[_MOST - 1] if len(rows) > _MOST else None,
            integration=integration or None,
            chosen=status or None,
            statuses=STATUSES,
        )

    @pages.post("/registrations")
    def decided(
        visitor: Annotated[Visitor, visitor_of(host, "registrations/change")],
        item_id: Annotated[int, Form(ge=0, le=2**63 - 1)],
        decision: Annotated[Decision, Form()],
        status: Annotated[Literal["unknown", "rejected"], Form()],
        attempts: Annotated[int, Form(ge=0, le=2**31 - 1)],
    ) -> Response:
        said: dict[str, str] = {"status": status}
        try:
            with host.engine().begin() as session:
                audit.by(session, visitor.name, "page")
                results.decide(session, item_id, decision, (status, attempts), visitor.name)
        except InvalidInput as problem:
            said["refused"] = str(problem)
        else:
            said["done"] = decision
        return RedirectResponse(f"registrations?{urlencode(said)}#rows", status_code=303)

    @pages.get("/received-messages")
    def messages(
        request: Request, integration: Chosen = None, outcome: Chosen = None, before: Before = None
    ) -> Response:
        chosen = {"integration": integration or None, "outcome": outcome or None}
        with host.engine().connect() as session:
            found = db.rows(session, "pages/registrations.integrations")
            rows = db.rows(session, "pages/registrations.messages", **chosen, before=before, most=_MOST + 1)
        return html(
            request,
            "received-messages",
            integrations=found,
            rows=rows[:_MOST],
            more=rows[_MOST - 1] if len(rows) > _MOST else None,
            chosen=chosen,
        )

    pages.include_router(row_form.router(host, INTEGRATION.address, INTEGRATION.always))
    return pages


def _address(system: str, integration: str) -> str | None:
    """Where its messages come in, below the address of the server that receives them; a polled one has none."""
    try:
        mount, _ = registry.receiver_of(system)
    except InvalidInput:
        return None
    return f"{mount.path}/{integration}"
