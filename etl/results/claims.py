"""Who the learners of a site are, however many accounts and clients there are."""

from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.engine.sources import Source
from etl.load.merge import stage
from etl.transform.learners import NOBODY, learner_candidates, match_learners

ACCOUNT_FIELDS: Final = ["idnumber", "username", "email", "given_name", "surname"]
# Of the fields that are combined, the one that people are found by: the one that fewest share.
_FIRST: Final = ("email", "username", "given_name", "surname")


class Claims:
    """Reads the accounts and clients that may be the same people as some learners, and nobody else.

    A client that several accounts claim is nobody's: so of each client that a learner may be, all accounts are read
    that may be it too, and of these all clients that they may be. Read at one moment: an import meanwhile is seen as a
    whole or not at all.
    """

    def __init__(self, engine: Engine, source: Source) -> None:
        self._engine = engine.execution_options(isolation_level="REPEATABLE READ")
        self._source = source
        self._rules = source.match_code, source.match_fields
        fields = (source.match_fields or "").split("+")
        self._asked = {
            "scheme": source.user_scheme,
            "match_code": source.match_code,
            "first": next((name for name in _FIRST if name in fields), ""),
            "surname_too": "surname" in fields,
        }

    def accounts(self, user_ids: "pd.Series[int]") -> pd.DataFrame:
        """user_id and ACCOUNT_FIELDS (missing = never shown, "" = none) of accounts, as far as they are known."""
        with self._engine.begin() as session:
            return self._accounts(session, user_ids)

    def persons(self, users: pd.DataFrame) -> pd.DataFrame:
        """Who learners are, or why they are nobody; ``users`` and what is returned: see match_learners."""
        if users.empty:
            return NOBODY
        with self._engine.begin() as session:
            clients = self._clients_of(session, users)
            rivals = self._rivals(session, clients, users)
            if len(rivals):
                more = self._clients_of(session, rivals)
                clients = pd.concat([clients, more]).drop_duplicates("client_code")
            stored = self._holders(session, pd.concat([users["user_id"], rivals["user_id"]]))
        known = clients[clients["listed"]], stored, *self._rules
        return match_learners(users, *known, learner_candidates(rivals, *known))

    def reported(self, learners: pd.DataFrame) -> pd.DataFrame:
        """The same of ``learners`` (scope, user_id, user_idnumber as their report has it) by what is known of their
        accounts.
        """
        people = learners.merge(self.accounts(learners["user_id"]), on="user_id", how="left")
        return self.persons(people.assign(idnumber=people["idnumber"].fillna(people["user_idnumber"])))

    def _clients_of(self, session: Session, accounts: pd.DataFrame) -> pd.DataFrame:
        """The clients that accounts may claim; ``listed``: whether the administration still knows them."""
        stage(session, "core.site_accounts", accounts[["user_id", *ACCOUNT_FIELDS]])
        return self._query(session, "clients_of", **self._asked)

    def _rivals(self, session: Session, clients: pd.DataFrame, users: pd.DataFrame) -> pd.DataFrame:
        """The accounts that may claim clients, other than the learners."""
        stage(session, "core.clients", clients.drop(columns="listed"))
        found = self._query(session, "accounts_of", source=self._source.source, **self._asked)["user_id"]
        return self._accounts(session, found[~found.isin(users["user_id"])])

    def _accounts(self, session: Session, user_ids: "pd.Series[int]") -> pd.DataFrame:
        wanted = user_ids.unique().tolist()
        return self._query(session, "accounts", source=self._source.source, user_ids=wanted)

    def _holders(self, session: Session, user_ids: "pd.Series[int]") -> pd.DataFrame:
        wanted = user_ids.unique().astype("str").tolist()
        return self._query(session, "holders", scheme=self._source.user_scheme, user_ids=wanted)

    def _query(self, session: Session, name: str, **parameters: Any) -> pd.DataFrame:
        return db.query(session, f"results/claims.{name}", **parameters)
