"""What the faults of ILIAS's SOAP server mean; its sentences are in the source of ILIAS.

A fault's text is never repeated: only the sentences that are known here are told, in our own words.
"""

from typing import Final

from etl.errors import CapabilityMissing, EtlError, GiveUp, Unusable


class SessionEnded(GiveUp):
    """The session is none any more: whoever logs in again may go on."""


_SESSION: Final = ("session invalid", "session not valid", "no session id given")
_SITE: Final = {
    "soap is not enabled": "SOAP is not enabled for this client: an administrator switches it on"
    " (Administration, Web Services, SOAP)",
    "no client given": "the client ID is missing or none of the site: correct it in the connection",
    "user agreement no accepted": "the account has to accept the terms of service: log in once with it in a browser",
}
_RIGHTS: Final = {
    "check access failed": "the account lacks the right to read this",
    "no permission": "the account lacks the right to read this",
    "missing permission": "the account lacks the right to read this",
    "permission denied": "the account lacks the right to read this",
}
_OBJECT: Final = {
    "trashed": "it lies in the trash",
    "no test found": "there is no test with this reference",
    "no object for id": "there is no object with this reference",
}


def meaning(where: str, text: str, code: str) -> EtlError:
    """The error that a fault of a call is, by what to do next."""
    said = text.casefold()
    if any(sentence in said for sentence in _SESSION):
        return SessionEnded(f"{where}: the session ended, also right after a login")
    for sentence, hint in _SITE.items():
        if sentence in said:
            return GiveUp(f"{where}: {hint}")
    for sentence, hint in _RIGHTS.items():
        if sentence in said:
            return CapabilityMissing(f"{where}: {hint}")
    for sentence, hint in _OBJECT.items():
        if sentence in said:
            return Unusable(f"{where}: {hint}")
    return Unusable(f"{where}: ILIAS answered with a fault that is not known here (code {code})")


def login_refused(where: str, text: str, problem: EtlError) -> EtlError:
    """The error that a fault of a login is: whatever is said of neither client nor SOAP is about the account."""
    if not isinstance(problem, Unusable | SessionEnded | CapabilityMissing):
        return problem
    if "client" in text.casefold():
        return GiveUp(f"{where}: {_SITE['no client given']}")
    return GiveUp(f"{where}: the login was refused: user name, password, or an account that is not active")
