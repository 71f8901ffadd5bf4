"""Systems that a site may do without: no connection means that they are not used, unless they were before."""

from collections.abc import Callable

from etl.connections import Connection
from etl.engine.night import Connect
from etl.errors import ConnectionMissing


def connection_if_used(connect: Connect, conn_id: str, used: Callable[[], bool]) -> Connection | None:
    """The connection of a flow that always has the same one; None where it was never entered.

    Raises ConnectionMissing where ``used`` says that something was done by it before: it was lost, not left out.
    """
    try:
        return connect(conn_id)
    except ConnectionMissing as missing:
        if not used():
            return None
        raise ConnectionMissing(
            f"{missing}; it was used before, so it is not taken as switched off"
        ) from None
