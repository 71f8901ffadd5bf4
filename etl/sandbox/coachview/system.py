"""Coachview as a stand-in: its REST interface for whoever brings a token (docs/connectors/coachview.md, Interface)."""

import json
import secrets
from base64 import b64encode
from typing import Any, Final

from fastapi import APIRouter

from etl.sandbox import accounts
from etl.sandbox.frame import Call, SandboxReply

_API: Final = "/api/v1/"
_TOKEN: Final = "/auth/connect/token"  # noqa: S105
LISTS: Final = (
    "Personen",
    "Opleidingen",
    "Opleidingsonderdelen",
    "Opleidingsvragen",
    "Opleidingsonderdeeluitvoeringen",
)


class Coachview:
    """One school's Coachview."""

    name = "coachview"

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing in its lists, and every scope given."""
        self.lists: dict[str, list[dict[str, Any]]] = {name: [] for name in LISTS}
        self.without_scope: set[str] = set()
        self._tokens: set[str] = set()

    def close(self) -> None:
        """Nothing is held open."""

    def operation(self, call: Call) -> str:
        """token, or the list that is read."""
        return "token" if call.path == _TOKEN else call.path.removeprefix(_API)

    def answer(self, call: Call) -> SandboxReply:
        """A token, or a part of a list."""
        if call.path == _TOKEN:
            return self._token(call)
        if call.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return _json({"message": "Unauthorized"}, 401)
        name = call.path.removeprefix(_API)
        if name not in self.lists:
            return _json({"message": "Not found"}, 404)
        if name in self.without_scope:
            return _json({"message": "Forbidden"}, 403)
        first = int(call.form.get("skip", 0))
        return _json(self.lists[name][first : first + int(call.form.get("take", 50))])

    def control(self) -> APIRouter:
        """Nothing to look into."""
        return APIRouter()

    def _token(self, call: Call) -> SandboxReply:
        client = f"{accounts.COACHVIEW_ID}:{accounts.COACHVIEW_SECRET}"
        if call.headers.get("authorization") != "Basic " + b64encode(client.encode()).decode():
            return _json({"error": "invalid_client"}, 400)
        token = secrets.token_urlsafe()
        self._tokens.add(token)
        return _json({"access_token": token, "token_type": "Bearer", "expires_in": 900})


def _json(value: object, status: int = 200) -> SandboxReply:
    return SandboxReply(json.dumps(value).encode(), status)
