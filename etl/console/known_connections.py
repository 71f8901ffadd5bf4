"""Connections for the command line: the environment's, else those that Airflow's administrator entered in its UI."""

import json
import subprocess
import sys
from functools import cache
from typing import Any, Final

from etl import settings
from etl.connections import Connection, entered, from_environment
from etl.errors import ConnectionMissing, GiveUp

_SECONDS: Final = 120


def find(conn_id: str) -> Connection:
    """The connection that Airflow's tasks get under this id: of ``AIRFLOW_CONN_<ID>``, else of Airflow itself.

    Airflow is asked where its database is configured, by its own command line, so that a secrets backend answers
    too. Raises ConnectionMissing where there is none.
    """
    if settings.connection(conn_id).written() or not settings.airflow_is_configured():
        return from_environment(conn_id)
    return _of_airflow(conn_id)


@cache
def _of_airflow(conn_id: str) -> Connection:
    command = [sys.executable, "-m", "airflow", "connections", "get", conn_id, "-o", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise GiveUp(
            f"connection {conn_id}: Airflow's database did not answer: look at {settings.AIRFLOW_DATABASE}"
        ) from None
    if "Connection not found" in done.stderr + done.stdout:
        raise ConnectionMissing(
            f"connection {conn_id} is not defined: add it in Airflow (Admin > Connections) or set"
            f" {settings.connection(conn_id)}"
        )
    try:
        [found] = json.loads(done.stdout[done.stdout.index("[") :])
    except ValueError:
        raise GiveUp(
            f"connection {conn_id}: Airflow could not say (`airflow connections get {conn_id}` shows why; its"
            f" database is that of {settings.AIRFLOW_DATABASE})"
        ) from None
    return _connection(conn_id, found)


def _connection(conn_id: str, found: dict[str, Any]) -> Connection:
    return Connection(
        conn_id=conn_id,
        conn_type=found["conn_type"] or "",
        host=found["host"] or "",
        login=found["login"] or "",
        password=found["password"] or "",
        schema=found["schema"] or "",
        port=int(found["port"]) if found["port"] else None,
        extra=entered(found["extra_dejson"] or {}),
    )
