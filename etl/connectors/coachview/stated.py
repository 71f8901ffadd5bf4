"""What Coachview states of the reference files, from its lists as they were read last."""

from collections.abc import Mapping
from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.coachview import reading
from etl.connectors.coachview.account import CoachviewAccount
from etl.connectors.coachview.entities import DONE, PARTS, PERSONS, REQUESTS, TRAININGS

# The lists that say something of a file: it is left alone before all of them were read. What is finished already says
# of a request whether anything is to be registered on it.
_SAID_BY: Final = {
    "clients": {REQUESTS, PERSONS},
    "trainings": {TRAININGS, PARTS},
    "training_parts": {TRAININGS, PARTS},
    "training_requests": {TRAININGS, PARTS, REQUESTS, PERSONS, DONE},
    "training_request_parts": {TRAININGS, PARTS, REQUESTS, PERSONS, DONE},
}
ENVIRONMENT: Final = "environment"
ENVIRONMENT_UNKNOWN: Final = "environment_unknown"


def stated(session: Session, agreed: CoachviewAccount) -> dict[str, pd.DataFrame]:
    """The rows of each file that can be said, as text. Persons are clients only where the connection says so."""
    unread = set(reading.unread(session))
    names = [name for name, lists in _SAID_BY.items() if not lists & unread]
    if not agreed.persons_are_clients:
        names = [name for name in names if name != "clients"]
    found = {name: db.query(session, f"coachview/stated.{name}") for name in names}
    if (parts := found.get("training_parts")) is not None:
        parts["integration"] = parts[ENVIRONMENT].map(dict(agreed.environments))
    if (clients := found.get("clients")) is not None:
        clients["archived"] = "false"
    if agreed.persons_are_clients and (requests := found.get("training_requests")) is not None:
        requests["client_code"] = requests["client_code"].fillna(requests["person_id"])
    return found


def without_environment(name: str, rows: pd.DataFrame) -> "pd.Series[str]":
    """Parts of an e-learning environment that the connection does not name: their system is not guessed."""
    if name != "training_parts":
        return pd.Series(dtype="str")
    return pd.Series(ENVIRONMENT_UNKNOWN, index=rows.index[rows["integration"].isna()], dtype="str")


def version(session: Session, agreed: CoachviewAccount) -> str:
    """Changes with what was read, and with what the connection says of it."""
    settings: Mapping[str, object] = {"of": agreed.environments, "clients": agreed.persons_are_clients}
    rows = db.rows(session, "coachview/reading.version")[0]["version"]
    return f"{rows} {reading.unread(session)} {settings}"
