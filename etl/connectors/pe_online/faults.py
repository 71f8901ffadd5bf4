"""What the faults of PE-Online mean and what is done about each (docs/connectors/pe_online.md, Sentences)."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from etl.connectors.pe_online import registered
from etl.connectors.pe_online.point_claims import ALREADY_CLAIMED
from etl.connectors.pe_online.reasons import REASONS

# Faults of a whole call: nothing of it was processed.
ACCOUNT_REFUSED, TOO_MANY_ROWS, STRUCTURE_REFUSED = "400", "500", "505"
CALL_FAULTS: Final = frozenset({ACCOUNT_REFUSED, TOO_MANY_ROWS, STRUCTURE_REFUSED})


class Policy(Enum):
    """What becomes of a row that PE-Online did not accept."""

    RETRY = "offered again later, within the age limit"
    REJECT = "rejected until its mapping or number changes, or a person has it sent again"
    REGISTERED = "registered already: the points are there"


@dataclass(frozen=True)
class PeFault:
    """A row fault: its reason code, and what is done about it."""

    code: str
    policy: Policy

    @property
    def meaning(self) -> str:
        """What it means in plain words."""
        return REASONS[self.code]


def _retry(code: str) -> PeFault:
    return PeFault(code, Policy.RETRY)


def _reject(code: str) -> PeFault:
    return PeFault(code, Policy.REJECT)


PERSON_MISSING: Final = _reject("person_missing")
PERSON_UNKNOWN: Final = _retry("person_unknown")
COURSE_MISSING: Final = _reject("course_missing")
COURSE_UNKNOWN: Final = _retry("course_unknown")
COURSE_NOT_UNIQUE: Final = _reject("course_not_unique")
MODULE_MISSING: Final = _reject("module_missing")
MODULE_FAULT: Final = _reject("module_fault")
EDITION_MISSING: Final = _reject("edition_missing")
EDITION_FAULT: Final = _reject("edition_fault")
MEETING_FAULT: Final = _reject("meeting_fault")
MANDATE_MISSING: Final = _reject("mandate_missing")
DATE_OUTSIDE: Final = _reject("date_outside_period")
DATE_FAULT: Final = _reject("date_fault")
REGISTERED: Final = PeFault("already_registered", Policy.REGISTERED)
UNCLASSIFIED: Final = _retry("not_classified")

# What a sentence is about, in the order "Cursus 1 uitvoering 2 bijeenkomst 3": the last one named is at fault.
_PERSON_NL, _COURSE_NL, _MODULE_NL = r"(?:professional|persoon)", r"cursus", r"module"
_EDITION_NL, _MEETING_NL = r"(?:uitvoering|editie|edition)", r"(?:bijeenkomst|meeting)"
_ANY_NL: Final = rf"(?:{_PERSON_NL}|{_COURSE_NL}|{_MODULE_NL}|{_EDITION_NL}|{_MEETING_NL})"
_ABSENT_NL: Final = r"(?:(?<!mag )niet (?:op|mee|aan)gegeven|niet (?:in)?gevuld|ontbreekt)"
_UNKNOWN_NL: Final = r"(?:bestaat niet|(?:is )?onbekend|niet (?:gevonden|bekend))"
_AMBIGUOUS_NL: Final = r"niet (?:uniek|eenduidig)"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.DOTALL)


def _alone(word: str) -> str:
    """A word by itself, not one in an id such as PEO-MODULE-3."""
    return rf"(?<![^\s(]){word}(?![^\s),:])"


def _says(subject: str, predicate: str) -> re.Pattern[str]:
    """``predicate`` is said of ``subject``: ids and rows may stand between them, nothing else that has a fault."""
    return _pattern(rf"{_alone(subject)}(?:(?!{_alone(_ANY_NL)})[^;]){{0,80}}?{predicate}\b")


# By the parts of a sentence that are always there (docs/connectors/pe_online.md, Sentences); the first counts.
_SENTENCES: Final = (
    (_pattern(r"\bvalt (?:buiten|niet binnen)\b"), DATE_OUTSIDE),
    (_pattern(r"geen enkele beroepsgroep door de opleider gedaan|\breseller\b"), MANDATE_MISSING),
    (_pattern(r"niet (?:\(juist\) )?geaccrediteerd"), COURSE_UNKNOWN),
    (
        _pattern(rf"\b(?:end ?date|einddatum)\b.{{0,30}}(?:verplicht|niet mogelijk|mag niet|{_ABSENT_NL})"),
        DATE_FAULT,
    ),
    (_pattern(rf"{_EDITION_NL}s?\b.{{0,40}}(?:mag niet|niet toegestaan)"), EDITION_FAULT),
    (_pattern(rf"{_MEETING_NL}s?\b.{{0,40}}(?:mag niet|niet toegestaan)"), MEETING_FAULT),
    (_says(_PERSON_NL, _ABSENT_NL), PERSON_MISSING),
    (_says(_PERSON_NL, _UNKNOWN_NL), PERSON_UNKNOWN),
    (_says(_MODULE_NL, _ABSENT_NL), MODULE_MISSING),
    (_says(_MODULE_NL, rf"(?:{_UNKNOWN_NL}|{_AMBIGUOUS_NL})"), MODULE_FAULT),
    (_says(_MEETING_NL, rf"(?:{_ABSENT_NL}|{_UNKNOWN_NL}|{_AMBIGUOUS_NL})"), MEETING_FAULT),
    (_says(_EDITION_NL, _ABSENT_NL), EDITION_MISSING),
    (_says(_EDITION_NL, rf"(?:{_UNKNOWN_NL}|{_AMBIGUOUS_NL})"), EDITION_FAULT),
    (_says(_COURSE_NL, _ABSENT_NL), COURSE_MISSING),
    (_says(_COURSE_NL, _UNKNOWN_NL), COURSE_UNKNOWN),
    (_says(_COURSE_NL, _AMBIGUOUS_NL), COURSE_NOT_UNIQUE),
)
# The newer answers put a code in front of a sentence, which says more than its code does.
_CODE: Final = re.compile(r"(?:^|\bERROR ?)(1\d{3})\b", re.IGNORECASE)
_CODES: Final = {
    "1020": COURSE_NOT_UNIQUE,
    "1021": COURSE_UNKNOWN,
    "1022": EDITION_MISSING,
    "1030": MANDATE_MISSING,
    "1050": PERSON_UNKNOWN,
}

# What the ledger says of rows that PE-Online gave no reason for.
INVALID_ROW: Final = "invalid_row"
NO_LONGER_ACCREDITED: Final = "no_longer_accredited"
NO_LONGER_PASSED: Final = "no_longer_passed"
NUMBER_CHANGED: Final = "number_changed"
ACCOUNT_PAUSED: Final = "account_paused"
# Reasons that ask nobody to do anything: the points are claimed, or there is nothing to claim any more.
NOTHING_TO_DO: Final = (NO_LONGER_ACCREDITED, NO_LONGER_PASSED, ALREADY_CLAIMED)
SHARED_NUMBER: Final = (
    "More than one client has, or had, this relation number. Nobody is guessed: correct client_numbers.csv, for a "
    "number belongs to one person; where only the one before had it in error: etl pe resend --status withheld."
)


def classify(number: str, text: str) -> PeFault:
    """The fault that the text of a row speaks of, else its code; what is not known here is for a person to read."""
    words = " ".join(f"{number} {text}".split())
    if registered.says_so(text):
        return REGISTERED
    said = next((fault for pattern, fault in _SENTENCES if pattern.search(words)), None)
    if said:
        return said
    code = _CODE.search(words)
    return _CODES.get(code[1], UNCLASSIFIED) if code else UNCLASSIFIED
