"""Signed messages of e-learning systems: integrations, the log of messages, and a test message."""

from typing import Annotated

import requests
import typer

from etl import db
from etl.connectors import registry
from etl.console import known_connections, tables
from etl.console.numbers import whole
from etl.console.warehouse import warehouse_engine
from etl.engine.webhooks.integrations import integration_named, secret_of
from etl.engine.webhooks.signatures import HEADER, signature
from etl.errors import InvalidInput, RetryLater
from etl.http.transport import transport

app = typer.Typer(no_args_is_help=True, help=__doc__)
_SECONDS = 30
Integration = Annotated[str | None, typer.Argument(help="Only this integration.")]
Last = Annotated[int, typer.Option(parser=whole, metavar="N", help="How many entries.")]


@app.command("list")
def list_integrations() -> None:
    """Show every integration with its counts, its last message and its last refusal."""
    with warehouse_engine() as engine, engine.connect() as session:
        tables.show(db.rows(session, "engine/webhooks.list"))


@app.command("log")
def show_log(integration: Integration = None, last: Last = 50) -> None:
    """Show every message and what its sender was told, newest first."""
    with warehouse_engine() as engine, engine.connect() as session:
        tables.show(db.rows(session, "engine/webhooks.messages", integration=integration, most=last))


@app.command()
def test(
    integration: Annotated[str, typer.Argument(help="The integration, as integrations.csv names it.")],
    to: Annotated[str, typer.Option(help="Address of this server, as its senders reach it.")],
) -> None:
    """Send a signed test message to the receiver of an integration, as its sender would; nothing is registered."""
    with warehouse_engine() as engine, engine.connect() as session:
        found = integration_named(session, integration)
    secret = secret_of(found, known_connections.find)
    if not secret:
        raise InvalidInput(
            f"integration {integration} has no secret: enter it as the password of its connection"
            f" {found.connection_id or '(integrations.csv names none)'}"
        )
    mount, sender = registry.receiver_of(found.system)
    content_type, body = sender.test_message()
    url = f"{to.rstrip('/')}{mount.path}/{integration}"
    headers = {"Content-Type": content_type, HEADER: signature(body, secret, found.hash)}
    try:
        with transport(url) as calls:
            answer = calls.post(url, data=body, headers=headers, timeout=_SECONDS)
    except requests.RequestException as problem:
        raise RetryLater(
            f"the receiver cannot be reached ({type(problem).__name__}): is it running there?"
        ) from None
    typer.echo(f"HTTP {answer.status_code}: {answer.text[:500]}")
    raise typer.Exit(0 if answer.ok else 1)
