"""A browser, and pages of a filled warehouse for the visitor that a test chooses: once for each worker."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import HTTPException, Request
from psycopg2 import sql
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.routing import Mount

from etl import db, settings
from etl.db import embedded
from etl.demo import outside
from etl.pages.app import PATH, create
from etl.pages.host import PagesHost, Right, Visitor
from etl.sandbox.server import serve
from tests.browser.filled import fill, serving
from tests.browser.standing import KNOWN, plant
from tests.fixtures.airflow_runs import StandIn
from tests.fixtures.chromium import PATIENCE, launched
from tests.fixtures.warehouse import copy, copy_of

RIGHTS = {
    "viewer": frozenset({Right.SEE}),
    "user": frozenset({Right.SEE}),
    "op": frozenset(Right) - {Right.ADMIN},
    "admin": frozenset(Right),
}
PREFIX = "/behind/a/proxy"
_END = sql.SQL("select pg_terminate_backend(pid) from pg_stat_activity where datname = {}")
# What Chromium itself says of a form that was refused, with why on the page.
_REFUSED = re.compile(r"responded with a status of (403|404|409|422|503) ")
_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """What needs a browser runs with `make test-pages` only."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker("browser")
            item.add_marker("long")


@pytest.fixture(scope="session")
def environment():
    """Settings that stay for the session."""
    with pytest.MonkeyPatch.context() as environment:
        yield environment


@pytest.fixture(scope="session")
def filled_template(postgres_url, sample_template, tmp_path_factory, environment):
    """The name of a warehouse to copy: as the demo fills it, with what waits for a person. The stand-ins go on."""
    name = "warehouse_of_pages"
    url = copy(postgres_url, sample_template, name)
    with serve(state_dir=tmp_path_factory.mktemp("sandbox")) as sandbox:
        for connection, value in outside.connections(sandbox.url).items():
            environment.setenv(connection, value)
        environment.setenv(settings.WAREHOUSE_URL.name, url)
        fill(url)
        engine = db.engine(url)
        plant(engine)
        engine.dispose()
        embedded.execute(postgres_url, _END.format(sql.Literal(name)))  # what is in use cannot be copied
        yield name


@pytest.fixture(scope="session")
def shown():
    """The warehouse that the pages show now."""
    return SimpleNamespace(engine=None)


@pytest.fixture(scope="module")
def filled(postgres_url, filled_template, shown, environment):
    """An engine for a filled warehouse of this module's own; its tests share it, and each changes what is its own."""
    with copy_of(postgres_url, filled_template) as url:
        environment.setenv(settings.WAREHOUSE_URL.name, url)
        shown.engine = db.engine(url)
        yield shown.engine
        shown.engine.dispose()


@pytest.fixture
def held(filled):
    """A function that says what the warehouse holds by now: rows, or values where they have one column."""

    def held(statement, **values):
        with filled.connect() as session:
            rows = [tuple(row) for row in session.execute(text(statement), values)]
        return [row[0] if len(row) == 1 else row for row in rows]

    return held


@pytest.fixture(scope="module")
def known(filled):
    """What addresses name, of this warehouse."""
    with filled.connect() as session:
        return {name: session.exec_driver_sql(one).scalar_one() for name, one in KNOWN.items()}


@pytest.fixture(scope="session")
def airflow():
    """Where the pages start runs; a test lets them go on."""
    return StandIn()


@pytest.fixture(scope="session")
def served(shown, airflow):
    """The address of the server; the pages are below it twice: as they are, and below a prefix."""

    async def visitor(request: Request) -> Visitor:
        name = request.headers.get("x-visitor") or request.cookies.get("visitor", "")
        if name not in RIGHTS:
            raise HTTPException(401, "Not authenticated")
        return Visitor(name, RIGHTS[name])

    below = [
        Mount(
            prefix + PATH,
            create(PagesHost(visitor, lambda: shown.engine, "of these tests", prefix, runs=airflow)),
        )
        for prefix in (PREFIX, "")
    ]
    with serving(Starlette(routes=below)) as url:
        yield url


@pytest.fixture(scope="session")
def chromium():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def browsers(chromium, served):
    """A function that gives the browser of somebody, with or without script: each once, as people have theirs."""
    contexts = {}

    def of(visitor, script):
        if (visitor, script) not in contexts:
            context = chromium.new_context(java_script_enabled=script, locale="en-GB")
            context.add_cookies([{"name": "visitor", "value": visitor, "url": served}])
            context.set_default_timeout(PATIENCE)
            contexts[visitor, script] = context
        return contexts[visitor, script]

    yield of
    for context in contexts.values():
        context.close()


@pytest.fixture
def visit(browsers, served, filled):
    """Opens a page, such as "tonight", as somebody; fails afterwards where the browser complained about any.

    ``script=False``: in a browser without script. ``prefix``: as behind a proxy.
    """
    pages, complaints = [], []

    def complains(said):
        if not _REFUSED.search(said.text) or "/static/" in said.location["url"]:
            complaints.append(said.text)

    def visit(address, visitor="op", scheme="light", width=1280, script=True, prefix=""):
        page = browsers(visitor, script).new_page()
        pages.append(page)
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        page.on("console", lambda said: said.type == "error" and complains(said))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith(served) or complaints.append(asked.url))
        page.goto(f"{served}{prefix}{PATH}/{address}")
        return page

    yield visit
    for page in pages:
        page.close()
    assert complaints == []
