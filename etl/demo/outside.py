"""The stand-ins for the outside systems, and the sample in the warehouse."""

import csv
import json
import sys
from pathlib import Path

from sqlalchemy import text

from etl import db, settings
from etl.db import schema
from etl.demo import messages
from etl.errors import GiveUp
from etl.reference.importing import import_set
from etl.sandbox import accounts
from etl.sandbox.pe_online import system

SAMPLE_REFERENCE = Path(accounts.__file__).parent / "data" / "reference"


def connections(url: str) -> dict[str, str]:
    """The connections to the sandbox, as Airflow and the command line read them from the environment."""
    moodle = {"conn_type": "moodle", "host": f"{url}/moodle", "password": accounts.MOODLE_TOKEN}
    attendance = {
        "conn_type": "pe_online",
        "host": f"{url}/pe{system.PATH}",
        "login": accounts.PE_USER,
        "password": accounts.PE_KEY,
        "extra": {"mode": "live"},
    }
    infocaption = {
        "conn_type": "infocaption",
        "host": f"{url}/infocaption",
        "login": accounts.INFOCAPTION_ID,
        "password": accounts.INFOCAPTION_SECRET,
        "extra": {"mapping": {"page_size": 10}},  # so that the largest course of the sample has three pages
    }
    coachview = {
        "conn_type": "coachview",
        "host": f"{url}/coachview",
        "login": accounts.COACHVIEW_ID,
        "password": accounts.COACHVIEW_SECRET,
        "extra": {
            "push": True,
            "plugin": accounts.COACHVIEW_PLUGIN,
            "webhook_secret": accounts.COACHVIEW_WEBHOOK_SECRET,
        },
    }
    ilias = {
        "conn_type": "ilias",
        "host": f"{url}/ilias",
        "login": accounts.ILIAS_USER,
        "password": accounts.ILIAS_PASSWORD,
        "extra": {"client": accounts.ILIAS_CLIENT, "tests": {"71": "85"}},
    }
    senders = {
        f"AIRFLOW_CONN_{name.upper()}": json.dumps({"conn_type": system, "password": accounts.WEBHOOK_SECRET})
        for name, system in messages.SENDERS.items()
    }
    return senders | {
        "AIRFLOW_CONN_COACHVIEW": json.dumps(coachview),
        "AIRFLOW_CONN_ILIAS_MAIN": json.dumps(ilias),
        "AIRFLOW_CONN_INFOCAPTION_MAIN": json.dumps(infocaption),
        "AIRFLOW_CONN_MOODLE_MAIN": json.dumps(moodle),
        "AIRFLOW_CONN_PE_ONLINE": json.dumps(attendance),
    }


def command(port: int, state: Path) -> list[str]:
    """The command that runs the sandbox."""
    return [sys.executable, "-m", "etl", "sandbox", "start", "--port", str(port), "--state", str(state)]


def prepare_warehouse(url: str) -> None:
    """The warehouse has the newest schema, and the sample reference set where it has none yet.

    Raises GiveUp where WAREHOUSE_URL names a warehouse with other data: its points would be recorded as sent
    although only a stand-in got them.
    """
    schema.migrate(url)
    engine = db.engine(url)
    with engine.connect() as session:
        clients = set(session.execute(text("select client_code from core.clients")).scalars())
    if not clients:
        import_set(engine, SAMPLE_REFERENCE)
    engine.dispose()
    if settings.WAREHOUSE_URL.get() and clients - _sample_clients():
        raise GiveUp(
            f"The warehouse that {settings.WAREHOUSE_URL} names holds other data than the sample, and the demo "
            "works with stand-ins for the outside systems: give it a database of its own"
        )


def _sample_clients() -> set[str]:
    with (SAMPLE_REFERENCE / "clients.csv").open(encoding="utf-8", newline="") as file:
        return {row["client_code"] for row in csv.DictReader(file)}
