"""Who the learners of a site are, however many accounts and clients there are: only those are read who may claim the
same clients.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from etl import db
from etl.engine.sources import Source
from etl.transform.learners import NOBODY, learner_candidates, match_keys, match_learners

_AT_ONCE: Final = 50_000  # rows of which the text is in memory
_NUMBER: Final = r"0|[1-9]\d{0,17}"
_Page = Callable[[Any], pd.DataFrame]


class Claims:
    """What the accounts of a site, and all clients, are matched by, as two numbers each; read once, when first asked.

    A client that several accounts claim is nobody's. The numbers say which accounts may claim a client, and only of
    those the text is read and compared.
    """

    def __init__(self, engine: Engine, source: Source) -> None:
        self._engine = engine
        self._source = source
        self._rules = source.match_code, source.match_fields

    def persons(self, users: pd.DataFrame) -> pd.DataFrame:
        """Who learners are, or why they are nobody; ``users`` and what is returned: see match_learners."""
        if users.empty:
            return NOBODY
        mine = match_keys(users, "idnumber", *self._rules).assign(user_id=users["user_id"].to_numpy())
        wanted = self._clients_of(mine)
        rivals = self._accounts_of(wanted)
        rivals = rivals[~rivals["user_id"].isin(users["user_id"])]
        codes = pd.concat([wanted, self._clients_of(rivals)])["client_code"].unique()
        clients = self._query("results/claims.clients_of", codes=codes.tolist())
        accounts = self.accounts(rivals["user_id"].tolist())
        others = learner_candidates(accounts, clients, self._stored, *self._rules)
        return match_learners(users, clients, self._stored, *self._rules, others)

    def accounts(self, user_ids: Sequence[int]) -> pd.DataFrame:
        """user_id, idnumber, username, email, given_name and surname (missing = never shown, "" = none)."""
        return self._query("results/claims.accounts_of", source=self._source.source, user_ids=list(user_ids))

    def _clients_of(self, accounts: pd.DataFrame) -> pd.DataFrame:
        """The clients that accounts (user_id, code, fields) may claim: client_code, code, fields."""
        held = self._stored["user_id"].isin(accounts["user_id"].astype("str"))
        known = self._stored.loc[held, "client_code"]
        found = self._clients[_alike(self._clients, accounts) | self._clients["client_code"].isin(known)]
        gone = known[
            ~known.isin(found["client_code"])
        ].drop_duplicates()  # of whom only the stored id is known
        nothing = np.zeros(len(gone), dtype="uint64")
        absent = pd.DataFrame({"client_code": gone.to_numpy(), "code": nothing, "fields": nothing})
        return pd.concat([found, absent], ignore_index=True)

    def _accounts_of(self, clients: pd.DataFrame) -> pd.DataFrame:
        """The accounts that may claim clients (client_code, code, fields): user_id, code, fields."""
        holders = self._stored.loc[self._stored["client_code"].isin(clients["client_code"]), "user_id"]
        numbers = holders[holders.str.fullmatch(_NUMBER)].astype("int64")
        return self._accounts[_alike(self._accounts, clients) | self._accounts["user_id"].isin(numbers)]

    @cached_property
    def _accounts(self) -> pd.DataFrame:
        def page(after: int) -> pd.DataFrame:
            source = self._source.source
            return self._query("results/claims.account_page", source=source, after=after, most=_AT_ONCE)

        return self._keys(page, "user_id", -1, "idnumber")

    @cached_property
    def _clients(self) -> pd.DataFrame:
        def page(after: str) -> pd.DataFrame:
            return self._query("results/claims.client_page", after=after, most=_AT_ONCE)

        return self._keys(page, "client_code", "", "client_code")

    @cached_property
    def _stored(self) -> pd.DataFrame:
        return self._query("results/claims.stored_learner_ids", scheme=self._source.user_scheme)

    def _keys(self, page: _Page, key: str, after: Any, code: str) -> pd.DataFrame:
        """What everybody is matched by: ``key``, code, fields."""
        parts = []
        while True:
            rows = page(after)
            parts.append(match_keys(rows, code, *self._rules).assign(**{key: rows[key].to_numpy()}))
            if len(rows) < _AT_ONCE:
                return pd.concat(parts, ignore_index=True)
            [after] = rows[key].iloc[-1:].tolist()  # as Python has it

    def _query(self, name: str, **parameters: Any) -> pd.DataFrame:
        with self._engine.connect() as session:
            return db.query(session, name, **parameters)


def _alike(some: pd.DataFrame, others: pd.DataFrame) -> "pd.Series[bool]":
    """Which rows have a number of any of the others; 0 = nothing to be matched by."""
    by_code, by_fields = (some[name].isin(others.loc[others[name] != 0, name]) for name in ("code", "fields"))
    return by_code | by_fields
