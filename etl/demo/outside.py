"""The stand-ins for the outside systems: their connections, and what PE-Online's own books say."""

import csv
import json
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from etl import db, settings
from etl.db import schema
from etl.demo import messages
from etl.errors import GiveUp
from etl.http.transport import transport
from etl.reference.importing import import_set
from etl.sandbox import accounts
from etl.sandbox.pe_online import system
from etl.sandbox.pe_online.ledger import DUTCH_TIME

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


def disagreements(url: str, warehouse_url: str) -> list[str]:
    """Where PE-Online's own books and mart.pe_attendance differ; empty: each point is booked exactly once."""
    booked = Counter(_point(row["org_id"], row["person"], row["moment"]) for row in _bookings(url))
    accepted = Counter(_point(*row) for row in _accepted(warehouse_url))
    more, fewer = booked - accepted, accepted - booked
    line = "{}: PE-Online booked {} {} than mart.pe_attendance says"
    return [
        *(line.format(_named(point), count, "more") for point, count in more.items()),
        *(line.format(_named(point), count, "fewer") for point, count in fewer.items()),
    ]


def points_accepted(warehouse_url: str) -> int:
    """How many points PE-Online accepted."""
    return len(_accepted(warehouse_url))


def _bookings(url: str) -> list[dict[str, Any]]:
    bookings: list[dict[str, Any]] = _asked(url, "pe/ledger")["bookings"]
    return bookings


def _accepted(warehouse_url: str) -> Sequence[Sequence[Any]]:
    engine = db.engine(warehouse_url)
    query = "select org_id, relation_number, end_date from mart.pe_attendance where status = 'accepted'"
    with engine.connect() as session:
        rows = session.execute(text(query)).all()
    engine.dispose()
    return rows


def _point(org_id: int, person: str, moment: str) -> tuple[int, str, datetime]:
    """A point as both sides can name it: the moment in Dutch local time, as PE-Online keeps it."""
    when = datetime.fromisoformat(moment)
    return org_id, person, when.astimezone(DUTCH_TIME).replace(tzinfo=None) if when.tzinfo else when


def _named(point: tuple[int, str, datetime]) -> str:
    return f"profession group {point[0]}, {point[2]:%Y-%m-%d %H:%M:%S}"  # never the person's number


def _asked(url: str, what: str) -> Any:
    with transport(url) as calls:
        answer = calls.get(f"{url}/control/{what}", timeout=10)
    answer.raise_for_status()
    return answer.json()
