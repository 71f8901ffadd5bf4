"""A browser, and pages of a filled warehouse for the visitor that a test chooses: once for each worker."""

import os
import shutil
from pathlib import Path

import pytest
from fastapi import HTTPException, Request
from playwright.sync_api import sync_playwright
from starlette.applications import Starlette
from starlette.routing import Mount

from etl import db
from etl.pages.app import PATH, create
from etl.pages.host import PagesHost, Right, Visitor
from tests.browser.filled import fill, serving
from tests.fixtures.airflow_runs import StandIn
from tests.fixtures.warehouse import copy

RIGHTS = {
    "viewer": frozenset({Right.SEE}),
    "user": frozenset({Right.SEE}),
    "op": frozenset(Right) - {Right.ADMIN},
    "admin": frozenset(Right),
}
PREFIX = "/behind/a/proxy"
# As root Chromium has no sandbox of its own; and it is to ask nobody for anything.
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """What needs a browser runs with `make test-pages` only."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker("browser")
            item.add_marker("long")


@pytest.fixture(scope="session")
def filled(postgres_url, sample_template):
    """An engine for a warehouse as the demo fills it; tests share it, and each changes what is its own."""
    url = copy(postgres_url, sample_template, f"pages_{os.getpid()}")
    with pytest.MonkeyPatch.context() as environment:
        fill(url, environment)
        engine = db.engine(url)
        yield engine
        engine.dispose()


@pytest.fixture(scope="session")
def airflow():
    """Where the pages start runs; a test lets them go on."""
    return StandIn()


@pytest.fixture(scope="session")
def served(filled, airflow):
    """The address of the server; the pages are below it twice: as they are, and below a prefix."""

    async def visitor(request: Request) -> Visitor:
        name = request.headers.get("x-visitor", "")
        if name not in RIGHTS:
            raise HTTPException(401, "Not authenticated")
        return Visitor(name, RIGHTS[name])

    below = [
        Mount(
            prefix + PATH, create(PagesHost(visitor, lambda: filled, "of these tests", prefix, runs=airflow))
        )
        for prefix in (PREFIX, "")
    ]
    with serving(Starlette(routes=below)) as url:
        yield url


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, served):
    """Opens a page, such as "tonight", as somebody; fails afterwards where the browser complained about any.

    ``script=False``: in a browser without script. ``prefix``: as behind a proxy.
    """
    contexts, complaints = [], []

    def visit(address, visitor="op", scheme="light", width=1280, script=True, prefix=""):
        context = chromium.new_context(
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            extra_http_headers={"x-visitor": visitor},
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith(served) or complaints.append(asked.url))
        page.goto(f"{served}{prefix}{PATH}/{address}")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []
