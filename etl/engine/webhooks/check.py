"""The test of the connection that holds a secret: is one entered, and whose is it."""

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
    found = sorted(row["integration"] for row in named if _holds(tested, row["connection_id"], secret))
    if not found:
        return CheckReport(False, [f"No integration of {system} in integrations.csv names this connection"])
    places = [f"{mount.path}/{name}" for mount in tested.connector.mounts for name in found]
    return CheckReport(
        True,
        [
            f"A secret is entered; it is that of {', '.join(found)}",
            f"Messages are posted to {', '.join(places)} of this server",
            "`etl hooks test` sends a signed test message",
        ],
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
