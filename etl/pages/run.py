"""The report of a run: what `etl report` shows, as a page and as a tab of Airflow's run."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from sqlalchemy import Engine

from etl.connectors import registry
from etl.load.report import read_report
from etl.load.report_types import Sent
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor
from etl.pages.mending import Link, mended, systems
from etl.pages.points import STATUSES
from etl.pages.render import html
from etl.pages.sent import address, list_of
from etl.pages.tonight import STATES


def router(host: PagesHost) -> APIRouter:
    """The page of a run, by our id or Airflow's."""
    pages = APIRouter()

    @pages.get("/run", dependencies=[visitor_of(host, "run")])
    def run(request: Request, run_id: str, flow: str | None = None) -> Response:
        engine = host.engine()
        report = read_report(engine, run_id, registry.sentence, flow)
        visitor = request.state.visitor
        return html(
            request,
            "run",
            report=report,
            states=STATES,
            mended=_places(engine, visitor),
            item_states=STATUSES,
            listed=_lists(visitor),
        )

    return pages


def _places(engine: Engine, visitor: Visitor) -> Callable[[str, str], Link | None]:
    """Where a reason is mended that a part of a run (a source, or source/course), or rows of a source, have."""
    known = systems(engine)

    def place(code: str, scope: str) -> Link | None:
        source, _, course = scope.partition("/")
        facts = {"source": source, "course": course}
        return mended(code, known.get(source, source), facts, visitor.rights)

    return place


def _lists(visitor: Visitor) -> Callable[[Sent], str]:
    """Where items of the ledger that stand alike are listed."""

    def listed(one: Sent) -> str:
        return address(*list_of(one.target, one.kind, one.status, one.reason), visitor.rights)

    return listed
