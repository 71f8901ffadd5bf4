"""The accounts of a site, whatever course shows them: who claims to be which client is judged over all of them."""

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
from etl.results.administration import ACCOUNT_FIELDS

_PART: Final = f"{FLOW}/accounts"


def refresh(engine: Engine, run_id: str, source: Source) -> None:
    """Bring the known accounts up to date with the newest landed lists of participants of all courses."""
    with engine.begin() as session:
        db.execute(session, "load/locks.take", lock=_PART + source.source)
        newest = landing.newest_of(session, source.source, USERS)
        known = derivations.derived_inputs(session, _PART, source.source, newest["scope"].tolist())
        fresh = newest[newest["scope"].map(known) != newest["sha256"]]
        if fresh.empty:
            return
        accounts = _accounts(session, fresh)
        put(session, "core.site_accounts", accounts, "moodle/accounts.merge", source=source.source)
        read = dict(zip(fresh["scope"], fresh["sha256"], strict=True))
        derivations.remember(session, run_id, _PART, source.source, read)


def _accounts(session: Session, lists: pd.DataFrame) -> pd.DataFrame:
    """user_id, the fields (missing = not shown, "" = none) and landing_id, each account as its newest list has it."""
    taken, landing_ids = ParticipantLists(), []
    for answer in landing.read(session, lists["landing_id"].tolist()):
        taken.add(answer.body)
        landing_ids.append(answer.landing_id)
    accounts = _shown(taken.table())
    landed = np.array(landing_ids, dtype=np.int64)[accounts["list"]]
    columns = ["user_id", *ACCOUNT_FIELDS, "landing_id"]
    return accounts.assign(landing_id=landed)[columns].drop_duplicates("user_id", keep="last")


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
