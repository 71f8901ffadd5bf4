"""InfoCaption's REST interface: courses and their participants (docs/connectors/infocaption.md, Interface)."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from threading import Lock
from typing import Final
from urllib.parse import quote

import msgspec

from etl.connections import Connection
from etl.connectors.infocaption.contract import Page, decode_page, join
from etl.connectors.infocaption.mapping import mapping_of
from etl.db.turns import Turns
from etl.engine.decoding import BROKEN, decoded, without_mark
from etl.errors import GiveUp, RejectRecord, RetryLater, Unusable
from etl.http.client import Caller, Client, Reply, wait_limit
from etl.http.refusals import not_json
from etl.http.statuses import Refused

_HINTS: Final = {
    401: "the client id or its secret is wrong, or its access was withdrawn: enter a new secret in the connection",
    403: "the client id has no access to this list: give it access in InfoCaption's settings of its API",
    404: "there is no such list at this address: correct the host or the mapping",
}
_UNAUTHORISED, _NOT_FOUND = 401, 404
_READINGS: Final = 3  # of a list that changes while it is read
_EARLIER: Final = 60.0  # seconds before its end that a token is renewed
Body = bytes  # of an answer, as received


class InfoCaptionClient(Client):
    """One InfoCaption site, by OAuth2 client credentials. Safe to share between threads.

    Connection: host = site, login = client id, password = client secret; extra ``mapping`` = paths and field
    names where they differ (see infocaption_mapping), ``wait_limit`` = seconds to wait in all for a busy site.
    ``turns``: what the site answers at once, of all clients together; the test of a connection, where a person waits
    for a few calls, has none.
    """

    def __init__(
        self,
        connection: Connection,
        turns: Turns | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not (connection.login and connection.password):
            raise GiveUp(
                f"connection {connection.conn_id}: client id (login) or secret (password) is missing"
            )
        self.mapping = mapping_of(connection)
        self._login = (connection.login, connection.password)
        self._turns = turns
        caller = Caller(
            f"InfoCaption {connection.conn_id}",
            connection.site(),
            hints=_HINTS,
            wait_limit=wait_limit(connection),
            turn=turns.turn if turns else nullcontext,
            sleep=sleep,
        )
        super().__init__(caller)
        self._clock = clock
        self._lock = Lock()
        self._token = ""
        self._ends_at: float | None = None  # some sites do not say

    def close(self) -> None:
        """Give the connections back, those to the warehouse too."""
        super().close()
        if self._turns:
            self._turns.close()

    def courses(self) -> Body:
        """Every course, published or not."""
        listing = self.mapping.courses
        try:
            return self._list("courses", listing.path, listing.query)
        except RejectRecord as problem:
            raise GiveUp(f"{problem}: correct the mapping") from None

    def participants(self, course_id: str, since: str | None = None) -> Body:
        """The attempts of a course, or only those since a day (YYYY-MM-DD). Raises RejectRecord course_gone."""
        listing = self.mapping.participants
        path = listing.path.replace("{id}", quote(course_id, safe=""))
        changed = {self.mapping.since: since} if self.mapping.since and since else {}
        call = f"participants of course {course_id}"
        try:
            return self._list(call, path, {**listing.query, **changed})
        except Refused as refused:
            if refused.status != _NOT_FOUND:
                raise
            raise RejectRecord("course_gone", f"{self._system}: {call}: not found") from None

    def _list(self, call: str, path: str, query: Mapping[str, str]) -> Body:
        """A whole list. One page is what the site sent, byte for byte; the rows of several are joined.

        A list that changes while it is read has moved rows from page to page: it is read again.
        """
        for _ in range(_READINGS):
            try:
                return self._read_list(call, path, query)
            except _Changed:
                continue
        raise RetryLater(f"{self._system}: {call}: the list kept changing while it was read")

    def _read_list(self, call: str, path: str, query: Mapping[str, str]) -> Body:
        bodies: list[Body] = []
        rows: list[msgspec.Raw] = []
        for body, page in self._pages(call, path, query):
            bodies.append(body)
            rows += page.results
        return bodies[0] if len(bodies) == 1 else join(rows)

    def _pages(self, call: str, path: str, query: Mapping[str, str]) -> Iterator[tuple[Body, Page]]:
        """Page after page; raises _Changed when they do not add up to one list, Unusable when they go round."""
        seen: set[tuple[Body, ...]] = set()
        first: Page | None = None
        number = rows = 0
        while first is None or number < first.total_pages:
            number += 1
            body, page = self._read(call, path, {**query, **self._page_parameters(number)})
            first = first or page
            content = tuple(bytes(row) for row in page.results)
            if page.current_page != number or (content and content in seen):
                raise Unusable(f"{self._system}: {call}: page {number} repeats another page")
            seen.add(content)
            rows += len(content)
            if page.total_hits != first.total_hits or rows > first.total_hits:
                raise _Changed
            yield body, page
            if not content:
                break
        if rows != first.total_hits:
            raise _Changed

    def _page_parameters(self, number: int) -> dict[str, str]:
        return {self.mapping.page: str(number), self.mapping.hits_per_page: str(self.mapping.page_size)}

    def _read(self, call: str, path: str, query: Mapping[str, str]) -> tuple[Body, Page]:
        token = self._current_token()
        try:
            return self._ask(token, call, path, query)
        except Refused as refused:
            if refused.status != _UNAUTHORISED:
                raise
        return self._ask(self._renewed_token(token), call, path, query)

    def _ask(self, token: str, call: str, path: str, query: Mapping[str, str]) -> tuple[Body, Page]:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return self._caller.read(
            call, path, lambda reply: self._checked(call, reply), params=dict(query), headers=headers
        )

    def _checked(self, call: str, reply: Reply) -> tuple[Body, Page]:
        where = f"{self._system}: {call}"
        body = without_mark(reply.body)
        if not body.lstrip().startswith((b"{", b"[")):
            raise not_json(where, body)
        return body, decode_page(body, where)

    def _current_token(self) -> str:
        with self._lock:
            if not self._token or (self._ends_at is not None and self._clock() >= self._ends_at):
                self._new_token()
            return self._token

    def _renewed_token(self, refused: str) -> str:
        """A token other than the refused one."""
        with self._lock:
            if self._token == refused:  # else another thread was here first
                self._new_token()
            return self._token

    def _new_token(self) -> None:
        """Raises GiveUp, which is about the whole site, or RetryLater."""
        asked_at, call = self._clock(), "token"
        try:
            answer = self._caller.read(
                call,
                self.mapping.token,
                lambda reply: _token(f"{self._system}: {call}", reply),
                method="POST",
                auth=self._login,
                data={"grant_type": "client_credentials"},
            )
        except Unusable as problem:
            raise GiveUp(str(problem)) from None
        self._token = answer.access_token
        lasts = answer.expires_in
        self._ends_at = None if lasts is None else asked_at + max(lasts - _EARLIER, lasts / 2)


class _Changed(Exception):  # noqa: N818 - named by what happened
    """The list is not the one whose reading began."""


class _Token(msgspec.Struct):
    access_token: str
    expires_in: float | None = None


_tokens = msgspec.json.Decoder(_Token)


def _token(where: str, reply: Reply) -> _Token:
    try:
        return decoded(reply.body, _tokens)
    except BROKEN:
        raise GiveUp(f"{where}: no token in the answer") from None
