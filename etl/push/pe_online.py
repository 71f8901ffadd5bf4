"""The web service of PE-Online: one operation, and what each failure says about the rows that were sent."""

import logging
import re
from pathlib import Path
from typing import Final

import requests
import zeep
from lxml import etree
from urllib3.exceptions import NewConnectionError
from zeep.transports import Transport

from etl.errors import EtlError, GiveUp, OutcomeUnknown, RetryLater
from etl.push.pe_account import Account

NAMESPACE: Final = "https://www.pe-online.org/pe-services/PE_AttendanceElearning/WriteAttendance"
WSDL: Final = Path(__file__).with_name("pe_online.wsdl")
_BINDING: Final = f"{{{NAMESPACE}}}WriteAttendanceSoap"
_CONNECT_SECONDS: Final = 20.0
_NOT_THE_SERVICE: Final = frozenset({401, 403, 404, 405})  # a proxy or another page answered
_SETTINGS: Final = zeep.Settings(forbid_dtd=True, forbid_entities=True, forbid_external=True)

for _name in ("zeep.transports", "zeep.wsdl", "zeep.xsd"):
    logging.getLogger(_name).setLevel(logging.INFO)  # at DEBUG they write whole envelopes, key included


class Client:
    """PE-Online as one account sees it; built once for a push, from our own copy of the WSDL."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._transport = _Transport(account)
        client = zeep.Client(str(WSDL), transport=self._transport, settings=_SETTINGS)  # type: ignore[no-untyped-call]
        self._service = client.create_service(_BINDING, account.url)  # type: ignore[no-untyped-call]

    def __enter__(self) -> "Client":
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
        except Exception as exc:  # it was sent: whatever is wrong with the answer, the outcome is open
            raise self._transport.lost(type(exc).__name__) from None
        # zeep gives None, with no error, for an empty result and for an escaped string.
        if not isinstance(result, etree._Element) or etree.QName(result).localname != "Summary":
            raise self._transport.lost("no Summary in the answer")
        return result

    def wsdl_offers_operation(self) -> bool:
        """Does the address publish a WSDL with the operation and namespace that this client uses?"""
        text = self._transport.read(f"{self._account.url}?WSDL")
        return NAMESPACE in text and bool(re.search(r"operation\s+name=[\"']ProcessXML[\"']", text))


class _Transport(Transport):
    """Sends once, follows no redirect, writes no envelope to a log, and says what a failure means."""

    def __init__(self, account: Account) -> None:
        session = requests.Session()
        # A kept connection that the server has closed meanwhile would make the next outcome unknown.
        session.headers["Connection"] = "close"
        limits = (_CONNECT_SECONDS, account.timeout_seconds)
        super().__init__(session=session, operation_timeout=limits)  # type: ignore[no-untyped-call]
        self._account = account

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> requests.Response:
        response = self._request("POST", address, data=message, headers=headers)
        if response.status_code == requests.codes.too_many_requests:
            raise RetryLater(f"{self._who} asks to come back later (429)", _seconds(response))
        if response.is_redirect or response.status_code in _NOT_THE_SERVICE:
            status = response.status_code
            raise GiveUp(f"{self._who}: HTTP {status}, the host is not the service; nothing was processed")
        return response

    def read(self, address: str) -> str:
        """The text at an address of the service; reading changes nothing, so it may be tried again."""
        try:
            response = self._request("GET", address)
        except OutcomeUnknown as exc:
            raise RetryLater(str(exc)) from None
        if not response.ok:
            raise RetryLater(f"{self._who}: reading the WSDL answered HTTP {response.status_code}")
        return response.text

    def lost(self, what: str) -> OutcomeUnknown:
        """The error for an answer that does not tell what became of the rows."""
        return OutcomeUnknown(f"{self._who}, ProcessXML: {what}; the outcome is unknown")

    @property
    def _who(self) -> str:
        return f"PE-Online (connection {self._account.conn_id})"

    def _request(
        self, method: str, address: str, data: bytes | None = None, headers: dict[str, str] | None = None
    ) -> requests.Response:
        limits = self.operation_timeout
        try:
            return self.session.request(
                method, address, data=data, headers=headers, timeout=limits, allow_redirects=False
            )
        except requests.RequestException as exc:
            raise self._failed(exc) from None

    def _failed(self, exc: requests.RequestException) -> EtlError:
        if isinstance(exc, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(exc):
            return GiveUp(f"{self._who}: the server's certificate is not trusted; nothing was sent")
        if isinstance(exc, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
            return GiveUp(f"{self._who}: the host is not a usable address; nothing was sent")
        if _never_connected(exc):
            return RetryLater(f"{self._who} cannot be reached; nothing was sent")
        return self.lost(type(exc).__name__)


def _never_connected(exc: requests.RequestException) -> bool:
    reason = getattr(exc.args[0], "reason", None) if exc.args else None
    return isinstance(exc, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)


def _seconds(response: requests.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None
