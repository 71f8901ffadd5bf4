"""Coachview as a stand-in: its REST interface, and the address that takes results (docs/connectors/coachview.md)."""

import hmac
import json
import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter
from lxml import etree

from etl.sandbox import accounts
from etl.sandbox.coachview.books import Books
from etl.sandbox.frame import Call, SandboxReply
from etl.sandbox.journal import Journal

_API: Final = "/api/v1/"
RESULT: Final = "/elearning/result.aspx"
_DONE: Final = "Opleidingsonderdeeluitvoeringen"
_CHANGED: Final = "audittrail.gewijzigddatumtijd"
_HIGHEST_SKIP: Final = 5_000
NOTHING: Final[Mapping[str, str]] = {}
_NEEDED: Final = {"PersoonExterneId", "Elearningcode", "DatumVoltooid"}
_TOKEN: Final = "/auth/connect/token"  # noqa: S105
LISTS: Final = (
    "Personen",
    "Opleidingen",
    "Opleidingsonderdelen",
    "Opleidingsvragen",
    _DONE,
)


class Coachview:
    """One school's Coachview. With a ``journal`` it has the requests of the sample, and keeps there what it is told."""

    name = "coachview"

    def __init__(self, journal: Journal | None = None) -> None:
        self._journal = journal
        self._begin()

    def reset(self) -> None:
        """Nothing told, nothing in its lists, and every scope given."""
        if self._journal:
            self._journal.forget()
        self._begin()

    def _begin(self) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {name: [] for name in LISTS}
        self.without_scope: set[str] = set()
        self.books = Books(self._journal or Journal())
        if self._journal:
            self.books.take_sample()
        self.left = 5_000
        self.resets_at = datetime.now(UTC) + timedelta(hours=20)
        self.most_rows = 1_000
        self._tokens: dict[str, set[str]] = {}

    def close(self) -> None:
        """Nothing is held open."""

    def operation(self, call: Call) -> str:
        """token, result, or the list that is read."""
        return {_TOKEN: "token", RESULT: "result"}.get(call.path, call.path.removeprefix(_API))

    def answer(self, call: Call) -> SandboxReply:
        """A token, a part of a list, or what became of a result."""
        if call.path == RESULT:
            return SandboxReply(b"", self._result(call), "text/plain")
        if call.path == _TOKEN:
            return self._token(call)
        token = call.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self._tokens:
            return _json({"message": "Unauthorized"}, 401)
        name = call.path.removeprefix(_API)
        if name not in self.lists:
            return _json({"message": "Not found"}, 404)
        if name in self.without_scope or f"{name}.Lezen" not in self._tokens[token]:
            return _json({"message": "Forbidden"}, 403)
        return self._counted(self._list(name, call.form))

    def expire_tokens(self) -> None:
        """Every token that was given ends now."""
        self._tokens.clear()

    def _list(self, name: str, form: Mapping[str, str]) -> SandboxReply:
        rows = [*self.lists[name], *(self.books.rows() if name == _DONE else [])]
        if "where" in form:
            rows = [row for row in rows if _holds(row, form["where"])]
        first, most = int(form.get("skip", 0)), min(int(form.get("take", 50)), self.most_rows)
        if first > _HIGHEST_SKIP:
            return _json({"message": "Time-out"}, 500)
        headers = {"RowCount": str(len(rows))} if form.get("Count") == "true" else {}
        return _json(rows[first : first + most], headers=headers)

    def _counted(self, reply: SandboxReply) -> SandboxReply:
        """The requests of a day: one too many is refused until the day is over. Limit is a span, not a number."""
        self.left -= 1
        headers = {
            "X-Rate-Limit-Limit": "24h",
            "X-Rate-Limit-Remaining": str(max(self.left, 0)),
            "X-Rate-Limit-Reset": self.resets_at.isoformat(),
        }
        if self.left < 0:
            return _json({"message": "Too many requests"}, 429, headers)
        return replace(reply, headers={**reply.headers, **headers})

    def control(self) -> APIRouter:
        """What it was told, and what it registered."""
        router = APIRouter()

        @router.get("/books")
        async def books() -> dict[str, Any]:
            return {"told": self.books.told, "registered": self.books.registered()}

        return router

    def _result(self, call: Call) -> int:
        """As strictly as the real one: first the method, then the signature, then the message."""
        if call.method != "POST":
            return 405
        secret = accounts.COACHVIEW_WEBHOOK_SECRET.encode()
        right = b64encode(hmac.digest(secret, call.body, "sha512")).decode()
        if (
            call.query != f"plugin={accounts.COACHVIEW_PLUGIN}"
            or call.headers.get("x-webhook-signature") != right
        ):
            return 403
        try:
            root = etree.fromstring(call.body)
        except etree.XMLSyntaxError:
            return 400
        said = {str(element.tag): element.text or "" for element in root}
        if root.tag != "ElearningResultaat" or not said.keys() >= _NEEDED:
            return 400
        return self.books.tell(said)

    def _token(self, call: Call) -> SandboxReply:
        client = f"{accounts.COACHVIEW_ID}:{accounts.COACHVIEW_SECRET}"
        if call.headers.get("authorization") != "Basic " + b64encode(client.encode()).decode():
            return _json({"error": "invalid_client"}, 400)
        token = secrets.token_urlsafe()
        self._tokens[token] = set(call.form.get("scope", "").split())
        return _json({"access_token": token, "token_type": "Bearer", "expires_in": 900})


def _holds(row: Mapping[str, Any], where: str) -> bool:
    """Whether a filter holds: one of some values, or a day of change from one on until another begins."""
    field, _, values = where.partition("=")
    if field.lower() == _CHANGED:
        first, last = (datetime.strptime(day, "%d-%m-%Y") for day in values.split(","))
        return first <= datetime.fromisoformat(row["auditTrail"]["gewijzigdDatumTijd"]) < last
    return str(row[field]) in values.split(",")


def _json(value: object, status: int = 200, headers: Mapping[str, str] = NOTHING) -> SandboxReply:
    return SandboxReply(json.dumps(value).encode(), status, headers=headers)
