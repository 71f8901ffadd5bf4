"""The stand-ins for the outside systems: their connections, and the command that runs them."""

import json
import sys
from pathlib import Path

from etl.demo import messages
from etl.sandbox import accounts
from etl.sandbox.pe_online import system


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
