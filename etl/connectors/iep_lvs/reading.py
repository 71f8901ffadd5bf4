"""Read a message as it streams by: envelope, header, school, pupils, tests (docs/connectors/iep_lvs.md, Contract).

What is wrong comes out in the order that the agreement has: XML, then authorisation, then the body, so that
a test message with whatever body gets a truthful answer about its key.
"""

from collections.abc import Container
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final, Protocol

from lxml import etree

from etl.connectors.iep_lvs.faults import SOAP_11, SOAP_12, Code, UwlrFault, fault_of
from etl.connectors.iep_lvs.message import (
    Header,
    Measure,
    Norm,
    Result,
    School,
    Test,
    Unreadable,
    about,
    read_header,
    read_school,
)
from etl.connectors.iep_lvs.schema import AUTHORISATION, RESULTS
from etl.connectors.iep_lvs.units import read_pupil, read_test
from etl.engine import hardened
from etl.engine.hardened import local_name
from etl.errors import Malformed

_LR: Final = f"{{{RESULTS}}}"
_AUTHORISATION: Final = f"{{{AUTHORISATION}}}autorisatie"
ENVELOPES: Final = {f"{{{soap}}}Envelope": soap for soap in (SOAP_11, SOAP_12)}
HEADERS: Final = {f"{{{soap}}}Header" for soap in (SOAP_11, SOAP_12)}
_BODIES: Final = {f"{{{soap}}}Body" for soap in (SOAP_11, SOAP_12)}
_REQUEST, _SCHOOL = f"{_LR}leerresultaten_verzoek", f"{_LR}school"
_PUPILS, _PUPIL, _TESTS, _TEST = (f"{_LR}{n}" for n in ("toetsafnames", "toetsafname", "toetsen", "toets"))
_PARENTS: Final = {_SCHOOL: _REQUEST, _PUPILS: _REQUEST, _TESTS: _REQUEST, _PUPIL: _PUPILS, _TEST: _TESTS}
_UNITS: Final = {_PUPIL, _TEST}
_CHILDREN: Final = ("school", "toetsafnames", "toetsen")
_TAGS: Final = [*ENVELOPES, *HEADERS, *_BODIES, _AUTHORISATION, _REQUEST, *_PARENTS]


class Gate(Protocol):
    """Who may deliver, and how strictly it is read. Both methods raise UwlrFault to refuse."""

    def admit(self, header: Header | None) -> bool:
        """Decide on the sender; returns whether its messages are read leniently."""

    def check_school(self, school: School) -> None:
        """Decide whether the sender may deliver for this school."""


@dataclass
class Open:
    """Lets every message pass: it comes from a trusted place, or was admitted when it was received."""

    lenient: bool
    header: Header | None = None

    def admit(self, header: Header | None) -> bool:
        """Everybody may deliver."""
        self.header = header
        return self.lenient

    def check_school(self, school: School) -> None:
        """For every school."""


@dataclass
class Message:
    """Everything one message says, and what lenient reading could not read."""

    soap: str = SOAP_11
    school: School | None = None
    results: list[Result] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    norms: list[Norm] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    untyped: int = 0
    left_out: int = 0  # pupils who were erased on request

    @property
    def delivered(self) -> int:
        """How many results the message delivers, those that cannot be read included."""
        return len(self.results) + len(self.unreadable)

    @property
    def pupils(self) -> set[tuple[str | None, str | None]]:
        """The identifiers of each pupil: leerlingid and ECK iD."""
        return {(result.pupil_id, result.eck_id) for result in self.results}


def read(text: bytes, gate: Gate, message: Message, *, again: bool = False) -> School:
    """Read ``text`` (UTF-8) into ``message`` and return its school. ``again``: it is that of a message in the inbox.

    Raises UwlrFault: of the XML, else of the gate, else of the body.
    """
    reader = _Reader(gate, message, again)
    try:
        for kind, element in hardened.events(text, _TAGS, again=again):
            if kind == "start":
                reader.started(element)
            else:
                reader.ended(element)
    except Malformed as problem:
        raise fault_of(problem) from None
    return reader.finished()


class _Reader:
    """Walks one message. A refused sender's message only has to be well-formed: nothing else of it is read."""

    def __init__(self, gate: Gate, message: Message, again: bool) -> None:
        self._gate = gate
        self._message = message
        self._again = again
        self._lenient = False
        self._header: Header | None = None
        self._asked = False
        self._refused: UwlrFault | None = None
        self._request: etree._Element | None = None  # held, so that it stays the same object
        self._seen = 0
        self._keys: set[str] = set()
        self._test_codes: set[str] = set()

    def started(self, element: etree._Element) -> None:
        """The sender is judged before anything of the body is read."""
        tag = str(element.tag)
        if tag in ENVELOPES and element.getparent() is None:
            self._message.soap = ENVELOPES[tag]
        elif not self._asked and _is_part(element, _BODIES):
            self._ask()
        elif tag == _REQUEST and _is_request(element):
            self._start_request(element)

    def ended(self, element: etree._Element) -> None:
        """Read what is complete now, and free its memory."""
        tag = str(element.tag)
        if tag == _AUTHORISATION and not self._asked:
            self._read_header(element)
        elif self._is_of_request(element, tag):
            if self._refused is None:
                self._read_unit(tag, element)
            strangers = hardened.forget(element) if tag in _UNITS else []
            if strangers and self._refused is None:
                raise _unexpected(strangers[0])
        elif element is self._request and self._refused is None:
            self._check_request(element)

    def _start_request(self, element: etree._Element) -> None:
        if not self._asked:
            self._ask()
        if self._request is not None and self._refused is None:
            raise _unexpected(local_name(element))
        self._request = element

    def _is_of_request(self, element: etree._Element, tag: str) -> bool:
        """Whether it is a part of the one request, in its place."""
        above = element.getparent()
        if tag in _UNITS and above is not None and above.tag == _PARENTS[tag]:
            above = above.getparent()
            return above is not None and above is self._request
        return tag in _PARENTS and tag not in _UNITS and above is not None and above is self._request

    def finished(self) -> School:
        """The document is well-formed: say who was refused, or what the message lacks."""
        if not self._asked:
            self._ask()
        if self._refused is not None:
            raise self._refused
        if self._message.school is None:
            raise UwlrFault(Code.MESSAGE, "element leerresultaten_verzoek: missing")
        return self._message.school

    def _ask(self) -> None:
        self._asked = True
        try:
            self._lenient = self._gate.admit(self._header)
        except UwlrFault as refused:
            self._refused = refused

    def _read_header(self, element: etree._Element) -> None:
        if not _is_part(element.getparent(), HEADERS):
            return
        try:
            self._header = read_header(element)
        except UwlrFault as refused:
            self._asked, self._refused = True, refused

    def _read_unit(self, tag: str, element: etree._Element) -> None:
        if tag == _SCHOOL:
            self._read_school(element)
        elif tag == _PUPIL:
            self._read_pupil(element)
        elif tag == _TEST:
            self._read_test(element)
        else:
            last = element[-1] if len(element) else None  # strangers before it were met at its end
            if last is None:
                raise UwlrFault(Code.MESSAGE, f"element {local_name(element)}: empty")
            if last.tag not in _UNITS:
                raise _unexpected(local_name(last))

    def _read_school(self, element: etree._Element) -> None:
        self._message.school = school = read_school(element, lenient=self._lenient)
        try:
            self._gate.check_school(school)
        except UwlrFault as refused:
            self._refused = refused

    def _read_pupil(self, element: etree._Element) -> None:
        message = self._message
        pupil = read_pupil(element, self._seen, lenient=self._lenient, again=self._again)
        self._seen += len(pupil.results) + len(pupil.unreadable)
        message.unreadable += pupil.unreadable
        message.untyped += pupil.untyped
        repeated = [result.number for result in pupil.results if not self._is_first(result)]
        if repeated:
            pupil.results = [result for result in pupil.results if result.number not in repeated]
            pupil.measures = [measure for measure in pupil.measures if measure.number not in repeated]
        message.results += pupil.results
        message.measures += pupil.measures

    def _is_first(self, result: Result) -> bool:
        if result.result_key in self._keys:
            self._reject(result, "element resultaat: the key is not unique in the message")
            return False
        self._keys.add(result.result_key)
        return True

    def _read_test(self, element: etree._Element) -> None:
        try:
            test, norms = read_test(element)
            if test.test_code in self._test_codes:
                raise UwlrFault(Code.MESSAGE, "element toetscode: not unique in toetsen")
        except UwlrFault:
            if self._lenient:
                return
            raise
        self._test_codes.add(test.test_code)
        self._message.tests.append(test)
        self._message.norms += norms

    def _check_request(self, request: etree._Element) -> None:
        names = [local_name(child) for child in request]
        if not self._lenient or set(names) != set(_CHILDREN):
            for wanted, found in zip_longest(_CHILDREN, names):
                if found != wanted:
                    raise (
                        _unexpected(found) if found else UwlrFault(Code.MESSAGE, f"element {wanted}: missing")
                    )
        self._check_tests()

    def _check_tests(self) -> None:
        message = self._message
        unknown = [result for result in message.results if result.test_code not in self._test_codes]
        for result in unknown:
            self._reject(result, "element toetscode (in resultaat): not among toetsen")
        if unknown:
            numbers = {result.number for result in unknown}
            message.results = [result for result in message.results if result.number not in numbers]
            message.measures = [measure for measure in message.measures if measure.number not in numbers]

    def _reject(self, result: Result, reason: str) -> None:
        """Refuse the message for one of its results, or leave only that one out."""
        if not self._lenient:
            raise UwlrFault(Code.MESSAGE, reason)
        same = about(result.pupil_id, result.eck_id, result.test_code, result.test_part, result.taken_on)
        self._message.unreadable.append(Unreadable(result.result_key, reason, same))


def _is_part(element: etree._Element | None, tags: Container[str]) -> bool:
    """Whether it is a Header or Body, in its place: a child of the envelope, which is the root."""
    envelope = None if element is None else element.getparent()
    if element is None or envelope is None or envelope.getparent() is not None:
        return False
    return str(element.tag) in tags and str(envelope.tag) in ENVELOPES


def _is_request(element: etree._Element) -> bool:
    """Whether it is the document itself, or stands in the body of its envelope, at whatever depth.

    Some senders put an element named after the operation around it.
    """
    return element.getparent() is None or any(_is_part(above, _BODIES) for above in element.iterancestors())


def _unexpected(name: str) -> UwlrFault:
    return UwlrFault(Code.MESSAGE, f"element {name}: not expected here")
