"""What became of a call that writes, by the error or warning that Moodle answers (docs/connectors/moodle.md, Writing).

A call that returns was carried out. Else it raises, named by what to do next:

    NotWritten      this row was refused: the others go on; ``look_again`` where the answer does not tell everything
    GiveUp          a person must act at this site: nothing else is tried there
    RetryLater      the site could not look at it: nothing was done
    AnswerLost      nobody knows: settled by reading back before anything else
"""

import re
from typing import Final, Literal

from etl.connectors.moodle.errors import GIVE_UP, RETRY, ErrorAnswer, error_of
from etl.errors import AnswerLost, CapabilityMissing, EtlError, GiveUp, RejectRecord, RetryLater

Written = Literal["account", "enrolment", "course", "import"]

_LACKING: Final = {
    "nopermissions": GIVE_UP["nopermissions"],
    "requireloginerror": "the service account may not enter the course",
    "errorcoursecontextnotvalid": "the service account may not enter the course",
    "wsnoguestuser": "the service account is the guest account",
}
_NOT_BEGUN: Final = frozenset({"dbconnectionfailed", "sitemaintenance", "upgraderunning"})
_OF_ROW: Final[dict[Written, dict[str, str]]] = {
    "account": {
        "usernotupdateddeleted": "account_gone",
        "invaliduserid": "account_gone",
        "invaliduser": "account_gone",
        "usernotupdatedguest": "account_protected",
        "usernotupdatedadmin": "account_protected",
        "usernotupdatedremote": "account_protected",
        "useremailduplicate": "email_taken",
        "usernameexists": "username_taken",
    },
    "enrolment": {
        "invaliduser": "account_gone",
        "invaliduserid": "account_gone",
        "userdeleted": "account_gone",
        "usernotconfirmed": "account_not_confirmed",
        "invalidrecord": "course_gone",
        "invalidcourseid": "course_gone",
        "wsusercannotassign": "role_not_assignable",
        "wsnoinstance": "no_manual_enrolment",
        "wscannotenrol": "no_manual_enrolment",
    },
    "course": {
        "courseidnumbertaken": "idnumber_taken",
        "shortnametaken": "short_name_taken",
        "enddatebeforestartdate": "ends_before_start",
        "errorcatcontextnotvalid": "category_not_usable",
        "invalidrecord": "course_gone",
        "invalidcourseid": "course_gone",
    },
    "import": {"invalidrecord": "course_gone", "invalidcourseid": "course_gone"},
}
# Of invalidparameter: what debuginfo begins with, which the site gives only while it shows messages of its debugging.
_INVALID: Final = {
    "Username already exists": "username_taken",
    "Email address already exists": "email_taken",
    "Context does not exist": "course_gone",
}
_REFUSED: Final = "refused_by_moodle"


class NotWritten(RejectRecord):
    """Moodle refused this row: ``reason_code``, and the code it gave.

    ``look_again``: the answer does not tell why, or not whether it was done after all: look before believing it.
    """

    def __init__(self, reason_code: str, message: str, error_code: str, look_again: bool = False) -> None:
        super().__init__(reason_code, message)
        self.error_code = error_code
        self.look_again = look_again


def not_written(call: str, answer: ErrorAnswer, about: Written) -> EtlError:
    """The error to raise for an error object, or for the warning about the only row of a call."""
    code = answer.errorcode if isinstance(answer.errorcode, str) else ""
    known = error_of(call, answer, "course")
    refused = _OF_ROW[about].get(code)
    if code in _LACKING:
        return CapabilityMissing(f"{call}: {code}: {_LACKING[code]}")
    if isinstance(known, RetryLater) and code not in _NOT_BEGUN:
        return AnswerLost(call, f"{code}: {RETRY[code]}", code)
    if isinstance(known, RetryLater) or (isinstance(known, GiveUp) and not (refused and code in GIVE_UP)):
        return known
    if refused:
        return NotWritten(refused, f"{call}: {code}", code)
    if code == "invalidparameter":
        return _invalid(call, answer)
    shown = code if re.fullmatch(r"[A-Za-z0-9_]{1,60}", code) else "no_usable_code"
    if about == "import":
        return AnswerLost(
            call, f"error {shown}", shown
        )  # a restore that breaks off leaves what it has put there
    return NotWritten(_REFUSED, f"{call}: error {shown}", shown, look_again=True)


def _invalid(call: str, answer: ErrorAnswer) -> NotWritten:
    """Nothing was done; why, told by fixed phrases of Moodle. Nothing of what the site says is repeated."""
    code = "invalidparameter"
    said = answer.debuginfo if isinstance(answer.debuginfo, str) else ""
    if not said:
        return NotWritten(_REFUSED, f"{call}: {code}", code, look_again=True)
    found = next(
        (reason for phrase, reason in _INVALID.items() if said.startswith(phrase)), "value_not_taken"
    )
    return NotWritten(found, f"{call}: {code}", code)
