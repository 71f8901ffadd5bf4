"""What the landed answers say about InfoCaption courses: who tried what, when, with what result."""

from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.infocaption import contract
from etl.connectors.infocaption.mapping import Participants
from etl.load import derivations, landing
from etl.transform.rejected import combined

FLOW: Final = "infocaption_competences"
SYSTEM: Final = "infocaption"
_RULES: Final = (
    "2"  # grows when attempts are read or judged otherwise: what was derived before is derived again
)
# A whole list of participants; the part of it since a day (the key); such a part that has no rows.
PARTICIPANTS, CHANGES, NO_CHANGES = "participants", "changes", "no_changes"


def newest(found: pd.DataFrame) -> pd.DataFrame:
    """Of an index of landings, those that count: the last whole list of each course, and the changes since."""
    whole = found[found["resource"] == PARTICIPANTS].set_index("scope")["landing_id"]
    older = found["landing_id"] < pd.to_numeric(found["scope"].map(whole))
    return found[(found["resource"] != NO_CHANGES) & ~older]


def landed_at(found: pd.DataFrame, *resources: str) -> datetime | None:
    """When one of these resources was landed last."""
    moments = found.loc[found["resource"].isin(resources), "landed_at"]
    return None if moments.empty else moments.max().to_pydatetime()


def inputs_of(session: Session, found: pd.DataFrame, listing: Participants, timezone: str) -> dict[str, str]:
    """For each course a hash over its landed answers, the addresses of clients, the time zone, the rules and what the
    fields are called: no other reference data say anything about passes.
    """
    names = str(sorted(listing.fields.items()))
    addresses = db.rows(session, "results/administration.addresses")[0]["listed"]
    inputs = derivations.inputs_of(session, found, derivations.digest([timezone, str(addresses)]))
    return {scope: derivations.digest([_RULES, names, one]) for scope, one in inputs.items()}


def read_attempts(
    session: Session, found: pd.DataFrame, listing: Participants, timezone: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The attempts of the landed answers of an index (see ``newest``), each once, and the malformed rows."""
    attempts, malformed = [], []
    for answer in landing.read(session, found["landing_id"].tolist()):
        decoded = contract.decode_participants(answer.body, listing, timezone)
        attempts.append(decoded.frame.assign(scope=answer.scope))
        keys = answer.scope + "/" + decoded.rejected["record_key"]
        malformed.append(decoded.rejected.assign(scope=answer.scope, resource="participant", record_key=keys))
    # a change that is also in the whole list is one attempt
    return pd.concat(attempts).drop_duplicates(ignore_index=True), combined(malformed)
