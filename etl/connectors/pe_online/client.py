"""The web service of PE-Online: one operation, and what each failure says about the rows that were sent."""

import logging
import re
from functools import cache
from pathlib import Path
from typing import Final

import requests
import zeep
from lxml import etree
from urllib3.exceptions import HTTPError
from zeep.transports import Transport
from zeep.wsdl import Document

from etl import settings
from etl.connectors.pe_online.account import PeAccount
from etl.errors import AnswerLost, EtlError, GiveUp, RetryLater
from etl.http import bodies, refusals
from etl.http.outgoing import Outgoing
from etl.http.transport import sending
from etl.http.unanswered import ONLY_TLS, why

NAMESPACE: Final = "https://www.pe-online.org/pe-services/PE_AttendanceElearning/WriteAttendance"
WSDL: Final = Path(__file__).with_name("pe_online.wsdl")
_BINDING: Final = f"{{{NAMESPACE}}}WriteAttendanceSoap"
_CONNECT_SECONDS: Final = 20.0
_DEADLINE: Final = 900.0  # seconds for a whole answer: one that trickles in never ends otherwise
_LATER: Final = frozenset({425, 429})
_OPEN: Final = frozenset({408})  # of the 4xx the one that may come after the rows were taken
_HINTS: Final = {
    401: "another server than PE-Online asks for a login: correct the host",
    403: "a proxy, a firewall or another server refuses the call: correct the host, or have it let through",
    404: "this is not the address of the service: correct the host",
    405: "this is not the address of the service: correct the host",
    407: "the proxy asks for a login: enter it in the environment (HTTPS_PROXY) or bypass the proxy (NO_PROXY)",
    413: "the call is too large for a server in between: set a smaller batch_limit",
}
_SETTINGS: Final = zeep.Settings(forbid_dtd=True, forbid_entities=True, forbid_external=True)

for _name in ("zeep.transports", "zeep.wsdl", "zeep.xsd"):
    logging.getLogger(_name).setLevel(logging.INFO)  # at DEBUG they write whole envelopes, key included


class PeClient:
    """PE-Online as one account sees it."""

    def __init__(self, account: PeAccount) -> None:
        self._account = account
        self._transport = _Transport(account)
        client = zeep.Client(_description(), transport=self._transport, settings=_SETTINGS)  # type: ignore[no-untyped-call]
        self._service = client.create_service(_BINDING, account.url)  # type: ignore[no-untyped-call]

    def __enter__(self) -> "PeClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.session.close()

    def process(self, entry: str) -> etree._Element:
        """Offer an Entry document and return the Summary.

        RetryLater, GiveUp: the service did not get it. OutcomeUnknown: it may have been processed.
        """
        try:
            result = self._service.ProcessXML(sXML=entry)
        except EtlError:
            raise
        except zeep.exceptions.Fault as fault:
            code = _code(fault)
            raise self._transport.unusable(f"soap fault {code}", code) from None
        except Exception:  # it was sent: whatever is wrong with the answer, the outcome is open
            raise self._transport.unusable("no answer of the service") from None
        # zeep gives None, with no error, for an empty result and for an escaped string.
        if not isinstance(result, etree._Element) or etree.QName(result).localname != "Summary":
            raise self._transport.unusable("no Summary in it")
        return result

    def wsdl_offers_operation(self) -> bool:
        """Does the address publish a WSDL with the operation and namespace that this client uses?"""
        text = self._transport.read(f"{self._account.url}?WSDL")
        return NAMESPACE in text and bool(re.search(r"operation\s+name=[\"']ProcessXML[\"']", text))


@cache
def _description() -> Document:
    """Our own copy of the WSDL, read once for all accounts: it takes as long as several calls."""
    return Document(str(WSDL), Transport(), settings=_SETTINGS)  # type: ignore[no-untyped-call, arg-type]


class _Transport(Transport):
    """Sends once, follows no redirect, writes no envelope to a log, and says what a failure means."""

    def __init__(self, account: PeAccount) -> None:
        calls = sending(account.url)
        limits = (_CONNECT_SECONDS, account.timeout_seconds)
        super().__init__(session=calls, operation_timeout=limits)  # type: ignore[no-untyped-call]
        self._account = account
        self._answered = ""
        self._most_bytes = settings.MAX_ANSWER_BYTES.get()

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> requests.Response:
        """Send an envelope; an answer that says that nothing was processed is an error."""
        body = Outgoing(message)
        try:
            response = self._request("POST", address, data=body, headers=headers)
        except (requests.RequestException, HTTPError) as exc:
            found = why(exc, address)
            if body.left and found is not ONLY_TLS:
                raise self.lost(found.said, "no_answer") from None
            raise self._not_sent(exc) from None
        status = response.status_code
        if status in _LATER:
            raise RetryLater(f"{self._who} asks to come back later ({status})", _seconds(response))
        if 300 <= status < 500 and status not in _OPEN:
            hint = self._moved(response) if status < 400 else _HINTS.get(status, "the call was refused")
            raise GiveUp(f"{self._who}: HTTP {status}, {hint}; nothing was processed")
        self._answered = f"HTTP {status}, {_kind(response)}"
        response._content = _readable(response.content)
        return response

    def read(self, address: str) -> str:
        """The text at an address of the service; reading changes nothing, so it may be tried again."""
        try:
            response = self._request("GET", address)
        except (requests.RequestException, HTTPError) as exc:
            raise self._not_sent(exc) from None
        status = response.status_code
        if status == requests.codes.ok:
            return response.text
        words = f"{self._who}: reading the WSDL answered HTTP {status}"
        if status in _LATER or status in _OPEN or status >= 500:
            raise RetryLater(f"{words}: the service does not work now, try again later", _seconds(response))
        hint = self._moved(response) if 300 <= status < 400 else _HINTS.get(status, "correct the host")
        raise GiveUp(f"{words}: {hint}")

    def _moved(self, response: requests.Response) -> str:
        return refusals.moved_page(self._account.url, response.headers.get("Location", ""))

    def unusable(self, what: str, error_code: str = "") -> AnswerLost:
        """The error for the last answer, which does not tell what became of the rows."""
        return self.lost(f"{self._answered}, {what}", error_code or self._answered.partition(",")[0])

    def lost(self, what: str, error_code: str) -> AnswerLost:
        """The error for a call whose answer did not come."""
        return AnswerLost(f"{self._who}, ProcessXML", what, error_code)

    @property
    def _who(self) -> str:
        return f"PE-Online (connection {self._account.conn_id})"

    def _request(
        self, method: str, address: str, data: Outgoing | None = None, headers: dict[str, str] | None = None
    ) -> requests.Response:
        limits = self.operation_timeout
        with self.session.request(
            method, address, data=data, headers=headers, timeout=limits, allow_redirects=False, stream=True
        ) as response:
            response._content = self._body(response)
        return response

    def _body(self, response: requests.Response) -> bytes:
        status = f"HTTP {response.status_code}"
        try:
            return bodies.whole(response, self._most_bytes, _DEADLINE)
        except bodies.TooLarge:
            raise self.lost(f"{status}, more than {self._most_bytes} bytes", "too_large") from None
        except bodies.TooSlow:
            raise self.lost(f"{status}, not whole in {_DEADLINE:.0f} seconds", "too_slow") from None

    def _not_sent(self, exc: Exception) -> EtlError:
        """The connection did not stand: the service knows of no row."""
        if isinstance(exc, ValueError):  # what requests makes of an address that is none
            return GiveUp(f"{self._who}: the host is not a usable address; nothing was sent")
        found = why(exc, self._account.url)
        message = f"{self._who}: nothing was sent: {found.said}"
        return GiveUp(message) if found.needs_person else RetryLater(message)


def _readable(content: bytes) -> bytes:
    """An answer with blanks before its declaration, or with a byte that is no UTF-8, can be read all the same."""
    content = content.lstrip(b" \t\r\n") if content.lstrip().startswith(b"<") else content
    if _is_utf8(content):
        return content
    try:
        etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return content.decode("utf-8", "replace").encode() if b"<" in content[:4] else content
    except ValueError:
        return content
    return content


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _kind(response: requests.Response) -> str:
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not response.content:
        return "empty"
    return "a page" if "html" in media_type else "XML" if "xml" in media_type else "another type"


def _code(fault: zeep.exceptions.Fault) -> str:
    return re.sub(r"[^\w:.-]", "", str(fault.code or ""))[:40] or "without a code"


def _seconds(response: requests.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None
