"""/ilias: the SOAP server of an ILIAS site (docs/connectors/ilias.md, Interface), with books of its own."""

import secrets
from typing import Any

from fastapi import APIRouter
from lxml import etree

from etl.sandbox import accounts
from etl.sandbox.frame import Call, SandboxReply
from etl.sandbox.ilias import documents
from etl.sandbox.ilias.books import Books

PATH = "/webservice/soap/server.php"
_RIGHTS = ("progress", "users", "results")
_NUMBERS = ("matriculation", "external_account")
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)
_ARRAY_TYPE = f"{{{documents.ENCODING}}}arrayType"


class _FaultError(Exception):
    """A fault: its sentence, and whose it is."""

    def __init__(self, text: str, code: str = "Client") -> None:
        super().__init__(text)
        self.reply = documents.fault(text, code)


class Ilias:
    """One site with one client and one account.

    ``rights``: of the account. ``exported``: the numbers that the site's export settings let out. ``lasting``: after so
    many calls a session is none any more (None: it lasts).
    """

    name = "ilias"

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """The books of the sample, SOAP enabled, every right given."""
        self.books = Books()
        self.soap_enabled = True
        self.rights = set(_RIGHTS)
        self.exported = set(_NUMBERS)
        self.lasting: int | None = None
        self.sessions: dict[str, int] = {}

    def close(self) -> None:
        """Nothing is held open."""

    def operation(self, call: Call) -> str:
        """As the interface names it."""
        action = call.headers.get("soapaction", "").strip('"').rpartition("#")[2]
        return "getUserXML" if action == "resolveUsers" else action

    def answer(self, call: Call) -> SandboxReply:
        """What an operation gives, or a fault."""
        if call.path != PATH:
            return SandboxReply(b"<h1>Not Found</h1>", 404, "text/html; charset=utf-8")
        try:
            asked: Any = etree.fromstring(call.body, _PARSER)[-1][0]
            operation = etree.QName(asked).localname
            given = {child.tag: child for child in asked}
            return self._answer(operation, given, call.origin)
        except _FaultError as fault:
            return fault.reply

    def control(self) -> APIRouter:
        """How many sessions are open."""
        router = APIRouter()

        @router.get("/sessions")
        async def sessions() -> int:
            return len(self.sessions)

        return router

    def _answer(self, operation: str, given: dict[str, Any], origin: str) -> SandboxReply:
        if operation == "login":
            return documents.answer(operation, "sid", self._login(*(given[name].text for name in given)))
        self._session(given["sid"].text or "")
        if operation == "logout":
            del self.sessions[given["sid"].text]
            return documents.answer(operation, "success", "true", "boolean")
        if operation == "getLearningProgressChanges":
            self._may("progress", "Check access failed.")
            rows = self.books.changes(given["timestamp"].text, _array(given["type_filter"]))
            return documents.answer(operation, "lp_data", documents.changes(rows))
        if operation == "getUserXML":
            self._may("users", "Check access failed.")
            found = [self.books.users[one] for one in _array(given["user_ids"]) if one in self.books.users]
            return documents.answer(operation, "xml", documents.users(found, origin, self.exported))
        return documents.answer(operation, "xml", self._results(given["ref_id"].text, origin))

    def _login(self, client: str | None, username: str | None, password: str | None) -> str:
        if not client:
            raise _FaultError("No client given")
        if client != accounts.ILIAS_CLIENT:
            raise _FaultError("Client does not exist", "Server")
        if not self.soap_enabled:
            raise _FaultError("SOAP is not enabled in ILIAS administration for this client", "Server")
        if (username, password) != (accounts.ILIAS_USER, accounts.ILIAS_PASSWORD):
            raise _FaultError("Anmeldung fehlgeschlagen", "Server")
        sid = f"{secrets.token_hex(16)}::{client}"
        self.sessions[sid] = 0
        return sid

    def _session(self, sid: str) -> None:
        if not sid:
            raise _FaultError("No session id given")
        if sid not in self.sessions:
            raise _FaultError("Session invalid")
        if self.lasting is not None and self.sessions[sid] >= self.lasting:
            del self.sessions[sid]
            raise _FaultError("Session invalid")
        self.sessions[sid] += 1
        if not self.soap_enabled:
            raise _FaultError("SOAP is not enabled in ILIAS administration for this client", "Server")

    def _may(self, right: str, sentence: str) -> None:
        if right not in self.rights:
            raise _FaultError(sentence, "Server")

    def _results(self, test: str, origin: str) -> str:
        if test not in self.books.tests():
            raise _FaultError(f"No test found for id: {test}")
        self._may("results", f"No permission to edit the object with id: {test}")
        rows = [
            (self.books.users[user], most, got)
            for (of_test, user), (most, got) in self.books.results.items()
            if of_test == test
        ]
        return documents.results(rows, origin)


def _array(element: Any) -> list[str]:
    """As the older server reads an array: what has no arrayType is none, and nothing is found with it."""
    return [item.text for item in element] if _ARRAY_TYPE in element.attrib else []
