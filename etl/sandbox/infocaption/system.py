"""InfoCaption as a stand-in: OAuth2 client credentials, guides, courses and participants.

See docs/connectors/infocaption.md.

The sample site is in data/guides.csv and data/attempts.csv.
"""

import json
import re
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, Final

from fastapi import APIRouter

from etl.sandbox import accounts
from etl.sandbox.frame import Call, SandboxReply
from etl.sandbox.infocaption.control import routes
from etl.sandbox.infocaption.site import InfoCaptionSite, sample

TOKEN: Final = "/oauth2/token"  # noqa: S105
GUIDES: Final = "/API/public/guides"
COURSES: Final = "/API/public/courses"
_PARTICIPANTS: Final = re.compile(rf"{COURSES}/([^/]+)/participants")
_PAGE: Final = 30
_LARGEST_PAGE: Final = 600


class InfoCaption:
    """One customer's site; ``site`` can be changed between nights."""

    name = "infocaption"

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """The sample site."""
        self.site: InfoCaptionSite = sample()
        self.expires_in: int | None = None  # what a new token says; the real one may not say
        self.largest_page = _LARGEST_PAGE
        self.token_path = TOKEN
        self.repeating: set[str] = set()  # courses whose list shows its first page again and again
        self._tokens: set[str] = set()

    def expire_tokens(self) -> None:
        """Refuse every token that was given out so far."""
        self._tokens.clear()

    def close(self) -> None:
        """Nothing is held open."""

    def operation(self, call: Call) -> str:
        """token, guides, courses or participants."""
        if _PARTICIPANTS.fullmatch(call.path):
            return "participants"
        return {TOKEN: "token", GUIDES: "guides", COURSES: "courses"}.get(call.path, "")

    def answer(self, call: Call) -> SandboxReply:
        """A token, or a page of a list for whoever has one."""
        if call.path == self.token_path:
            return self._token(call)
        if call.path == TOKEN:
            return _json({"error": "not found"}, 404)
        if call.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return _json({"error": "invalid_token"}, 401)
        rows = self._rows(call)
        if rows is None:
            return _json({"error": "not found"}, 404)
        page = _page(rows, call.form, self.largest_page)
        if (found := _PARTICIPANTS.fullmatch(call.path)) and found[1] in self.repeating:
            first = _page(rows, {**call.form, "page": "1"}, self.largest_page)
            page["results"] = first["results"]
        return _json(page)

    def control(self) -> APIRouter:
        """Change the site between two nights."""
        return routes(self)

    def _token(self, call: Call) -> SandboxReply:
        if call.headers.get("authorization") != _basic(accounts.INFOCAPTION_ID, accounts.INFOCAPTION_SECRET):
            return _json({"error": "invalid_client"}, 401)
        if call.form.get("grant_type") != "client_credentials":
            return _json({"error": "unsupported_grant_type"}, 400)
        token = secrets.token_urlsafe()
        self._tokens.add(token)
        answer: dict[str, Any] = {"access_token": token, "token_type": "Bearer"}
        if self.expires_in is not None:
            answer["expires_in"] = self.expires_in
        return _json(answer)

    def _rows(self, call: Call) -> list[dict[str, Any]] | None:
        if call.path == GUIDES:
            return self.site.guides()
        if call.path == COURSES:
            return self.site.courses()
        found = _PARTICIPANTS.fullmatch(call.path)
        return self.site.participants(found[1], call.form.get("from"), call.form.get("to")) if found else None


def _page(rows: Sequence[Mapping[str, Any]], asked: Mapping[str, str], largest: int) -> dict[str, Any]:
    size = min(int(asked.get("hitsPerPage", _PAGE)), largest)
    page = int(asked.get("page", 1))
    return {
        "results": rows[(page - 1) * size : page * size],
        "hitsPerPage": size,
        "totalHits": len(rows),
        "totalPages": ceil(len(rows) / size),
        "currentPage": page,
    }


def _basic(login: str, password: str) -> str:
    return "Basic " + b64encode(f"{login}:{password}".encode()).decode()


def _json(value: object, status: int = 200) -> SandboxReply:
    return SandboxReply(json.dumps(value, ensure_ascii=False).encode(), status)
