"""The one place that touches HTTP for sources that answer with JSON.

Reads are repeated while the system says "later"; what writes goes out once, and is said to be lost where nobody knows
whether it was carried out.
Messages name the system, the call and the status; never a parameter, a header or a body.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from threading import Lock
from typing import Annotated, Any, Final, Self, TypeVar
from urllib.parse import urlencode

import msgspec
import requests
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    stop_any,
)
from tenacity.stop import stop_base
from urllib3.exceptions import HTTPError

from etl import settings
from etl.connections import Connection
from etl.errors import AnswerLost, GiveUp, RetryLater, Unusable
from etl.http import refusals
from etl.http.outgoing import Outgoing
from etl.http.transport import transport
from etl.http.unanswered import why
from etl.http.width import Width

CONNECT_TIMEOUT: Final = 10.0
READ_TIMEOUT: Final = 60.0  # of silence
DEADLINE: Final = (
    900.0  # for a whole call, its repetitions included: bytes that trickle in never end otherwise
)
WAIT_LIMIT: Final = 120.0
_LONGEST_WAIT: Final = 3600
_WaitLimit = Annotated[float, msgspec.Meta(ge=0, le=_LONGEST_WAIT)]
_CHUNK: Final = 64 * 1024
_ATTEMPTS: Final = 6
_LONGEST_BACK_OFF: Final = 30.0
_BUSY: Final = frozenset({408, 425, 429})
_UNTOUCHED: Final = frozenset({425, 429})  # said before the call is looked at
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
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

T = TypeVar("T")


@dataclass(frozen=True)
class Reply:
    """One answer with a status that says it was answered."""

    status: int
    content_type: str
    body: bytes
    seconds: float  # from the question to the end of the answer


class Refused(Unusable):
    """The system said no with an HTTP status; a caller may know better what this one means."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class NotLookedAt(RetryLater):
    """The system said "later" before it looked at the call."""


class Caller:
    """Calls to one system: time-outs, bounded repetition of reads, and the count of what it cost.

    ``hints``: what a status means there. ``silent``: the system itself refuses without a body. ``answers``: does it
    answer so, by a status that is none of success and a body? ``width``: how many calls at once do it good, as its
    answers tell. ``turn``: held for each call, so that callers elsewhere count too.
    """

    def __init__(
        self,
        system: str,
        base_url: str,
        *,
        hints: Mapping[int, str] | None = None,
        silent: bool = False,
        answers: Callable[[int, bytes], bool] = lambda status, body: False,
        wait_limit: float = WAIT_LIMIT,
        deadline: float = DEADLINE,
        most_at_once: int = 1,
        turn: Callable[[], AbstractContextManager[None]] = nullcontext,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.system = system
        self.width = Width(most_at_once)
        self.calls = 0
        self.bytes = 0
        self._base_url = base_url.rstrip("/")
        self._hints = hints or {}
        self._silent = silent
        self._answers = answers
        self._wait_limit = wait_limit
        self._deadline = deadline
        self._most_bytes = settings.MAX_ANSWER_BYTES.get()
        self._turn = turn
        self._sleep = sleep
        self._lock = Lock()
        self._http = transport(base_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def read(
        self,
        call: str,
        path: str,
        check: Callable[[Reply], T],
        *,
        method: str = "GET",
        read_timeout: float = READ_TIMEOUT,
        **content: Any,
    ) -> T:
        """What ``check`` makes of the answer; asked again on RetryLater (its own too) up to the wait limit.

        ``content`` goes to requests (params, data, json, headers). Only for calls that change nothing.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(RetryLater),
            wait=_wait,
            stop=stop_any(
                stop_after_attempt(_ATTEMPTS),
                stop_after_delay(self._deadline),
                _WaitedEnough(self._wait_limit),
            ),
            sleep=self._sleep,
            reraise=True,
        )

        def asked() -> T:
            try:
                reply = self._exchange(call, method, path, read_timeout, content)
                answer = check(reply)
            except RetryLater:
                self.width.refused()
                raise
            self.width.answered(call.partition(" ")[0], reply.seconds)
            return answer

        return retrying(asked)

    def write(
        self,
        call: str,
        path: str,
        check: Callable[[Reply], T],
        form: Mapping[str, str],
        *,
        read_timeout: float = READ_TIMEOUT,
    ) -> T:
        """What ``check`` makes of the answer to a form that changes something: posted once.

        RetryLater and GiveUp: it was not carried out. AnswerLost: it left, and nobody knows.
        """
        body = Outgoing(urlencode(form).encode())
        try:
            reply = self._exchange(call, "POST", path, read_timeout, {"data": body, "headers": _FORM})
        except (Refused, NotLookedAt):
            raise
        except (RetryLater, Unusable) as problem:
            self.width.refused()
            if not body.left:
                raise
            where = f"{self.system}: {call}"
            raise AnswerLost(where, str(problem).removeprefix(f"{where}: "), "no_answer") from None
        self.width.answered(call.partition(" ")[0], reply.seconds)
        return check(reply)

    def _exchange(
        self, call: str, method: str, path: str, read_timeout: float, content: Mapping[str, Any]
    ) -> Reply:
        with self._turn():
            begun = time.monotonic()
            response, body = self._answer(call, method, path, read_timeout, content)
            seconds = time.monotonic() - begun
        if not 200 <= response.status_code < 300 and not self._answers(response.status_code, body):
            raise self._refused(call, path, response, body)
        return Reply(response.status_code, response.headers.get("Content-Type", ""), body, seconds)

    def _answer(
        self, call: str, method: str, path: str, read_timeout: float, content: Mapping[str, Any]
    ) -> tuple[requests.Response, bytes]:
        url = f"{self._base_url}/{path.lstrip('/')}"
        timeout = (CONNECT_TIMEOUT, read_timeout)
        try:
            with self._http.request(
                method, url, timeout=timeout, allow_redirects=False, stream=True, **content
            ) as response:
                body = self._body(call, response)
        except ValueError:  # what requests and urllib make of an address that is none
            raise GiveUp(f"{self.system}: {call}: the connection's host is not a valid address") from None
        except (requests.RequestException, HTTPError) as error:
            raise self._not_answered(call, error) from None  # its text may hold the parameters
        finally:
            self._count(0)
        self._count(len(body), calls=0)
        return response, body

    def _body(self, call: str, response: requests.Response) -> bytes:
        """The answer's body, unpacked as it comes: never more of it than is taken, and not for ever."""
        body, until = BytesIO(), time.monotonic() + self._deadline
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            if body.tell() + len(chunk) > self._most_bytes:
                raise Unusable(
                    f"{self.system}: {call}: the answer is larger than {self._most_bytes} bytes unpacked; "
                    f"if that is right, raise {settings.MAX_ANSWER_BYTES}"
                )
            if time.monotonic() > until:
                raise RetryLater(f"{self.system}: {call}: no complete answer in {self._deadline:.0f} seconds")
            body.write(chunk)
        return body.getvalue()

    def _count(self, size: int, calls: int = 1) -> None:
        with self._lock:
            self.calls += calls
            self.bytes += size

    def _not_answered(self, call: str, error: Exception) -> GiveUp | RetryLater:
        found = why(error, self._base_url)
        message = f"{self.system}: {call}: no complete answer: {found.said}"
        return GiveUp(message) if found.needs_person else RetryLater(message)

    def _refused(self, call: str, path: str, response: requests.Response, body: bytes) -> GiveUp | RetryLater:
        status = response.status_code
        message = f"{self.system}: {call}: HTTP {status}"
        if status in _BUSY or status >= 500:
            message += f": {_LATER.get(status, _BROKEN)}"
            later = NotLookedAt if status in _UNTOUCHED else RetryLater
            return later(message, _come_back(response.headers))
        if 300 <= status < 400:
            where = refusals.moved(self._base_url, path.lstrip("/"), response.headers.get("Location", ""))
            return Refused(f"{message}, {where}", status)
        if refusals.asks_for_tls(status, body):
            return GiveUp(f"{message}: {refusals.TLS_ASKED}")
        hint = self._hints.get(status)
        if status in _BARRED and refusals.is_from_before(response.headers, body, self._silent):
            hint = refusals.BEFORE
        return Refused(f"{message}: {hint}" if hint else message, status)


def wait_limit(connection: Connection) -> float:
    """Seconds to wait in all, in one call, for a site that says "later": ``wait_limit`` of the extra."""
    given = connection.extra.get("wait_limit", WAIT_LIMIT)
    try:
        return msgspec.convert(given, _WaitLimit, strict=False)  # a form or a URI gives numbers as text
    except msgspec.ValidationError:
        where = f"connection {connection.conn_id}"
        raise GiveUp(
            f"{where}: extra wait_limit is not a number of seconds from 0 to {_LONGEST_WAIT}"
        ) from None


class Client:
    """What every client of a source has: its caller, and the count of what that cost."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._system = caller.system

    @property
    def width(self) -> Width:
        """How many calls at once do the system good."""
        return self._caller.width

    @property
    def calls(self) -> int:
        """How many requests were made."""
        return self._caller.calls

    @property
    def bytes(self) -> int:
        """How many bytes of answers came in."""
        return self._caller.bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._caller.close()


class _WaitedEnough(stop_base):
    """Stops before a wait that would go over the limit: the next run, not this one, waits longer."""

    def __init__(self, limit: float) -> None:
        self._limit = limit

    def __call__(self, retry_state: RetryCallState) -> bool:
        return retry_state.idle_for + retry_state.upcoming_sleep > self._limit


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, RetryLater) else None
    back_off = min(2.0 ** (state.attempt_number - 1), _LONGEST_BACK_OFF)
    return max(asked or 0.0, back_off)


def _come_back(headers: Mapping[str, str]) -> float | None:
    """In how many seconds the system says that it will answer: by Retry-After, or by when a limit begins anew."""
    told, anew = headers.get("Retry-After", ""), headers.get("X-Rate-Limit-Reset", "")
    if told or not anew:
        return _retry_after(told)
    return _until(anew)


def _until(moment: str) -> float | None:
    """Seconds until a moment, which comes as ISO 8601 or as epoch seconds."""
    try:
        at = (
            datetime.fromtimestamp(float(moment), UTC)
            if moment.isdecimal()
            else datetime.fromisoformat(moment)
        )
    except (ValueError, OverflowError):
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())


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
