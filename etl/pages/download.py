"""Download now: the courses of an occurrence are asked at once; how far that is, and stopping it."""

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from etl.connectors.moodle import downloads
from etl.connectors.moodle.landed import FLOW
from etl.errors import InvalidInput
from etl.load import runs as recorded
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Runs, Visitor
from etl.pages.progress import progress_of
from etl.pages.render import html

Word = Annotated[str, Query(max_length=300)]
Given = Annotated[str, Form(max_length=300)]
_NO_AIRFLOW: Final = "these pages are served without Airflow, which is what starts runs"
_TOLD: Final = {
    "started": "Started.",
    "already": "This is under way already, and shown below: nothing was started beside it.",
    "stopped": "Stopped. What was recorded before stays; what was not done, the next night does.",
    "over": "It was over already: nothing was stopped.",
}


def router(host: PagesHost) -> APIRouter:
    """The courses that would be asked, the run that asks them, and its two buttons."""
    pages = APIRouter()
    runner = visitor_of(host, "download/run")

    def shown(
        request: Request, occurrence: str, course: str, run: str = "", status: int = 200, **more: Any
    ) -> Response:
        found = _courses(host, occurrence, course)
        numbers = downloads.to_ask(found)
        under_way = host.runs.under_way(FLOW) if host.runs else []
        if not run and numbers:
            run = next((one.run_id for one in under_way if downloads.does(one.conf, numbers)), "")
        return html(
            request,
            "download",
            status,
            section="results",
            flow=FLOW,
            occurrence=occurrence,
            course=course,
            courses=found,
            numbers=numbers,
            beside=[one for one in under_way if one.run_id != run],
            progress=progress_of(host, FLOW, run) if run else None,
            runs=host.runs is not None,
            **more,
        )

    @pages.get("/download", dependencies=[visitor_of(host, "download")])
    def download(
        request: Request, occurrence: Word = "", course: Word = "", run: Word = "", told: Word = ""
    ) -> Response:
        return shown(request, occurrence, course, run, told=_TOLD.get(told))

    @pages.post("/download-start")
    def started(
        request: Request, visitor: Annotated[Visitor, runner], occurrence: Given = "", course: Given = ""
    ) -> Response:
        numbers = downloads.to_ask(_courses(host, occurrence, course))
        try:
            if not numbers:
                raise InvalidInput("no course that can be asked is linked")
            run, is_new = _runs(host).start(
                FLOW,
                downloads.parameters(numbers),
                visitor.name,
                lambda others: next((one for one in others if downloads.does(one.conf, numbers)), None),
            )
        except InvalidInput as refused:
            return shown(request, occurrence, course, status=409, refused=f"Nothing was started: {refused}.")
        return _back(occurrence, course, run.run_id, "started" if is_new else "already")

    @pages.post("/download-stop")
    def stopped(
        request: Request,
        visitor: Annotated[Visitor, runner],
        run: Given,
        occurrence: Given = "",
        course: Given = "",
    ) -> Response:
        try:
            asked = _runs(host).find(FLOW, run)
            if asked is None or not asked.conf.get("courses"):
                raise InvalidInput("there is no such download; a whole night is stopped in Airflow")
        except InvalidInput as refused:
            return shown(request, occurrence, course, status=409, refused=f"Nothing was stopped: {refused}.")
        was_under_way = _runs(host).stop(FLOW, run, visitor.name)
        with host.engine().begin() as session:
            recorded.stop(session, FLOW, run)
        return _back(occurrence, course, run, "stopped" if was_under_way else "over")

    return pages


def _courses(host: PagesHost, occurrence: str, course: str) -> list[downloads.LinkedCourse]:
    """Nothing is asked of nobody: one of both has to be said."""
    if not (occurrence or course):
        return []
    with host.engine().connect() as session:
        return downloads.courses(session, occurrence or None, course or None)


def _runs(host: PagesHost) -> Runs:
    if host.runs is None:
        raise InvalidInput(_NO_AIRFLOW)
    return host.runs


def _back(occurrence: str, course: str, run: str, told: str) -> Response:
    asked = {"occurrence": occurrence, "course": course, "run": run, "told": told}
    address = urlencode({name: value for name, value in asked.items() if value})
    return RedirectResponse(f"download?{address}", status_code=303)
