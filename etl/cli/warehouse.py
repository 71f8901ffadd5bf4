"""The warehouse that a command works on: WAREHOUSE_URL, or else the embedded one while the command runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from etl import db, embedded
from etl.errors import GiveUp


@contextmanager
def warehouse_engine() -> Iterator[Engine]:
    """An engine for the warehouse; its connections are given back at the end.

    Raises GiveUp where the warehouse has not been brought to the newest schema.
    """
    with embedded.warehouse() as url:
        engine = db.engine(url)
        try:
            if not db.is_migrated(engine):
                raise GiveUp("the warehouse does not have the newest schema: run `etl db migrate`")
            yield engine
        finally:
            engine.dispose()
