"""What to do next for each error that Moodle answers with (docs/connectors/moodle.md, Errors).

Nearly every failure comes as HTTP 200 with an error object, so the errorcode decides, never the status.
"""

import re
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET

from etl.errors import CapabilityMissing, EtlError, GiveUp, RejectRecord, RetryLater

About = Literal["site", "course", "activity", "learner"]

GIVE_UP: Final = {
    "invalidtoken": "the token is not valid (unknown, or expired and removed by the site)",
    "accessexception": "the token expired, its network address is not allowed,"
    " or the user or the function is not in the service",
    "nopermissions": "the service account lacks a capability",
    "servicenotavailable": "the web service does not exist or is switched off",
    "invalidlogin": "user name or password is wrong, or the account is suspended",
    "usernotallowed": "the account is not among the allowed users of the service",
    "missingparam": "user name, password or service is missing",
    "enablewsdescription": "web services are switched off",
    "sslonlyaccess": "the site answers over https only",
    "sitepolicynotagreed": "the service account has to agree to the site's policy",
    "forcepasswordchangenotice": "the service account has to change its password",
    "passwordisexpired": "the password of the service account has expired",
    "usernotconfirmed": "the service account is not confirmed",
    "cannotcreatetoken": "the service account may not create a token: use a token instead",
    "restoredaccountresetpassword": "the service account has to set a new password",
}
TOKEN_REFUSED: Final = frozenset({"invalidtoken", "accessexception"})
# Of accessexception: what stands in debuginfo, which the site gives only while it shows messages of its debugging.
_ACCESS: Final = (
    ("token expired", "the token has expired: make a new one"),
    ("service expired", "the account's access to the service has expired: extend it"),
    (
        " is not supported - check this",
        "the token or the account is bound to other network addresses: add this machine's",
    ),
    ("missing capability: webservice/", "the account's role lacks webservice/rest:use: allow it"),
    (
        "Access to the function",
        "the account is not among the authorised users of the service, or the function is not in the service,"
        " or the service is bound to other network addresses or another time: look at the service's settings",
    ),
)
_DATABASE: Final = "the site cannot use its database; if that lasts, its administrator has to look"
RETRY: Final = {
    "dbconnectionfailed": _DATABASE,
    "dmlreadexception": _DATABASE,
    "dmlwriteexception": _DATABASE,
    "sitemaintenance": "the site is in maintenance mode: try again when that is over",
    "upgraderunning": "the site is being upgraded: try again when that is over",
    "ex_unabletolock": "the site was busy with a lock: try again",
}
REJECT: Final = {
    "invalidrecord": "course_gone",
    "invalidcourseid": "course_gone",
    "requireloginerror": "access_denied",
    "errorcoursecontextnotvalid": "access_denied",
    "cannotviewreport": "access_denied",
    "nopermissiontoviewgrades": "access_denied",
    "notingroup": "access_denied",  # of a course in separate groups, as the next one
    "accessdenied": "access_denied",
    "invaliduser": "learner_gone",
    "userdeleted": "learner_gone",
    "usernotenroled": "not_enrolled",
    "nocriteriaset": "no_completion_criteria",
}
_ACTIVITY_GONE: Final = frozenset({"invalidrecord", "invalidrecordunknown", "invalidcoursemodule"})


class TokenRefused(GiveUp):
    """The token is refused; a new one may help where user name and password are known."""


class ErrorAnswer(msgspec.Struct):
    """The keys that only an error object has; functions and login/token.php spell it differently."""

    exception: Any = UNSET
    errorcode: Any = UNSET
    error: Any = UNSET
    message: Any = UNSET
    debuginfo: Any = UNSET

    @property
    def is_error(self) -> bool:
        """Whether this is an error at all; the errorcode may be missing."""
        return any(value is not UNSET for value in (self.exception, self.errorcode, self.error))


def error_of(call: str, answer: ErrorAnswer, about: About) -> EtlError:
    """The error to raise for an error object.

    An unknown code gives up where the whole site was asked, and rejects where a course, activity or learner
    was: one course that breaks in a way nobody has seen yet must not keep back the results of the others.
    """
    code = answer.errorcode if isinstance(answer.errorcode, str) else ""
    # Some plugins put whole sentences there, with what a person typed.
    shown = code if re.fullmatch(r"[A-Za-z0-9_]{1,60}", code) else "without a usable errorcode"
    if code in RETRY:
        return RetryLater(f"{call}: {code}: {RETRY[code]}")
    if code in TOKEN_REFUSED:
        return TokenRefused(f"{call}: {code}: {_refusal(code, answer)}")
    if code == "nopermissions":
        return CapabilityMissing(f"{call}: {code}: {GIVE_UP[code]}")
    if code in GIVE_UP:
        return GiveUp(f"{call}: {code}: {GIVE_UP[code]}")
    if code.startswith("wsaccessuser"):
        return GiveUp(f"{call}: {shown}: the service account is suspended, deleted, expired or not confirmed")
    if code == "invalidrecord" and "external_functions" in str(answer.message):
        return GiveUp(f"{call}: the site does not have this function")
    if about == "activity" and code in _ACTIVITY_GONE:
        return RejectRecord("activity_missing", f"{call}: {shown}")
    if code in REJECT and about != "site":
        return RejectRecord(REJECT[code], f"{call}: {shown}")
    if about == "site":
        return GiveUp(f"{call}: error {shown}")
    return RejectRecord("source_error", f"{call}: error {shown}")


def _refusal(code: str, answer: ErrorAnswer) -> str:
    """Why a token is refused, told by fixed phrases of Moodle; nothing of what the site says is repeated."""
    said = str(answer.debuginfo) if code == "accessexception" else ""
    return next((meaning for phrase, meaning in _ACCESS if phrase in said), GIVE_UP[code])
