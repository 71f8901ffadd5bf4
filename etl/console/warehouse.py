"""The warehouse that a command works on: WAREHOUSE_URL, or else the embedded one while the command runs."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from sqlalchemy import Engine

from etl import places, settings
from etl.db import embedded, schema


@contextmanager
def warehouse_url() -> Iterator[str]:
    """The URL of the warehouse; where it is the embedded one that is said, since nobody may mean it."""
    with embedded.warehouse() as url:
        if settings.WAREHOUSE_URL.get() is None:
            home = places.postgres_home()
            typer.echo(
                f"(the embedded warehouse in {home}; {settings.WAREHOUSE_URL} names another)", err=True
            )
        yield url


@contextmanager
def warehouse_engine() -> Iterator[Engine]:
    """An engine for the warehouse; its connections are given back at the end.

    Raises GiveUp where the schema of the warehouse is not that of these programs.
    """
    with warehouse_url() as url:
        engine = schema.checked(url)
        try:
            yield engine
        finally:
            engine.dispose()
