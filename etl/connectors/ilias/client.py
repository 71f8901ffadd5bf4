"""The SOAP server of an ILIAS site: one session, and what is asked in it (docs/connectors/ilias.md, Interface)."""

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import requests
import zeep
from zeep.exceptions import Fault
from zeep.transports import Transport

from etl.connections import Connection
from etl.connectors.ilias import faults
from etl.connectors.ilias.account import IliasAccount, account
from etl.connectors.ilias.faults import SessionEnded
from etl.errors import EtlError, GiveUp, RetryLater, Unusable
from etl.http.client import Caller, Client, Reply, wait_limit
from etl.http.refusals import not_json

NAMESPACE: Final = "urn:ilUserAdministration"
_SCHEMAS: Final = Path(__file__).with_name("schemas")
_ENCODING: Final = "http://schemas.xmlsoap.org/soap/encoding/"
_WSDL: Final = str(_SCHEMAS / "ilias.wsdl")
_BINDING: Final = f"{{{NAMESPACE}}}ILIASSoapWebserviceBinding"
# A DTD would be one of the envelope; what the answers inside it have is read elsewhere (document.py).
_SETTINGS: Final = zeep.Settings(
    forbid_dtd=True, forbid_entities=True, forbid_external=True, xml_huge_tree=True
)
_HINTS: Final = {
    401: "a server before ILIAS asks for a login: have it let the calls of this machine through",
    404: "there is no SOAP server at this address: enter the address of the site, or that of its server.php",
    405: "there is no SOAP server at this address: enter the address of the site, or that of its server.php",
}
_BEGINNING: Final = 2_000  # bytes of an answer in which its first element is
_ENVELOPE: Final = re.compile(rb"<(?:[\w.-]+:)?Envelope[\s>]")
_FAULT: Final = re.compile(rb"<(?:[\w.-]+:)?Fault[\s>]")
_WHOLE: Final = re.compile(rb"</(?:[\w.-]+:)?Envelope\s*>\s*\Z")

log = logging.getLogger(__name__)
for _name in ("zeep.transports", "zeep.wsdl", "zeep.xsd"):
    logging.getLogger(_name).setLevel(logging.INFO)  # at DEBUG they write whole envelopes, passwords included


class IliasClient(Client):
    """One site as one account sees it. Logs in when it is asked first, and out when it is closed.

    Connection: host = address, login, password, extra client. All calls only read, so that they may be repeated.
    """

    def __init__(self, connection: Connection) -> None:
        self.account: IliasAccount = account(connection)
        if not connection.login or not connection.password:
            raise GiveUp(f"connection {connection.conn_id}: enter user name and password of the account")
        name = f"ILIAS {connection.conn_id}"
        caller = Caller(
            name, self.account.site, hints=_HINTS, answers=_is_fault, wait_limit=wait_limit(connection)
        )
        super().__init__(caller)
        self._login = {"username": connection.login, "password": connection.password}
        self._sid = ""
        self._transport = _Transport(caller, self.account.server)
        self._soap = zeep.Client(_WSDL, transport=self._transport, settings=_SETTINGS)  # type: ignore[no-untyped-call]
        for prefix, namespace in (("xsd", "http://www.w3.org/2001/XMLSchema"), ("enc", _ENCODING)):
            self._soap.set_ns_prefix(prefix, namespace)  # type: ignore[no-untyped-call]
        self._service = self._soap.create_service(_BINDING, f"{self.account.site}/{self.account.server}")  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Log out, where there was a login, and give the connections back."""
        try:
            self._log_out()
        except EtlError as problem:
            log.warning("the session was not closed, and ends by itself: %s", problem)
        finally:
            super().close()

    def log_in(self) -> None:
        """Open a session. Raises GiveUp, naming what is missing."""
        self._sid = ""
        where = f"{self._system}: login"
        try:
            sid = self._asked("login", client=self.account.client, **self._login)
        except _Faulty as fault:
            problem = faults.meaning(where, fault.text, fault.code)
            raise faults.login_refused(where, fault.text, problem) from None
        if not sid:
            raise GiveUp(f"{where}: ILIAS gave no session: is SOAP enabled, and the client ID right?")
        self._sid = str(sid)

    def changes(self, since: str) -> bytes:
        """What changed in anybody's learning progress since a moment of the site's clock, which counts too."""
        return self._document(
            "getLearningProgressChanges", "learning progress",
            timestamp=since, include_ref_ids=True, type_filter=self._array("string", self.account.types),
        )  # fmt: skip

    def test_results(self, test: str) -> bytes:
        """The points of everybody in a test, by its reference."""
        return self._document("getTestResults", f"results of test {test}", ref_id=int(test), sum_only=True)

    def users(self, ids: Sequence[str]) -> bytes:
        """Accounts by their ids, of which there is at least one; those that there are not are left out."""
        return self._document(
            "getUserXML",
            f"{len(ids)} users",
            user_ids=self._array("int", [int(one) for one in ids]),
            attach_roles=0,
        )

    def _document(self, operation: str, what: str, **arguments: Any) -> bytes:
        """The XML that an operation answers with, in the session; one that ended is opened anew, once."""
        where = f"{self._system}: {what}"
        for again in (False, True):
            if again or not self._sid:
                self.log_in()
            try:
                text = self._asked(operation, sid=self._sid, **arguments)
            except _Faulty as fault:
                problem = faults.meaning(where, fault.text, fault.code)
                if isinstance(problem, SessionEnded) and not again:
                    continue
                raise problem from None
            break
        if not isinstance(text, str) or not text.strip():
            raise RetryLater(f"{where}: empty answer")
        return text.encode()

    def _array(self, kind: str, values: Sequence[Any]) -> Any:
        """An array as ILIAS reads it: without its arrayType the older SOAP server takes it for something else."""
        if not values:
            raise ValueError("an empty array cannot be sent")
        made = self._soap.get_type(f"{{{NAMESPACE}}}{kind}Array")(list(values)).as_value_object()  # type: ignore[no-untyped-call]
        made.arrayType = f"xsd:{kind}[{len(values)}]"
        return made

    def _asked(self, operation: str, **arguments: Any) -> Any:
        """What an operation gives; raises _Faulty for a fault."""
        self._transport.call = operation
        try:
            return self._service[operation](**arguments)
        except Fault as fault:
            raise _Faulty(str(fault.message), _code(fault)) from None
        except EtlError:
            raise
        except (
            Exception
        ):  # whatever zeep makes of it: it is well-formed no SOAP, and its text may hold anything
            raise Unusable(
                f"{self._system}: {operation}: the answer is damaged, or none that the interface describes"
            ) from None

    def _log_out(self) -> None:
        sid, self._sid = self._sid, ""
        if not sid:
            return
        try:
            self._asked("logout", sid=sid)
        except _Faulty as fault:
            where = f"{self._system}: logout"
            raise faults.meaning(where, fault.text, fault.code) from None


class _Faulty(Exception):  # noqa: N818 - what it means depends on the call
    """A fault of the SOAP server, as it said it: for no log."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(code)
        self.text = text
        self.code = code


class _Transport(Transport):
    """Carries envelopes by the one Caller, and reads schemas from this package: nothing is ever fetched."""

    def __init__(self, caller: Caller, server: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.call = ""
        self._caller = caller
        self._server = server

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> requests.Response:
        """Send an envelope; an answer that is none of SOAP is an error."""
        where = f"{self._caller.system}: {self.call}"
        reply = self._caller.read(
            self.call,
            self._server,
            lambda reply: _soap(where, reply),
            method="POST",
            data=message,
            headers=headers,
        )
        response = requests.Response()
        response.status_code = reply.status
        response._content = reply.body
        return response

    def load(self, url: str) -> bytes:
        """A file of this package. Raises GiveUp for any other."""
        file = Path(url)
        if file.parent != _SCHEMAS:
            raise GiveUp(
                "a schema of ILIAS's interface is not in this package: nothing is fetched from outside"
            )
        return file.read_bytes()


def _is_fault(status: int, body: bytes) -> bool:
    return status == requests.codes.server_error and _FAULT.search(body[:_BEGINNING]) is not None


def _soap(where: str, reply: Reply) -> Reply:
    """The answer, when it is a whole envelope."""
    if not _ENVELOPE.search(reply.body[:_BEGINNING]):
        raise not_json(where, reply.body, "SOAP")
    if not _WHOLE.search(reply.body[-_BEGINNING:]):
        raise RetryLater(f"{where}: the answer broke off ({len(reply.body)} bytes)")
    return reply


def _code(fault: Fault) -> str:
    return re.sub(r"[^\w:.-]", "", str(fault.code or ""))[:40] or "none"
