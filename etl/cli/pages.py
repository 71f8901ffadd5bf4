"""The pages alone, for somebody who works on them."""

import getpass
import secrets
from typing import Annotated

import typer
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from etl.console import known_connections
from etl.console.warehouse import warehouse_engine
from etl.pages.app import PATH, create
from etl.pages.host import PagesHost, Right, Visitor


def pages(port: Annotated[int, typer.Option(help="Port to listen on, of this machine only.")] = 8091) -> None:
    """Serve the pages without Airflow and without a login, to whoever is on this machine: for development."""
    you = Visitor(getpass.getuser(), frozenset(Right))

    async def visitor() -> Visitor:
        return you

    with warehouse_engine() as engine:
        secret = secrets.token_urlsafe()
        host = PagesHost(visitor, lambda: engine, secret, connect=known_connections.find)
        app = Starlette(routes=[Mount(PATH, create(host))])
        typer.echo(f"http://127.0.0.1:{port}{PATH}/tonight (Ctrl-C stops it)")
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
