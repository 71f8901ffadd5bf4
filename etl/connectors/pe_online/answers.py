"""Answers of PE-Online: which row each part of a Summary is about (docs/connectors/pe_online.md, Answer).

No row number and no reference of ours can be trusted, so rows are found by content. A call holds each person
once, which makes that content unambiguous.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from lxml import etree

from etl.connectors.pe_online import faults as pe_faults
from etl.connectors.pe_online import texts as pe_texts
from etl.connectors.pe_online.faults import PeFault, Policy
from etl.connectors.pe_online.payload import RESENDABLE_TYPES, Attendance
from etl.engine.ledger import OUTCOME_UNKNOWN
from etl.engine.outcomes import Outcome
from etl.transform.reasons import reason

_DUTCH_TIME: Final = ZoneInfo("Europe/Amsterdam")


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
class RowOutcome(Outcome):
    """What an answer says became of a row."""

    unclear: bool = False  # surely rejected, but for which of several reasons the answer does not tell


ACCEPTED: Final = RowOutcome("accepted")
NOT_ADDED_UP: Final = "the counts of the answer do not agree with what was sent"
NOT_MENTIONED: Final = "the answer does not say what became of the row"
UNKNOWN: Final = RowOutcome("unknown", OUTCOME_UNKNOWN, reason(OUTCOME_UNKNOWN))


def read(element: etree._Element) -> Summary:
    """Read a Summary; elements are found by local name, whatever namespace they stand in."""
    return Summary(
        accepted_rows=_count(element, "accepted_rows"),
        rejected_rows=_count(element, "rejected_rows"),
        total_rows=_count(element, "total_rows"),
        refusals=tuple(Refusal(*_texts(one, "errorNR", "errorMsg")) for one in _all(element, "Error")),
        accepted=tuple(
            Accepted(*_texts(one, "person", "course", "date")) for one in _all(element, "Accepted")
        ),
    )


def match(rows: Sequence[Attendance], summary: Summary) -> dict[int, RowOutcome]:
    """The outcome of every row of a call; a row that the answer does not clearly speak of is unknown.

    A person that stands twice in ``rows`` makes the answer ambiguous for both. Where every accepted row is known, the
    others are rejected, also when their errors cannot be told apart.
    """
    if not summary.adds_up(len(rows)):
        return unknown(rows, NOT_ADDED_UP)
    outcomes = unknown(rows, NOT_MENTIONED)
    persons = Counter(row.relation_number for row in rows)
    alone = [row for row in rows if persons[row.relation_number] == 1]
    accepted = _accepted(alone, summary.accepted)
    refused = _refused([row for row in alone if row.item_id not in accepted], summary.refusals)
    if len(accepted) == summary.accepted_rows:
        unclear = _unclear(summary.refusals, rows)
        outcomes |= {row.item_id: unclear for row in rows}
    if len(refused) <= (summary.rejected_rows or 0):
        outcomes |= {
            row.item_id: _outcome(refused[row.item_id], row, rows) for row in alone if row.item_id in refused
        }
    return outcomes | dict.fromkeys(accepted, ACCEPTED)


def unknown(
    rows: Iterable[Attendance], cause: str, error_code: str = "unclear_answer"
) -> dict[int, RowOutcome]:
    """The answer was lost, or does not tell: every row of the call is unknown."""
    words = f"{UNKNOWN.explanation} Cause: {cause}."
    lost = replace(UNKNOWN, explanation=words, cause=cause, error_code=error_code)
    return {row.item_id: lost for row in rows}


def _accepted(rows: Sequence[Attendance], entries: Sequence[Accepted]) -> set[int]:
    by_person: dict[str, list[Accepted]] = defaultdict(list)
    for entry in entries:
        by_person[entry.person].append(entry)
    return {
        row.item_id
        for row in rows
        for entry in by_person.get(row.relation_number, ())
        if _speaks_of(entry, row)
    }


def _speaks_of(entry: Accepted, row: Attendance) -> bool:
    # A course that was offered by the provider's own code may come back by its number.
    by_number = row.external_course_code is not None and entry.course.isdigit()
    if not (by_number or entry.course in (row.pe_course_id, row.external_course_code)):
        return False
    # The classroom types are offered without a date: the service fills in the meeting's.
    day = _iso_day(entry.date)
    return row.course_type not in RESENDABLE_TYPES or day == row.end_date[:10] or day in _days(row)


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
        texts = {pe_texts.unnumbered(error.text) for error in errors}
        if len(candidates) == 1 or (len(rows) == len(errors) and len(texts) == 1):
            found |= dict.fromkeys(rows, errors)
    return found


def _candidates(refusal: Refusal, left: Sequence[Attendance]) -> frozenset[int]:
    """The rows that an error can be about: as few as its text allows."""
    rows = [row for row in left if pe_texts.mentions_person(refusal.text, row.relation_number)]
    if not rows:
        rows = [row for row in left if pe_texts.mentions_course(refusal.text, _course(row))] or [*left]
        if found := pe_texts.DUTCH_DATE.search(refusal.text):
            rows = [row for row in rows if _iso_day(found[0]) in _days(row)] or rows
    return frozenset(row.item_id for row in rows)


def _outcome(refusals: Sequence[Refusal], row: Attendance, rows: Sequence[Attendance]) -> RowOutcome:
    """One outcome for all errors of a row; where they differ, the one that asks for a person."""
    order = (Policy.REGISTERED, Policy.RETRY, Policy.REJECT)
    judged = [
        (pe_faults.classify(refusal.number, pe_texts.without_ids(refusal.text, row)), refusal)
        for refusal in refusals
    ]
    judged.sort(key=lambda pair: (order.index(pair[0].policy), pair[0].code, pair[1].text))
    fault, refusal = judged[-1]
    status = "accepted" if fault.policy is Policy.REGISTERED else "rejected"
    return RowOutcome(
        status, fault.code, _explained(fault, refusal, rows), fault.policy is Policy.RETRY, refusal.number
    )


def _explained(fault: PeFault, refusal: Refusal, rows: Sequence[Attendance]) -> str:
    return f"{fault.meaning} PE-Online: {pe_texts.masked(refusal.text, rows)}"


def _unclear(refusals: Sequence[Refusal], rows: Sequence[Attendance]) -> RowOutcome:
    texts = sorted({pe_texts.unnumbered(pe_texts.masked(refusal.text, rows)) for refusal in refusals})
    words = (
        f"Rejected for one of {len(texts)} reasons. PE-Online: {' | '.join(texts)}"
        if texts
        else "Rejected without a reason."
    )
    return RowOutcome("rejected", pe_faults.UNCLASSIFIED.code, words, retry=True, unclear=True)


def _course(row: Attendance) -> str:
    return row.pe_course_id or row.external_course_code or ""


def _days(row: Attendance) -> set[str]:
    """The day of the row in its own zone, and in PE-Online's, should that be the one it echoes."""
    ended = datetime.fromisoformat(row.end_date)
    return {ended.date().isoformat(), ended.astimezone(_DUTCH_TIME).date().isoformat()}


def _iso_day(date: str) -> str:
    found = pe_texts.DUTCH_DATE.match(date)
    return f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}" if found else date[:10]


def _count(element: etree._Element, name: str) -> int | None:
    found = list(_all(element, name))
    text = (found[0].text or "").strip() if len(found) == 1 else ""
    return int(text) if text.isascii() and text.isdigit() else None


def _texts(parent: etree._Element, *names: str) -> list[str]:
    """What stands in the first element of each name, with what stands in those inside it."""
    first: dict[str, etree._Element] = {}
    for one in parent.iter(etree.Element):
        first.setdefault(one.tag.rpartition("}")[2], one)
    return [_text(first.get(name)) for name in names]


def _all(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return element.iter(f"{{*}}{name}")


def _text(element: etree._Element | None) -> str:
    if element is None:
        return ""
    return (str(element.xpath("string()")) if len(element) else element.text or "").strip()
