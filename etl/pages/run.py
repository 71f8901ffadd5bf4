"""The report of a run: what `etl report` shows, as a page and as a tab of Airflow's run."""

from fastapi import APIRouter, Request, Response

from etl.connectors import registry
from etl.load.report import read_report
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost
from etl.pages.render import html
from etl.pages.tonight import STATES


def router(host: PagesHost) -> APIRouter:
    """The page of a run, by our id or Airflow's."""
    pages = APIRouter()

    @pages.get("/run", dependencies=[visitor_of(host, "run")])
    def run(request: Request, run_id: str, flow: str | None = None) -> Response:
        report = read_report(host.engine(), run_id, registry.sentence, flow)
        return html(request, "run", report=report, states=STATES)

    return pages
