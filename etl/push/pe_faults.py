"""What the faults of PE-Online mean and what is done about each (spec/pe_online.md, Answer)."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from etl.transform.point_claims import ALREADY_CLAIMED, AMBIGUOUS_LEARNER, OTHER_COURSE

# Faults of a whole call: nothing of it was processed.
ACCOUNT_REFUSED, TOO_MANY_ROWS, STRUCTURE_REFUSED = "400", "500", "505"
CALL_FAULTS: Final = frozenset({ACCOUNT_REFUSED, TOO_MANY_ROWS, STRUCTURE_REFUSED})


class Policy(Enum):
    """What becomes of a row that PE-Online did not accept."""

    RETRY = "offered again later, within the age limit"
    REJECT = "rejected until its mapping or number changes, or a person has it sent again"
    REGISTERED = "registered already: the points are there"


@dataclass(frozen=True)
class Fault:
    """A row fault: how it is recognised, what it means in plain words, what is done."""

    code: str
    pattern: re.Pattern[str]
    policy: Policy
    meaning: str


def _fault(code: str, pattern: str, policy: Policy, meaning: str) -> Fault:
    return Fault(code, re.compile(pattern, re.IGNORECASE | re.DOTALL), policy, meaning)


_UNKNOWN_NL: Final = r"(onbekend|niet (gevonden|bekend)|bestaat niet)"
_ABSENT_NL: Final = r"(niet (opgegeven|ingevuld|meegegeven|gevuld)|ontbreekt|verplicht|leeg)"

# The first that matches counts: from the particular to the general.
FAULTS: Final = (
    _fault(
        "course_not_unique",
        r"ERROR1020|niet (uniek|eenduidig)",
        Policy.REJECT,
        "The course code is not unique in the account.",
    ),
    _fault(
        "course_unknown",
        rf"ERROR1021|niet geaccrediteerd|(?<!voor )cursus \S+ (is )?{_UNKNOWN_NL}",
        Policy.RETRY,
        "The course is unknown, or not accredited by this profession group.",
    ),
    _fault("edition_missing", r"ERROR1022", Policy.REJECT, "The edition of a classroom course is missing."),
    _fault(
        "mandate_missing",
        r"ERROR1030|reseller|machtig|mandaat",
        Policy.REJECT,
        "The profession group or provider gave no mandate to register attendance for this course.",
    ),
    _fault(
        "person_unknown",
        rf"ERROR1050|(?<!voor )persoon \S+ (is )?{_UNKNOWN_NL}|{_UNKNOWN_NL}e? (persoon|relatienummer)",
        Policy.RETRY,
        "The person is not known in this register.",
    ),
    _fault(
        "already_registered",
        r"(deelname|aanwezigheid|punten).{0,60}\b(reeds|al) (geregistreerd|verwerkt|bijgeschreven)",
        Policy.REGISTERED,
        "The attendance was registered already.",
    ),
    _fault("edition_missing", rf"uitvoering (is )?{_ABSENT_NL}", Policy.REJECT, "The edition is missing."),
    _fault("edition_fault", r"uitvoering|editie", Policy.REJECT, "The edition is unknown or not allowed."),
    _fault("meeting_fault", r"bijeenkomst", Policy.REJECT, "The meeting is missing, unknown or not allowed."),
    _fault("module_missing", rf"module (is )?{_ABSENT_NL}", Policy.REJECT, "The module is missing."),
    _fault("module_fault", r"module", Policy.REJECT, "The module is unknown or not allowed."),
    _fault(
        "date_outside_period",
        r"datum.*(buiten|niet binnen|periode|termijn)",
        Policy.REJECT,
        "The date lies outside the accreditation or registration period.",
    ),
    _fault("date_fault", r"datum|enddate", Policy.REJECT, "The date is missing or not allowed."),
    _fault("person_missing", rf"persoon.*{_ABSENT_NL}|geen persoon", Policy.REJECT, "No person was given."),
)
UNCLASSIFIED: Final = _fault("not_classified", "", Policy.REJECT, "PE-Online gave a reason of its own.")

# What the ledger says of rows that PE-Online gave no reason for.
INVALID_ROW: Final = "invalid_row"
OUTCOME_UNKNOWN: Final = "outcome_unknown"
NO_LONGER_ACCREDITED: Final = "no_longer_accredited"
NO_LONGER_PASSED: Final = "no_longer_passed"
NUMBER_CHANGED: Final = "number_changed"
# Reasons that ask nobody to do anything: the points are claimed, or there is nothing to claim any more.
NOTHING_TO_DO: Final = (NO_LONGER_ACCREDITED, NO_LONGER_PASSED, ALREADY_CLAIMED)
MEANINGS: Final = {
    INVALID_ROW: "PE-Online refuses the structure of this row.",
    OUTCOME_UNKNOWN: "The answer of PE-Online was lost; whether the row was processed is not known.",
    NO_LONGER_ACCREDITED: "No open accreditation of an active profession group covers this result any more.",
    NO_LONGER_PASSED: "The course counts as passed no more; nothing was sent.",
    NUMBER_CHANGED: "The points were accepted under a relation number that was changed since, and stand there. Have "
    "PE-Online move them (then: etl pe settle --registered), or send them again under the new number (etl pe resend "
    "--status accepted).",
    AMBIGUOUS_LEARNER: "More than one client has, or had, this relation number: correct client_numbers.csv, for a "
    "number belongs to one person. Nobody is guessed.",
    OTHER_COURSE: "This pass is, or was, sent under another PE course or module. It is offered under this one only "
    "when a person says so: etl pe resend --status withheld.",
    ALREADY_CLAIMED: "The points of this accreditation period were claimed by an earlier pass.",
}


def classify(number: str, text: str) -> Fault:
    """The fault that a code or, without one, the Dutch text of a row speaks of."""
    words = f"{number} {text}"
    return next((fault for fault in FAULTS if fault.pattern.search(words)), UNCLASSIFIED)
