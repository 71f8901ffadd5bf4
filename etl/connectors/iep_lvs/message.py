"""What a ``leerresultaten_verzoek`` says: one school, its pupils' results, the tests they belong to.

Strict reading refuses the message at the first thing that breaks the contract. Lenient reading puts right
what live senders are known to do (children of school in another order, no xsdversie) and lists results that
cannot be read instead of refusing them all (docs/connectors/iep_lvs.md, Contract).
"""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from lxml import etree

from etl.connectors.iep_lvs.faults import Code, UwlrFault
from etl.connectors.iep_lvs.schema import AUTHORISATION, RESULTS, VERSIONS, problem_with
from etl.engine.hardened import texts

WITHOUT_OFFSET: Final = ZoneInfo("Europe/Amsterdam")
_END_OF_DAY: Final = re.compile(r"24:00:00(?:\.0+)?")
_LR: Final = f"{{{RESULTS}}}"
_SCHOOL_ORDER: Final = [
    f"{_LR}{name}"
    for name in (
        "schooljaar", "brincode", "dependancecode", "schoolkey", "aanmaakdatum", "auteur", "xsdversie", "commentaar",
    )
]  # fmt: skip


@dataclass(frozen=True)
class Header:
    """Who sends: the verificatiecode of the school and the name and code of the supplier."""

    key: str = field(repr=False)
    supplier_code: str
    supplier: str


@dataclass(frozen=True)
class School:
    """Which school, for which school year, when the message was made.

    A school is named by ``brin6`` or by a ``schoolkey``; the other one is None.
    """

    brin6: str | None
    schoolkey: str | None
    school_year: str
    created_at: datetime


class Result(NamedTuple):
    """One result of one pupil; ``number`` counts the results of the message."""

    number: int
    result_key: str
    pupil_id: str | None
    eck_id: str | None
    taken_on: str
    test_code: str
    test_part: str | None


class Measure(NamedTuple):
    """One value of a result, which may have several, or none."""

    number: int
    value_type: str | None
    value: str | None
    scale: str | None = None
    comparison_group: str | None = None
    qualification: str | None = None


class Test(NamedTuple):
    """One test as the message describes it."""

    test_code: str
    test_name: str | None
    test_version: str | None
    year_group: str | None
    subject: str | None
    category: str | None


class Norm(NamedTuple):
    """From which score up to which a pupil has the level ``term`` in a test, or a part of it."""

    test_code: str
    test_part: str | None
    term: str
    lower: str | None
    upper: str | None


class Unreadable(NamedTuple):
    """A result that lenient reading left out, and why; ``about`` tells it from others whatever its key is."""

    result_key: str
    reason: str
    about: str = ""


def about(*said: str | None) -> str:
    """A hash of whose result it is, which test and day: some senders give the same one a new key every time."""
    return hashlib.sha256("\n".join(text or "" for text in said).encode()).hexdigest()


def read_header(element: etree._Element) -> Header:
    """The SOAP header. Raises UwlrFault when it is not as the contract has it."""
    problem = problem_with(element)
    if problem is not None:
        raise UwlrFault(Code.AUTHORISATION, problem.text)
    key, code, name = (element.findtext(f"{{{AUTHORISATION}}}{tag}") or "" for tag in _HEADER)
    return Header(key, code, name)


_HEADER: Final = ("autorisatiesleutel", "klantcode", "klantnaam")


def read_school(element: etree._Element, *, lenient: bool) -> School:
    """The school of a message. Raises UwlrFault naming the element that is wrong."""
    if lenient:
        _put_in_order(element)
    problem = problem_with(element)
    if problem is not None:
        raise problem
    said = texts(element)
    if said.get("xsdversie") not in VERSIONS:
        raise UwlrFault(
            Code.VERSION, f"element xsdversie: versions {min(VERSIONS)} to {max(VERSIONS)} are taken"
        )
    year = said["schooljaar"]
    if int(year[5:]) != int(year[:4]) + 1:
        raise UwlrFault(Code.MESSAGE, "element schooljaar: the years are not consecutive")
    brin = said.get("brincode")
    brin6 = brin + said.get("dependancecode", "00") if brin else None
    return School(brin6, said.get("schoolkey"), year, _moment(said["aanmaakdatum"]))


def _put_in_order(school: etree._Element) -> None:
    if school.find(f"{_LR}xsdversie") is None:
        etree.SubElement(school, f"{_LR}xsdversie").text = max(VERSIONS)
    rank = {tag: position for position, tag in enumerate(_SCHOOL_ORDER)}
    school[:] = sorted(school, key=lambda child: rank.get(str(child.tag), len(rank)))


def _moment(text: str) -> datetime:
    """The moment in UTC. XML's 24:00:00 is the midnight at the end of the day."""
    day, _, clock = text.partition("T")
    at_end = _END_OF_DAY.match(clock)
    try:
        moment = datetime.fromisoformat(f"{day}T00:00:00{clock[at_end.end() :]}" if at_end else text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=WITHOUT_OFFSET)
        return (moment + timedelta(days=1) if at_end else moment).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UwlrFault(Code.MESSAGE, "element aanmaakdatum: not a moment of the calendar") from None
