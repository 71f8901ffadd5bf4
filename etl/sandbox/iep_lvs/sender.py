"""Plays IEP LVS: sends test messages and nightly deliveries of a sample school over SOAP.

The sample documents are ``data/iep/*.xml``: a test message with a dummy pupil, two nights (the second re-sends
results that were calculated anew), and a night of a sender that deviates from the contract.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

import requests
from lxml import etree

from etl.http.transport import transport

_SAMPLES: Final = Path(__file__).with_name("data")
_ENVELOPE: Final = """<?xml version="1.0" encoding="utf-8"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>\
<a:autorisatie xmlns:a="http://www.edustandaard.nl/leerresultaten/2/autorisatie">\
<a:autorisatiesleutel>{key}</a:autorisatiesleutel><a:klantcode>{code}</a:klantcode><a:klantnaam>{name}</a:klantnaam>\
</a:autorisatie></s:Header><s:Body>{body}</s:Body></s:Envelope>"""
_SECONDS: Final = 60


@dataclass(frozen=True)
class SenderReply:
    """What the receiver said; ``fault`` is empty when it took the message."""

    status: int
    fault: str

    @property
    def taken(self) -> bool:
        """Whether the message was acknowledged."""
        return self.status == requests.codes.ok and not self.fault


class Sender:
    """One school's sending side, with the code that the school entered."""

    def __init__(
        self, url: str, key: str, supplier: str = "Bureau ICE", supplier_code: str = "BUREAUICE"
    ) -> None:
        self._url = url
        self._key = key
        self._supplier = supplier
        self._supplier_code = supplier_code

    def send(self, document: bytes) -> SenderReply:
        """Send one ``leerresultaten_verzoek``."""
        return self.send_envelope(self.envelope(document))

    def send_envelope(self, envelope: bytes) -> SenderReply:
        """Send these bytes as they are."""
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '"BrengLeerresultaten"'}
        with transport(self._url) as calls:
            answer = calls.post(self._url, data=envelope, headers=headers, timeout=_SECONDS)
        return SenderReply(answer.status_code, _fault(answer.content))

    def envelope(self, document: bytes) -> bytes:
        """The document in a SOAP envelope, with the header of this sender."""
        body = document.decode().partition("?>")[2] if document.startswith(b"<?xml") else document.decode()
        header = {"key": self._key, "code": self._supplier_code, "name": self._supplier}
        return _ENVELOPE.format(**{name: escape(value) for name, value in header.items()}, body=body).encode()


@cache
def samples() -> dict[str, bytes]:
    """The sample documents by name."""
    return {path.stem: path.read_bytes() for path in sorted(_SAMPLES.glob("*.xml"))}


def _fault(answer: bytes) -> str:
    try:
        root = etree.fromstring(answer)
    except etree.XMLSyntaxError:
        return "the answer is not SOAP"
    code, text = root.findtext(".//faultcode"), root.findtext(".//faultstring")
    return f"{code}: {text}" if code else ""
