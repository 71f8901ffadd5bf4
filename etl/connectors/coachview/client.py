"""Coachview's REST interface, for reading (docs/connectors/coachview.md, Interface)."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from etl.connections import Connection
from etl.engine.decoding import BROKEN, decoded
from etl.errors import GiveUp, Unusable
from etl.http.client import Caller, Client, Reply, wait_limit
from etl.http.refusals import not_json
from etl.http.statuses import Refused

REQUESTS, PARTS, DONE = "Opleidingsvragen", "Opleidingsonderdelen", "Opleidingsonderdeeluitvoeringen"
ENTITIES: Final = (REQUESTS, PARTS, DONE)
_SCOPES: Final = " ".join(["api", *(f"{entity}.Lezen" for entity in ENTITIES)])
_REQUEST, _PART, _FINISHED = "opleidingsvraagId", "opleidingsonderdeelId", "afgerond"
_REQUESTS_A_CALL: Final = 50  # the requests of a day are counted
_MOST_ROWS: Final = 1_000
_UNAUTHORISED: Final = 401
_HINTS: Final = {
    400: "the client id or its secret is wrong, or it may not have the scopes: look at Coachview's API users",
    401: "the client id or its secret is wrong, or its access was withdrawn: enter a new secret in the connection",
    403: "the client lacks the scope for this list: give it <list>.Lezen in Coachview",
    429: "the requests of this day are used up",
}


class CoachviewClient(Client):
    """One Coachview, by OAuth2 client credentials. host = address, login = client id, password = secret."""

    def __init__(self, connection: Connection, *, sleep: Callable[[float], None] = time.sleep) -> None:
        if not (connection.login and connection.password):
            raise GiveUp(
                f"connection {connection.conn_id}: client id (login) or secret (password) is missing"
            )
        self._login = (connection.login, connection.password)
        name, limit = f"Coachview {connection.conn_id}", wait_limit(connection)
        super().__init__(Caller(name, connection.site(), hints=_HINTS, wait_limit=limit, sleep=sleep))
        self._token = ""

    def rows(self, entity: str, **asked: str) -> list[Mapping[str, Any]]:
        """Rows of a list, such as ``take="1"`` of it. Raises Refused, GiveUp or RetryLater."""
        if not self._token:
            self._token = self._new_token()
        try:
            return self._ask(entity, asked)
        except Refused as refused:
            if refused.status != _UNAUTHORISED:
                raise
        self._token = self._new_token()
        return self._ask(entity, asked)

    def finished(self, requests: Sequence[str]) -> set[tuple[str, str]]:
        """Of these requests the parts that are finished: request and part, as Coachview names them."""
        found = set()
        for first in range(0, len(requests), _REQUESTS_A_CALL):
            some = ",".join(requests[first : first + _REQUESTS_A_CALL])
            for row in self.rows(DONE, where=f"{_REQUEST}={some}", take=str(_MOST_ROWS)):
                if row.get(_FINISHED) is True:
                    found.add((str(row.get(_REQUEST)), str(row.get(_PART))))
        return found

    def _ask(self, entity: str, asked: Mapping[str, str]) -> list[Mapping[str, Any]]:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        return self._caller.read(
            entity,
            f"api/v1/{entity}",
            lambda reply: _rows(f"{self._system}: {entity}", reply),
            params=dict(asked),
            headers=headers,
        )

    def _new_token(self) -> str:
        """Raises GiveUp, which is about the whole of Coachview, or RetryLater."""
        try:
            return self._caller.read(
                "token",
                "auth/connect/token",
                lambda reply: _token(f"{self._system}: token", reply),
                method="POST",
                auth=self._login,
                data={"grant_type": "client_credentials", "scope": _SCOPES},
            )
        except Unusable as problem:
            raise GiveUp(str(problem)) from None


class _Token(msgspec.Struct):
    access_token: str


_tokens: Final = msgspec.json.Decoder(_Token)
_lists: Final = msgspec.json.Decoder(list[dict[str, Any]])


def _token(where: str, reply: Reply) -> str:
    try:
        return decoded(reply.body, _tokens).access_token
    except BROKEN:
        raise GiveUp(f"{where}: no token in the answer") from None


def _rows(where: str, reply: Reply) -> list[Mapping[str, Any]]:
    if not reply.body.lstrip().startswith(b"["):
        raise not_json(where, reply.body)
    try:
        rows: list[dict[str, Any]] = decoded(reply.body, _lists)
    except BROKEN:
        raise Unusable(f"{where}: not a list of rows") from None
    return list(rows)
