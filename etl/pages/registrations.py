"""Registrations: integrations with their address, what was registered, and what became of messages."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from etl import db
from etl.connectors import registry
from etl.errors import InvalidInput
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost
from etl.pages.points import STATUSES
from etl.pages.render import html

_MOST: Final = 100  # rows of a page
Chosen = Annotated[str | None, Query(max_length=200)]
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

    return pages


def _address(system: str, integration: str) -> str | None:
    """Where its messages come in, below the address of the server that receives them; a polled one has none."""
    try:
        mount, _ = registry.receiver_of(system)
    except InvalidInput:
        return None
    return f"{mount.path}/{integration}"
