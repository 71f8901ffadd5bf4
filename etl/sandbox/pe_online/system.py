"""/pe: PE-Online's attendance service, SOAP 1.1 document/literal (docs/connectors/pe_online.md, Service)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from fastapi import APIRouter
from lxml import etree

from etl.sandbox.frame import Call, SandboxReply
from etl.sandbox.pe_online.control import PeOnlineSettings, routes
from etl.sandbox.pe_online.ledger import DATA, BookedAccount, BookedAttendance, BookedCourse, Ledger
from etl.sandbox.pe_online.rules import Judge, Judged, Reason, RefusedError

PATH = "/pe-services/pe-attendanceelearning/WriteAttendance.asmx"
NAMESPACE = "https://www.pe-online.org/pe-services/PE_AttendanceElearning/WriteAttendance"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XML = "text/xml; charset=utf-8"

UNAUTHORISED, TOO_MANY, STRUCTURE, ROW = 400, 500, 505, 100
WHOLE_CALL = {
    UNAUTHORISED: "De sleutel komt niet overeen of de dienst is niet ingericht voor dit account",
    TOO_MANY: "Te veel records aangeboden, maximaal {limit}",
    STRUCTURE: "De structuur van het XML bericht is niet correct",
}

FIELDS = {
    "PECourseID": "course",
    "externalCourseID": "course",
    "externalPersonID": "person",
    "PEModuleID": "module",
    "externalmoduleID": "module",
    "endDate": "end_date",
    "PEEditionID": "edition",
    "externalEditionID": "edition",
    "PEMeetingID": "meeting",
    "externalMeetingID": "meeting",
}

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
_SCHEMA = etree.XMLSchema(etree.parse(DATA / "Entry.xsd"))


@dataclass(frozen=True)
class ProcessedRow:
    """What became of one row."""

    line: int
    row: BookedAttendance
    judged: Judged | None
    reason: Reason | None


class WholeCallError(Exception):
    """Nothing of the call is processed."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class PeOnline:
    """The service, with books of its own."""

    name = "pe"

    def __init__(self, ledger: Ledger, settings: PeOnlineSettings | None = None) -> None:
        self.ledger = ledger
        self._first_settings = settings or PeOnlineSettings()
        self.settings = self._first_settings

    def reset(self) -> None:
        """Empty books, first settings."""
        self.settings = self._first_settings
        self.ledger.reset()

    def close(self) -> None:
        """Close the books."""
        self.ledger.close()

    def operation(self, call: Call) -> str:
        """WSDL or ProcessXML."""
        return "WSDL" if call.method == "GET" else "ProcessXML"

    def answer(self, call: Call) -> SandboxReply:
        """The WSDL, or what became of the rows that were sent."""
        if call.path.casefold() != PATH.casefold():
            return SandboxReply(b"<h1>The resource cannot be found.</h1>", 404, "text/html; charset=utf-8")
        if call.method == "GET" and call.query.casefold() == "wsdl":
            wsdl = (DATA / "WriteAttendance.wsdl").read_text()
            return SandboxReply(wsdl.replace("{{ADDRESS}}", call.origin + PATH).encode(), media_type=XML)
        if call.headers.get("soapaction", "").strip('"') != f"{NAMESPACE}/ProcessXML":
            return _soap_fault("Server did not recognize the value of HTTP Header SOAPAction")
        try:
            payload = _payload(call.body)
        except etree.XMLSyntaxError:
            return _soap_fault("Server was unable to read request")
        return SandboxReply(_envelope(self.process(payload)).encode(), media_type=XML)

    def process(self, payload: str) -> str:
        """Process one Entry and return its Summary. Good rows are processed even when others fail."""
        try:
            entry = _entry(payload)
            account, org_id = self._authorised(entry)
            rows = [_attendance(element) for element in entry.findall("Attendance")]
            if len(rows) > self.settings.limit:
                raise WholeCallError(TOO_MANY)
        except WholeCallError as error:
            text = WHOLE_CALL[error.number].format(limit=self.settings.limit)
            return _summary(0, 0, [_error(error.number, text)])
        judge = Judge(self.ledger, account, org_id, self.settings.registration_months)
        with self.ledger.transaction():
            call = self.ledger.next_call()
            lines = enumerate(rows, self.settings.first_line)
            outcomes = [self._process_row(judge, call, line, row) for line, row in lines]
        return self._answered(org_id, outcomes)

    def _authorised(self, entry: Any) -> tuple[BookedAccount, int]:  # lxml's stubs know no elements
        account = self.ledger.account(entry.findtext("Settings/userID"))
        key, org_id = entry.findtext("Settings/userKey"), int(entry.findtext("Settings/orgID"))
        if account is None or account.user_key != key or not account.serves(org_id):
            raise WholeCallError(UNAUTHORISED)
        return account, org_id

    def _process_row(self, judge: Judge, call: int, line: int, row: BookedAttendance) -> ProcessedRow:
        judged, reason = None, None
        try:
            judged = judge.judge(row)
        except RefusedError as refused:
            reason = refused.reason
        self.ledger.log(call, line, judge.account, judge.org_id, row, reason.name if reason else "")
        if judged and judge.account.mode == "live":
            self.ledger.book(row.person, judged.course, judged.module, judged.moment)
        return ProcessedRow(line, row, judged, reason)

    def _answered(self, org_id: int, outcomes: Sequence[ProcessedRow]) -> str:
        refused = [self._refused(org_id, o, o.reason) for o in outcomes if o.reason]
        accepted = [self._accepted(o, o.judged.course) for o in reversed(outcomes) if o.judged]
        return _summary(len(refused), len(accepted), [*refused, *accepted])

    def _refused(self, org_id: int, outcome: ProcessedRow, reason: Reason) -> str:
        short = self.settings.error_style == "code"
        return _error(ROW, reason.text(outcome.row, outcome.line, org_id, short=short))

    def _accepted(self, outcome: ProcessedRow, course: BookedCourse) -> str:
        row = outcome.row
        values = {
            "person": row.person,
            "course": str(course.pe_course_id) if self.settings.echo_pe_course else row.course,
            "date": f"{row.ended:%d-%m-%Y}" if row.ended else "",
        }
        if self.settings.error_style == "code":  # the newer service
            values |= {"edition": row.edition, "meeting": row.meeting}
        inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
        return f"<Accepted>{inner}</Accepted>"

    def control(self) -> APIRouter:
        """Read and change its books and its behaviour."""
        return routes(self)


def _payload(body: bytes) -> str:
    envelope = etree.fromstring(body, _PARSER)
    return envelope.findtext(f"{{{SOAP}}}Body/{{{NAMESPACE}}}ProcessXML/{{{NAMESPACE}}}sXML") or ""


def _entry(payload: str) -> Any:  # lxml's stubs know no elements
    try:
        entry = etree.fromstring(payload.encode(), _PARSER)
    except etree.XMLSyntaxError:
        raise WholeCallError(STRUCTURE) from None
    if not _SCHEMA.validate(entry):
        raise WholeCallError(STRUCTURE)
    return entry


def _attendance(element: Any) -> BookedAttendance:  # lxml's stubs know no elements
    values = {FIELDS[child.tag]: (child.text or "").strip() for child in element}
    external = frozenset(FIELDS[child.tag] for child in element if child.tag.startswith("external"))
    return BookedAttendance(**values, external=external - {"person"})


def _summary(rejected: int, accepted: int, rows: Sequence[str]) -> str:
    results = (
        f"<Results><rejected_rows>{rejected}</rejected_rows><accepted_rows>{accepted}</accepted_rows>"
        f"<total_rows>{rejected + accepted}</total_rows></Results>"
    )
    return f'<Summary xmlns="">{results}{"".join(rows)}</Summary>'


def _error(number: int, text: str) -> str:
    return f"<Error><errorNR>{number}</errorNR><errorMsg>{escape(text)}</errorMsg></Error>"


def _envelope(summary: str) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}"><soap:Body>'
        f'<ProcessXMLResponse xmlns="{NAMESPACE}"><ProcessXMLResult>{summary}</ProcessXMLResult>'
        "</ProcessXMLResponse></soap:Body></soap:Envelope>"
    )


def _soap_fault(text: str) -> SandboxReply:
    body = (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}"><soap:Body><soap:Fault>'
        f"<faultcode>soap:Client</faultcode><faultstring>{text}</faultstring><detail /></soap:Fault>"
        "</soap:Body></soap:Envelope>"
    )
    return SandboxReply(body.encode(), 500, XML)
