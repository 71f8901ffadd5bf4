"""Coachview's REST interface, for reading (docs/connectors/coachview.md, Interface)."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from etl.connections import Connection
from etl.connectors.coachview.budget import Budget
from etl.connectors.coachview.entities import DONE, FINISHED, PART, REQUEST
from etl.db.turns import Turns
from etl.engine.decoding import BROKEN, decoded
from etl.errors import EtlError, GiveUp, RetryLater, Unusable
from etl.http.client import Caller, Client, Reply, wait_limit
from etl.http.refusals import not_json
from etl.http.statuses import Refused, TooMany

T = TypeVar("T")
Row = Mapping[str, Any]
_REQUESTS_A_CALL: Final = 50  # ids of 36 characters, in an address that a web server takes
_ROWS_A_CALL: Final = 500
_WALKS: Final = 3
_SILENT: Final[Mapping[str, str]] = {}
_UNAUTHORISED: Final = 401
_HINTS: Final = {
    400: "the client id or its secret is wrong, or it may not have the scopes: look at Coachview's API users",
    401: "the client id or its secret is wrong, or its access was withdrawn: enter a new secret in the connection",
    403: "the client lacks the scope for this list: give it <list>.Lezen in Coachview",
    429: "the requests of this day are used up",
}


@dataclass(frozen=True)
class ListPage:
    """Some rows of a list, and how many there are in all."""

    rows: list[Row]
    count: int


class CoachviewClient(Client):
    """One Coachview, by OAuth2 client credentials. host = address, login = client id, password = secret.

    ``lists``: those that are read, for which the token is asked. ``budget``: what counts the requests; the test of a
    connection, which makes a few, has none. ``turns``: what Coachview answers at once, of all clients together.
    """

    def __init__(
        self,
        connection: Connection,
        lists: Sequence[str],
        budget: Budget | None = None,
        turns: Turns | None = None,
        *,
        rows_a_call: int = _ROWS_A_CALL,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not (connection.login and connection.password):
            raise GiveUp(
                f"connection {connection.conn_id}: client id (login) or secret (password) is missing"
            )
        self._login = (connection.login, connection.password)
        self._scopes = " ".join(["api", *(f"{name}.Lezen" for name in lists)])
        self._budget = budget
        self._rows_a_call = rows_a_call
        name, limit = f"Coachview {connection.conn_id}", wait_limit(connection)
        turn = turns.turn if turns else nullcontext
        super().__init__(
            Caller(name, connection.site(), hints=_HINTS, wait_limit=limit, turn=turn, sleep=sleep)
        )
        self._turns = turns
        self._token = ""

    def close(self) -> None:
        """Give the connections back, those to the warehouse too."""
        super().close()
        if self._turns:
            self._turns.close()

    def page(self, entity: str, skip: int = 0, take: int = 0, where: str = "") -> ListPage:
        """Rows of a list from one on. Raises Refused, GiveUp or RetryLater."""
        asked = {"skip": str(skip), "take": str(take or self._rows_a_call), "Count": "true"}
        if where:
            asked["where"] = where
        if not self._token:
            self._token = self._new_token()
        try:
            return self._ask(entity, asked)
        except Refused as refused:
            if refused.status != _UNAUTHORISED:
                raise
        self._token = self._new_token()  # it lives for 15 minutes to 8 hours
        return self._ask(entity, asked)

    def rows(self, entity: str, where: str, first: ListPage | None = None) -> list[Row]:
        """All rows of a list for which something holds. Raises RetryLater where they change while they are read."""
        for _ in range(_WALKS):
            found = self._walk(entity, where, first or self.page(entity, where=where))
            if found is not None:
                return found
            first = None
        raise RetryLater(f"{self._system}: {entity}: rows changed each time that they were read")

    def finished(self, requests: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Of these requests the parts that are finished: request and part, as Coachview names them."""
        for first in range(0, len(requests), _REQUESTS_A_CALL):
            some = ",".join(requests[first : first + _REQUESTS_A_CALL])
            for row in self.rows(DONE, f"{REQUEST}={some}"):
                if row.get(FINISHED) is True:
                    yield str(row.get(REQUEST)), str(row.get(PART))

    def _walk(self, entity: str, where: str, page: ListPage) -> list[Row] | None:
        """Page after page; None where something moved meanwhile.

        Each page begins with the row that the one before ended with, so that a row that left the list before it, which
        would have moved another one out of sight, is noticed.
        """
        found, count = list(page.rows), page.count
        while len(found) < count and len(page.rows) > 1:
            page = self.page(entity, skip=len(found) - 1, where=where)
            if page.count != count or not page.rows or page.rows[0] != found[-1]:
                return None
            found += page.rows[1:]
        return found if len(found) == count else None

    def _ask(self, entity: str, asked: Mapping[str, str]) -> ListPage:
        return self._counted(
            entity,
            f"api/v1/{entity}",
            lambda reply: _page(f"{self._system}: {entity}", reply),
            params=dict(asked),
            headers={"Authorization": f"Bearer {self._token}", "Accept": "application/json"},
        )

    def _new_token(self) -> str:
        """Raises GiveUp, which is about the whole of Coachview, or RetryLater."""
        try:
            return self._counted(
                "token",
                "auth/connect/token",
                lambda reply: _token(f"{self._system}: token", reply),
                method="POST",
                auth=self._login,
                data={"grant_type": "client_credentials", "scope": self._scopes},
            )
        except Unusable as problem:
            raise GiveUp(str(problem)) from None

    def _counted(self, call: str, path: str, check: Callable[[Reply], T], **content: Any) -> T:
        """A call, counted however it ends."""
        if self._budget is None:
            return self._caller.read(call, path, check, **content)
        self._budget.check()
        before, told = self._caller.calls, [_SILENT]

        def checked(reply: Reply) -> T:
            told.append(reply.headers)
            return check(reply)

        try:
            answer = self._caller.read(call, path, checked, **content)
        except TooMany as refused:
            raise self._budget.refused(self._caller.calls - before, refused.retry_after) from None
        except EtlError:
            self._budget.spend(self._caller.calls - before, told[-1])
            raise
        self._budget.spend(self._caller.calls - before, told[-1])
        return answer


class _Token(msgspec.Struct):
    access_token: str


_tokens: Final = msgspec.json.Decoder(_Token)
_lists: Final = msgspec.json.Decoder(list[dict[str, Any]])


def _token(where: str, reply: Reply) -> str:
    try:
        return decoded(reply.body, _tokens).access_token
    except BROKEN:
        raise GiveUp(f"{where}: no token in the answer") from None


def _page(where: str, reply: Reply) -> ListPage:
    if not reply.body.lstrip().startswith(b"["):
        raise not_json(where, reply.body)
    try:
        rows: list[dict[str, Any]] = decoded(reply.body, _lists)
    except BROKEN:
        raise Unusable(f"{where}: not a list of rows") from None
    count = reply.headers.get("RowCount", "")
    if not count.isdecimal():
        raise Unusable(f"{where}: the answer does not say how many rows there are (header RowCount)")
    return ListPage(list(rows), int(count))
