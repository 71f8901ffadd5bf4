"""The accounts of a site, whatever course shows them: who claims to be which client is judged over all of them."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors.moodle.landed import FLOW, USERS
from etl.connectors.moodle.participants import ParticipantLists
from etl.engine.sources import Source
from etl.load import derivations, landing
from etl.load.merge import put
from etl.results.claims import ACCOUNT_FIELDS

_PART: Final = f"{FLOW}/accounts"
_PEOPLE_AT_ONCE: Final = 20_000  # in memory, or those of one list


def refresh(engine: Engine, run_id: str, source: Source) -> None:
    """Bring the known accounts up to date with the newest landed lists of participants of all courses."""
    with engine.begin() as session:
        db.execute(session, "load/locks.take", lock=_PART + source.source)
        newest = landing.newest_of(session, source.source, USERS)
        known = derivations.derived_inputs(session, _PART, source.source, newest["scope"].tolist())
        fresh = newest[newest["scope"].map(known) != newest["sha256"]]
        if fresh.empty:
            return
        for accounts in _accounts(session, fresh["landing_id"].tolist()):
            put(session, "core.site_accounts", accounts, "moodle/accounts.merge", source=source.source)
        read = dict(zip(fresh["scope"], fresh["sha256"], strict=True))
        derivations.remember(session, run_id, _PART, source.source, read)


def _accounts(session: Session, lists: Sequence[int]) -> Iterator[pd.DataFrame]:
    """user_id, the fields (missing = not shown, "" = none) and landing_id, some lists at a time, the oldest first."""
    taken, landing_ids = ParticipantLists(), []
    for answer in landing.read(session, lists):
        taken.add(answer.body)
        landing_ids.append(answer.landing_id)
        if len(taken) >= _PEOPLE_AT_ONCE:
            yield _newest(taken.table(), landing_ids)
            taken, landing_ids = ParticipantLists(), []
    if len(taken):
        yield _newest(taken.table(), landing_ids)


def _newest(participants: pd.DataFrame, landing_ids: Sequence[int]) -> pd.DataFrame:
    """Each account as the newest list has it; what that does not show, as the one before: as if one after the other
    came in.
    """
    landed = np.array(landing_ids, dtype=np.int64)[participants["list"]]
    accounts = _shown(participants).assign(landing_id=landed)[["user_id", *ACCOUNT_FIELDS, "landing_id"]]
    return accounts.groupby("user_id", as_index=False).last()


def _shown(participants: pd.DataFrame) -> pd.DataFrame:
    """The same lists, with "" where a list shows a field of others: who has none is left without it; where nobody shows
    it, it is hidden.
    """
    lists = participants["list"]
    filled = {}
    for name in ACCOUNT_FIELDS:
        told = participants[name].notna()
        by_list = np.bincount(lists, told, minlength=1) > 0
        filled[name] = participants[name].mask(~told & by_list[lists], "")
    return participants.assign(**filled)
