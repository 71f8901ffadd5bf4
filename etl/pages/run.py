"""The report of a run: what `etl report` shows, as a page and as a tab of Airflow's run."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from sqlalchemy import Engine

from etl.connectors import registry
from etl.load.report import read_report
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor
from etl.pages.mending import Link, mended, systems
from etl.pages.render import html
from etl.pages.tonight import STATES


def router(host: PagesHost) -> APIRouter:
    """The page of a run, by our id or Airflow's."""
    pages = APIRouter()

    @pages.get("/run", dependencies=[visitor_of(host, "run")])
    def run(request: Request, run_id: str, flow: str | None = None) -> Response:
        engine = host.engine()
        report = read_report(engine, run_id, registry.sentence, flow)
        place = _places(engine, request.state.visitor)
        return html(request, "run", report=report, states=STATES, mended=place)

    return pages


def _places(engine: Engine, visitor: Visitor) -> Callable[[str, str], Link | None]:
    """Where a reason is mended that a part of a run (a source, or source/course), or rows of a source, have."""
    known = systems(engine)

    def place(code: str, scope: str) -> Link | None:
        source, _, course = scope.partition("/")
        facts = {"source": source, "course": course}
        return mended(code, known.get(source, source), facts, visitor.rights)

    return place
