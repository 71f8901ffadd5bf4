"""The warehouse that a command works on: WAREHOUSE_URL, or else the embedded one while the command runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from etl import embedded, schema


@contextmanager
def warehouse_engine() -> Iterator[Engine]:
    """An engine for the warehouse; its connections are given back at the end.

    Raises GiveUp where the schema of the warehouse is not that of these programs.
    """
    with embedded.warehouse() as url:
        engine = schema.checked(url)
        try:
            yield engine
        finally:
            engine.dispose()
