"""Accounts that a person paused: nothing is sent with one until a person lets it go on.

See docs/connectors/pe_online.md, What a person decides. Its connection may say the same (*paused*), for ever or where
nobody but Airflow's administrator is to let it go on.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors.pe_online.account import PeAccount
from etl.errors import InvalidInput
from etl.load import audit
from etl.load.audit import Through


def pause(engine: Engine, connection_id: str, by: str, because: str, through: Through = "command") -> None:
    """Send nothing with this account from now on; what is due is kept.

    Raises InvalidInput where it is not said who and why, where no profession group has the account, or where it is
    paused already.
    """
    if not (by.strip() and because.strip()):
        raise InvalidInput("say who pauses it and why")
    said = {"connection_id": connection_id, "by": by.strip(), "because": because.strip()}
    with engine.begin() as session:
        audit.by(session, by, through)
        if db.execute(session, "pe_online/pauses.pause", **said):
            return
        held = db.rows(session, "pe_online/pauses.open", connection_id=connection_id)
        if held:
            raise InvalidInput(f"account {connection_id} was paused already by {held[0]['paused_by']}")
    raise InvalidInput(f"no profession group has the account {connection_id}")


def resume(
    engine: Engine, connection_id: str, by: str, through: Through = "command", seen: datetime | None = None
) -> None:
    """Let this account send again: what waits goes with the next push.

    ``seen``: since when it was paused as whoever decides saw it; None where it does not matter. Raises InvalidInput,
    with how it stands, where it is not paused, or was paused anew since.
    """
    if not by.strip():
        raise InvalidInput("say who lets it go on")
    said = {"connection_id": connection_id, "by": by.strip(), "seen": seen}
    with engine.begin() as session:
        audit.by(session, by, through)
        if not db.execute(session, "pe_online/pauses.resume", **said):
            raise InvalidInput(_as_it_is(session, connection_id))


def _as_it_is(session: Session, connection_id: str) -> str:
    last = next(iter(db.rows(session, "pe_online/pauses.last", connection_id=connection_id)), None)
    if last is None:
        return f"account {connection_id} is not paused by a person"
    if last["resumed_by"]:
        return (
            f"account {connection_id} is not paused by a person any more: {last['resumed_by']} let it go on"
        )
    return f"account {connection_id} was paused anew by {last['paused_by']}: {last['paused_because']}; look at it again"


def with_pause(session: Session, account: PeAccount) -> PeAccount:
    """The account as it is now: paused where its connection or a person says so."""
    held = db.rows(session, "pe_online/pauses.open", connection_id=account.conn_id)
    return replace(account, paused=account.paused or bool(held))
