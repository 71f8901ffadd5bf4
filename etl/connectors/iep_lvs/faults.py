"""What a sender of test results is told when a message is not taken (docs/connectors/iep_lvs.md, Faults)."""

from enum import StrEnum
from typing import Final
from xml.sax.saxutils import escape

from etl.errors import ComeAgain, NotTaken

SOAP_11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12: Final = "http://www.w3.org/2003/05/soap-envelope"


class Code(StrEnum):
    """The fault codes of UWLR; only the Server ones are worth sending the same message again."""

    MESSAGE = "Client.OngeldigBericht"
    CUSTOMER = "Client.OngeldigeKlantIdentificatie"
    AUTHORISATION = "Client.AutorisatieOngeldig"
    VERSION = "Client.XsdVersieOngeldig"
    VOCABULARY = "Client.VocabulaireTermOngeldig"
    PUPIL = "Client.LeerlingOngeldig"
    NORM = "Client.ToetsNormeringOngeldig"
    SCORE = "Client.ScoreOngeldig"
    OSO_RESULT = "Client.EldResultaatOngeldig"
    INTERNAL = "Server.InterneFout"
    NOT_NOW = "Server.TijdelijkNietBeschikbaar"


class UwlrFault(NotTaken):
    """The whole message is refused. ``text`` names elements and codes, never a value that was sent."""

    code: Code

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text

    @property
    def is_ours(self) -> bool:
        """Whether the sender should try again."""
        return self.code.startswith("Server.")


def fault_of(problem: NotTaken) -> UwlrFault:
    """What UWLR calls it that a message was not taken."""
    if isinstance(problem, UwlrFault):
        return problem
    return UwlrFault(Code.NOT_NOW if isinstance(problem, ComeAgain) else Code.MESSAGE, str(problem))


def fault_envelope(fault: UwlrFault, soap: str) -> bytes:
    """The fault as SOAP 1.1, or as 1.2 for a sender that speaks it."""
    return (_fault_12(fault) if soap == SOAP_12 else _fault_11(fault)).encode()


def acknowledgement(soap: str, namespace: str) -> bytes:
    """The empty leerresultaten_bevestiging: everything was taken."""
    return _envelope(soap, f'<leerresultaten_bevestiging xmlns="{namespace}"/>').encode()


def _fault_11(fault: UwlrFault) -> str:
    return _envelope(
        SOAP_11,
        f"<soap:Fault><faultcode>soap:{fault.code}</faultcode>"
        f"<faultstring>{escape(fault.text)}</faultstring></soap:Fault>",
    )


def _fault_12(fault: UwlrFault) -> str:
    role = "Receiver" if fault.is_ours else "Sender"
    return _envelope(
        SOAP_12,
        f"<soap:Fault><soap:Code><soap:Value>soap:{role}</soap:Value>"
        f"<soap:Subcode><soap:Value>soap:{fault.code}</soap:Value></soap:Subcode></soap:Code>"
        f'<soap:Reason><soap:Text xml:lang="en">{escape(fault.text)}</soap:Text></soap:Reason></soap:Fault>',
    )


def _envelope(soap: str, content: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<soap:Envelope xmlns:soap="{soap}"><soap:Body>{content}</soap:Body></soap:Envelope>'
    )
