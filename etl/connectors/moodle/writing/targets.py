"""What is sent to Moodle, as the ledger knows it: each site is one account of it."""

from typing import Final

from etl.connectors.moodle.landed import SYSTEM
from etl.connectors.moodle.reasons import REASONS
from etl.connectors.moodle.writing.wishes import NOT_ACTIVE, WAITS
from etl.engine.ledger import Target

NO_LONGER: Final = "no_longer_wished"
_PEOPLE: Final = "ops.moodle_people"

ACCOUNTS: Final = Target(SYSTEM, "accounts", "account", _PEOPLE, nothing_to_do=(NO_LONGER,), reasons=REASONS)
CHANGES: Final = Target(
    SYSTEM, "account changes", "account", _PEOPLE, nothing_to_do=(NO_LONGER,), reasons=REASONS
)
ENROLMENTS: Final = Target(
    SYSTEM,
    "enrolments",
    "enrolment",
    "ops.moodle_enrolments",
    nothing_to_do=(NO_LONGER, WAITS, NOT_ACTIVE),
    releasable=(WAITS,),
    reasons=REASONS,
)
WITHDRAWALS: Final = Target(
    SYSTEM,
    "withdrawals",
    "withdrawal",
    "ops.moodle_enrolments",
    nothing_to_do=(NO_LONGER, WAITS),
    releasable=(WAITS,),
    reasons=REASONS,
)
_COURSES: Final = "ops.moodle_courses"
NOT_FOLLOWING: Final = "course_not_following"
COURSES: Final = Target(SYSTEM, "courses", "course", _COURSES, reasons=REASONS)
IMPORTS: Final = Target(SYSTEM, "imports", "course", _COURSES, reasons=REASONS)
COURSE_CHANGES: Final = Target(
    SYSTEM, "course changes", "course", _COURSES, nothing_to_do=(NOT_FOLLOWING,), reasons=REASONS
)
