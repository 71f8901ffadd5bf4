"""Answers of PE-Online: which row each part of a Summary is about (spec/pe_online.md, Answer).

No row number and no reference of ours can be trusted, so rows are found by content. A call holds each person
once, which makes that content unambiguous.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from lxml import etree

from etl.push import pe_faults
from etl.push.pe_faults import OUTCOME_UNKNOWN, Fault, Policy
from etl.push.pe_payload import RESENDABLE_TYPES, Attendance

_DUTCH_TIME: Final = ZoneInfo("Europe/Amsterdam")
_DUTCH_DATE: Final = re.compile(r"\b(\d{1,2})-(\d{1,2})-(\d{4})\b")
_LINE: Final = re.compile(r"\bregel\s+\d+", re.IGNORECASE)
# A number that follows one of these words is not a person's, however much it looks like one.
_COURSE_NUMBERS: Final = re.compile(r"\b(cursus|module|uitvoering|editie|bijeenkomst)\s+\S+", re.IGNORECASE)
_PERSON_NUMBER: Final = re.compile(r"\bpersoon\s+\S+", re.IGNORECASE)


@dataclass(frozen=True)
class Refusal:
    """One Error of a Summary."""

    number: str
    text: str


@dataclass(frozen=True)
class Accepted:
    """One Accepted of a Summary."""

    person: str
    course: str
    date: str


@dataclass(frozen=True)
class Summary:
    """A whole answer; a count that could not be read is None and adds up with nothing."""

    accepted_rows: int | None
    rejected_rows: int | None
    total_rows: int | None
    refusals: tuple[Refusal, ...]
    accepted: tuple[Accepted, ...]

    @property
    def call_fault(self) -> str | None:
        """The error of the call as a whole (nothing was processed), if that is what was answered."""
        found = [refusal.number for refusal in self.refusals if refusal.number in pe_faults.CALL_FAULTS]
        return found[0] if found and not self.accepted and not self.accepted_rows else None

    def adds_up(self, sent: int) -> bool:
        """Do the counts of the answer agree with each other, with its content and with what was sent?"""
        if self.accepted_rows is None or self.rejected_rows is None:
            return False
        total = self.accepted_rows + self.rejected_rows
        return total == self.total_rows == sent and len(self.accepted) <= self.accepted_rows


@dataclass(frozen=True)
class Outcome:
    """What became of one row, and the status it gets in the ledger."""

    status: str
    reason: str | None = None
    explanation: str | None = None
    retry: bool = False
    error_code: str | None = None
    not_processed: bool = False  # PE-Online did not look at the row: it is as it was


ACCEPTED: Final = Outcome("accepted")
UNKNOWN: Final = Outcome("unknown", OUTCOME_UNKNOWN, pe_faults.MEANINGS[OUTCOME_UNKNOWN])


def read(element: etree._Element) -> Summary:
    """Read a Summary; elements are found by local name, whatever namespace they stand in."""
    found: dict[str, list[etree._Element]] = defaultdict(list)
    for child in element.iter(etree.Element):
        found[etree.QName(child).localname].append(child)
    return Summary(
        accepted_rows=_count(found["accepted_rows"]),
        rejected_rows=_count(found["rejected_rows"]),
        total_rows=_count(found["total_rows"]),
        refusals=tuple(Refusal(_text(one, "errorNR"), _text(one, "errorMsg")) for one in found["Error"]),
        accepted=tuple(
            Accepted(_text(one, "person"), _text(one, "course"), _text(one, "date"))
            for one in found["Accepted"]
        ),
    )


def match(rows: Sequence[Attendance], summary: Summary) -> dict[int, Outcome]:
    """The outcome of every row of a call; a row that the answer does not clearly speak of is unknown.

    A person that stands twice in ``rows`` makes the answer ambiguous for both.
    """
    outcomes = unknown(rows)
    if not summary.adds_up(len(rows)):
        return outcomes
    persons = Counter(row.relation_number for row in rows)
    rows = [row for row in rows if persons[row.relation_number] == 1]
    accepted = _accepted(rows, summary.accepted)
    refused = _refused([row for row in rows if row.attendance_id not in accepted], summary.refusals)
    if len(refused) <= (summary.rejected_rows or 0):
        outcomes |= {attendance_id: _outcome(errors, rows) for attendance_id, errors in refused.items()}
    return outcomes | dict.fromkeys(accepted, ACCEPTED)


def unknown(rows: Iterable[Attendance]) -> dict[int, Outcome]:
    """The answer was lost: every row of the call is unknown."""
    return {row.attendance_id: UNKNOWN for row in rows}


def _accepted(rows: Sequence[Attendance], entries: Sequence[Accepted]) -> set[int]:
    by_person: dict[str, list[Accepted]] = defaultdict(list)
    for entry in entries:
        by_person[entry.person].append(entry)
    return {
        row.attendance_id
        for row in rows
        if any(_speaks_of(entry, row) for entry in by_person[row.relation_number])
    }


def _speaks_of(entry: Accepted, row: Attendance) -> bool:
    # A course that was offered by the provider's own code may come back by its number.
    by_number = row.external_course_code is not None and entry.course.isdigit()
    if not (by_number or entry.course in (row.pe_course_id, row.external_course_code)):
        return False
    # The classroom types are offered without a date: the service fills in the meeting's.
    return row.course_type not in RESENDABLE_TYPES or _iso_day(entry.date) in _days(row)


def _refused(left: Sequence[Attendance], refusals: Sequence[Refusal]) -> dict[int, list[Refusal]]:
    """Errors by the numbers in their text: the person's, else the course's and date's where that is enough.

    Many texts name no person. Equal errors about as many rows are told apart by nothing, and need not be.
    """
    about: dict[frozenset[int], list[Refusal]] = defaultdict(list)
    for refusal in refusals:
        about[_candidates(refusal, left)].append(refusal)
    found: dict[int, list[Refusal]] = {}
    for candidates, errors in sorted(about.items(), key=lambda pair: (len(pair[0]), sorted(pair[0]))):
        rows = candidates - found.keys()
        texts = {_unnumbered(error.text) for error in errors}
        if len(candidates) == 1 or (len(rows) == len(errors) and len(texts) == 1):
            found |= dict.fromkeys(rows, errors)
    return found


def _candidates(refusal: Refusal, left: Sequence[Attendance]) -> frozenset[int]:
    """The rows that an error can be about: as few as its text allows."""
    text = _unnumbered(refusal.text)
    person_words, course_words = _COURSE_NUMBERS.sub(" ", text), _PERSON_NUMBER.sub(" ", text)
    rows = [row for row in left if _mentions(person_words, row.relation_number)]
    if not rows:
        rows = [row for row in left if _mentions(course_words, _course(row))] or [*left]
        if found := _DUTCH_DATE.search(refusal.text):
            rows = [row for row in rows if _iso_day(found[0]) in _days(row)] or rows
    return frozenset(row.attendance_id for row in rows)


def _outcome(refusals: Sequence[Refusal], rows: Sequence[Attendance]) -> Outcome:
    """One outcome for all errors of a row; where they differ, the one that asks for a person."""
    order = (Policy.REGISTERED, Policy.RETRY, Policy.REJECT)
    judged = [(pe_faults.classify(refusal.number, refusal.text), refusal) for refusal in refusals]
    judged.sort(key=lambda pair: (order.index(pair[0].policy), pair[0].code, pair[1].text))
    fault, refusal = judged[-1]
    status = "accepted" if fault.policy is Policy.REGISTERED else "rejected"
    return Outcome(
        status, fault.code, _explained(fault, refusal, rows), fault.policy is Policy.RETRY, refusal.number
    )


def _explained(fault: Fault, refusal: Refusal, rows: Sequence[Attendance]) -> str:
    return f"{fault.meaning} PE-Online: {_masked(refusal, rows)}"


def _masked(refusal: Refusal, rows: Sequence[Attendance]) -> str:
    text = refusal.text
    for row in rows:
        text = _whole(row.relation_number).sub("***", text)
    return text


def _course(row: Attendance) -> str:
    return row.pe_course_id or row.external_course_code or ""


def _mentions(text: str, number: str) -> bool:
    return bool(number) and bool(_whole(number).search(text))


def _whole(number: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(number)}(?![\w-])")


def _unnumbered(text: str) -> str:
    return _LINE.sub(" ", _DUTCH_DATE.sub(" ", text))


def _days(row: Attendance) -> set[str]:
    """The day of the row in its own zone, and in PE-Online's, should that be the one it echoes."""
    ended = datetime.fromisoformat(row.end_date)
    return {ended.date().isoformat(), ended.astimezone(_DUTCH_TIME).date().isoformat()}


def _iso_day(date: str) -> str:
    found = _DUTCH_DATE.match(date)
    return f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}" if found else date[:10]


def _count(found: Sequence[etree._Element]) -> int | None:
    text = (found[0].text or "").strip() if len(found) == 1 else ""
    return int(text) if text.isascii() and text.isdigit() else None


def _text(parent: etree._Element, name: str) -> str:
    for child in parent.iter(etree.Element):
        if etree.QName(child).localname == name:
            return str(child.xpath("string()")).strip()
    return ""
