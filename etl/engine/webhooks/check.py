"""The test of the connection that holds a secret: is one entered, whose is it, and is what they send registered."""

from collections.abc import Iterator, Mapping
from typing import Any

from etl import db
from etl.connections import CheckReport, Connection
from etl.engine.connection_test import Tested
from etl.errors import GiveUp


def check_connection(tested: Tested) -> CheckReport:
    """Whether a secret is agreed, and whose it is; only a message shows that it is the right one."""
    secret, system = tested.connection.password, tested.connector.system
    if not secret:
        return CheckReport(False, ["No secret is entered: messages are not taken"])
    with tested.reading() as engine, engine.connect() as session:
        named = db.rows(session, "engine/webhooks.connections", system=system)
    found = [row for row in named if _holds(tested, row["connection_id"], secret)]
    if not found:
        return CheckReport(False, [f"No integration of {system} in integrations.csv names this connection"])
    names = [row["integration"] for row in found]
    places = [f"{mount.path}/{name}" for mount in tested.connector.mounts for name in names]
    wanting = [problem for row in found for problem in _wanting(row)]
    return CheckReport(
        not wanting,
        [
            *wanting,
            f"A secret is entered; it is that of {', '.join(names)}",
            f"Messages are posted to {', '.join(places)} of this server",
            "`etl hooks test` sends a signed test message",
        ],
    )


def _wanting(row: Mapping[str, Any]) -> Iterator[str]:
    """Why nothing that an integration sends is registered; strangers are refused too, so what was taken counts."""
    name = row["integration"]
    if not row["active"]:
        yield f"{name} is paused in integrations.csv: what it sends is kept, and nothing is registered"
    if row["last_refused"] and not row["last_taken_at"]:
        yield (
            f"{name}: no message was taken yet, and the last one was refused ({row['last_refused']}): its signature is"
            f" not that of this secret with {row['hash']}; its sender has to sign with both"
        )


def _holds(tested: Tested, connection_id: str, secret: str) -> bool:
    """Airflow's Test button tests a copy under a name of its own, so that the name alone would find nothing."""
    if connection_id == tested.connection.conn_id:
        return True
    try:
        other: Connection = tested.connect(connection_id)
    except GiveUp:
        return False
    return other.password == secret
