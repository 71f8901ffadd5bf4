"""The pages as an application, for Airflow's API server to serve or for a server of its own."""

from typing import Any, Final

from asgi_csrf import asgi_csrf
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from secure import (
    CacheControl,
    ContentSecurityPolicy,
    ReferrerPolicy,
    Secure,
    XContentTypeOptions,
    XFrameOptions,
)
from secure.middleware import SecureASGIMiddleware
from starlette.exceptions import HTTPException

from etl.engine.mounting import Asgi
from etl.errors import EtlError, InvalidInput
from etl.pages import (
    accreditations,
    competence_holders,
    competences,
    download,
    enrolments,
    erase,
    mapping,
    mapping_course,
    person,
    point,
    points,
    reference_data,
    reference_row,
    registrations,
    rejections,
    relation_numbers,
    results,
    run,
    schools,
    tonight,
    why,
)
from etl.pages.host import PagesHost
from etl.pages.render import HERE, compile_templates, html

PATH: Final = "/learning-results/pages"
_NOT_OURS: Final = "This form is not of these pages, or too old. Open the page again."


def create(host: PagesHost) -> Asgi:
    """All pages, behind the checks that hold for each: forms are of these pages, and browsers keep and load nothing."""
    app = application(host)
    compile_templates()

    async def not_ours(scope: Any, send: Any, _error: object) -> None:
        request = Request(scope | {"app": app})
        await html(request, "refused", 403, why=_NOT_OURS)(scope, request.receive, send)

    signed = asgi_csrf(
        app,
        signing_secret=host.secret,
        cookie_name="learning_results_form",
        cookie_path=(host.airflow or "") + PATH,
        send_csrf_failed=not_ours,
        skip_if_scope=reference_data.is_upload,
    )
    return SecureASGIMiddleware(signed, secure=_headers())


def application(host: PagesHost) -> FastAPI:
    """The pages. Each asks who is there before it answers; only the stylesheet and the script are anybody's."""
    app = FastAPI(title="Learning results", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.host = host
    for page in (
        tonight,
        run,
        results,
        download,
        mapping,
        mapping_course,
        competences,
        competence_holders,
        points,
        accreditations,
        point,
        relation_numbers,
        enrolments,
        schools,
        registrations,
        rejections,
        person,
        erase,
        why,
        reference_data,
        reference_row,
    ):
        app.include_router(page.router(host))
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _senseless)
    app.add_exception_handler(InvalidInput, _nothing)
    app.add_exception_handler(EtlError, _problem)
    return app


def _headers() -> Secure:
    """Airflow shows pages in a frame of its own origin; nothing is loaded from anywhere else, and nothing is kept."""
    policy = ContentSecurityPolicy().default_src("'none'").style_src("'self'").script_src("'self'")
    policy = policy.img_src("'self'", "data:").connect_src("'self'").form_action("'self'").base_uri("'none'")
    return Secure(
        csp=policy.frame_ancestors("'self'"),
        cache=CacheControl().no_store(),
        referrer=ReferrerPolicy().same_origin(),
        xcto=XContentTypeOptions().nosniff(),
        xfo=XFrameOptions().sameorigin(),
    )


async def _refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)  # noqa: S101 - the handler of this class
    why = "There is no page at this address." if problem.status_code == 404 else problem.detail
    return html(request, "refused", problem.status_code, why=why)


async def _senseless(request: Request, _problem: Exception) -> Response:
    return html(
        request, "refused", 422, why="The address, or the form, lacks something or holds what it cannot mean."
    )


async def _nothing(request: Request, problem: Exception) -> Response:
    return html(request, "refused", 404, why=str(problem))


async def _problem(request: Request, problem: Exception) -> Response:
    return html(request, "refused", 503, why=str(problem))
