"""The pages as an application, for Airflow's API server to serve or for a server of its own."""

from typing import Final

from fastapi import FastAPI, Request, Response
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
from etl.pages import rejections, run, tonight
from etl.pages.host import Host
from etl.pages.render import HERE, html

PATH: Final = "/learning-results/pages"


def create(host: Host) -> Asgi:
    """All pages. Each asks who is there before it answers; only the stylesheet and the script are anybody's."""
    app = FastAPI(title="Learning results", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.host = host
    for page in (tonight, run, rejections):
        app.include_router(page.router(host))
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(InvalidInput, _nothing)
    app.add_exception_handler(EtlError, _problem)
    return SecureASGIMiddleware(app, secure=_headers())


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
    return html(request, "refused", problem.status_code, why=problem.detail)


async def _nothing(request: Request, problem: Exception) -> Response:
    return html(request, "refused", 404, why=str(problem))


async def _problem(request: Request, problem: Exception) -> Response:
    return html(request, "refused", 503, why=str(problem))
