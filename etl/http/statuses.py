"""What a status says that is none of success: later, no, or that somebody else answered."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from requests import Response

from etl.errors import GiveUp, RetryLater, Unusable
from etl.http import refusals

_TOO_MANY: Final = 429
_BUSY: Final = frozenset({408, 425, _TOO_MANY})
_UNTOUCHED: Final = frozenset({425, 429})  # said before the call is looked at
_BARRED: Final = frozenset({401, 403, 406, 418, 451})

_BROKEN: Final = "the system failed; if that lasts, its administrator has to look at its error log"
_UNREACHED: Final = (
    "what stands before the system gets no answer from it; if that lasts, its administrator has to look"
)
_LATER: Final = {
    408: "the system waited too long for the question: try again",
    425: "the system is not ready yet: try again",
    429: "the system asks for fewer calls: try again later",
    502: _UNREACHED,
    503: "the system is in maintenance or overloaded: try again later",
    504: _UNREACHED,
}


class Refused(Unusable):
    """The system said no with an HTTP status; a caller may know better what this one means."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class NotLookedAt(RetryLater):
    """The system said "later" before it looked at the call."""


class TooMany(NotLookedAt):
    """The system asks for fewer calls, or has given all that it gives for a while."""


def refused(
    message: str, base_url: str, path: str, response: Response, body: bytes, hint: str | None, silent: bool
) -> GiveUp | RetryLater:
    """The error to raise for an answer: ``message`` and what it means. ``hint``: what the status means to the system;
    ``silent``: it refuses without a body.
    """
    status = response.status_code
    if status in _BUSY or status >= 500:
        later = TooMany if status == _TOO_MANY else NotLookedAt if status in _UNTOUCHED else RetryLater
        return later(f"{message}: {_LATER.get(status, _BROKEN)}", _come_back(response.headers))
    if 300 <= status < 400:
        where = refusals.moved(base_url, path.lstrip("/"), response.headers.get("Location", ""))
        return Refused(f"{message}, {where}", status)
    if refusals.asks_for_tls(status, body):
        return GiveUp(f"{message}: {refusals.TLS_ASKED}")
    if status in _BARRED and refusals.is_from_before(response.headers, body, silent):
        hint = refusals.BEFORE
    return Refused(f"{message}: {hint}" if hint else message, status)


def _come_back(headers: Mapping[str, str]) -> float | None:
    """In how many seconds the system says that it will answer: by Retry-After, or by when a limit begins anew."""
    told, anew = headers.get("Retry-After", ""), headers.get("X-Rate-Limit-Reset", "")
    if told or not anew:
        return _retry_after(told)
    return _until(anew)


def moment_of(written: str) -> datetime | None:
    """A moment that a header names, as ISO 8601 or as epoch seconds; None where it is neither."""
    try:
        at = (
            datetime.fromtimestamp(float(written), UTC)
            if written.isdecimal()
            else datetime.fromisoformat(written)
        )
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _until(written: str) -> float | None:
    """Seconds until a moment."""
    at = moment_of(written)
    return None if at is None else max(0.0, (at - datetime.now(UTC)).total_seconds())


def _retry_after(value: str) -> float | None:
    """Retry-After in seconds; it comes as seconds or as a date (RFC 9110, 10.2.3)."""
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
