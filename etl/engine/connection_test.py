"""What the test of a connection has in common, for Airflow's Test button and ``etl check``.

What is mapped is compared with what comes back (docs/design.md, Nothing disappears), so the test reads the warehouse.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Engine

from etl import db
from etl.connections import Connection
from etl.engine.connector import Connector
from etl.errors import DatabaseFault, GiveUp

Connect = Callable[[str], Connection]
Warehouse = Callable[[], AbstractContextManager[Engine]]


@dataclass(frozen=True)
class Tested:
    """The connection under test, and what tells what it is used for."""

    connection: Connection
    connector: Connector
    warehouse: Warehouse
    connect: Connect

    @contextmanager
    def reading(self) -> Iterator[Engine]:
        """The warehouse; a fault of it is a finding of the test."""
        try:
            with self.warehouse() as engine:
                yield engine
        except DatabaseFault as problem:
            raise GiveUp(f"the warehouse, which says what is linked, cannot be read: {problem}") from None

    @property
    def at_once(self) -> Connection:
        """The connection with no wait for a busy system: a person waits, and wants to know what it says now."""
        return replace(self.connection, extra={**self.connection.extra, "wait_limit": 0})

    def known_as(self, engine: Engine) -> list[str]:
        """The names under which sources use this connection, or another one to the same account of the system."""
        with engine.connect() as session:
            rows = db.rows(session, "engine/sources.connections", system=self.connector.system)
        return [row["connection_id"] for row in rows if self.leads_to(row["connection_id"])]

    def leads_to(self, connection_id: str) -> bool:
        """Does a connection lead to the same account?

        Airflow's Test button tests a copy under a name of its own, so the name alone would find nothing.
        """
        if connection_id == self.connection.conn_id:
            return True
        try:
            other = self.connect(connection_id)
            address = self.connector.address(other)
        except GiveUp:
            return False
        here = self.connector.address(self.connection)
        return (address, other.login) == (here, self.connection.login)
