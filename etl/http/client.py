"""The one place that touches HTTP for sources that answer with JSON.

Reads are repeated while the system says "later"; what writes goes out once, and is said to be lost where nobody knows
whether it was carried out.
Messages name the system, the call and the status; never a parameter, a header or a body.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Annotated, Any, Final, Self, TypeVar
from urllib.parse import urlencode

import msgspec
import requests
from urllib3.exceptions import HTTPError

from etl import settings
from etl.connections import Connection
from etl.errors import AnswerLost, GiveUp, RetryLater, Unusable
from etl.http import bodies
from etl.http.outgoing import Outgoing
from etl.http.repeating import repeated
from etl.http.statuses import NotLookedAt, Refused, refused
from etl.http.transport import sending, transport
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
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}

_Request = Callable[..., requests.Response]
T = TypeVar("T")


@dataclass(frozen=True)
class Reply:
    """One answer with a status that says it was answered."""

    status: int
    content_type: str
    body: bytes
    seconds: float  # from the question to the end of the answer
    headers: Mapping[str, str]


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
        self._http, self._writing = transport(base_url), sending(base_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()
        self._writing.close()

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

        def asked() -> T:
            try:
                reply = self._exchange(
                    call, path, read_timeout, partial(self._http.request, method, **content)
                )
                answer = check(reply)
            except RetryLater:
                self.width.refused()
                raise
            self.width.answered(call.partition(" ")[0], reply.seconds)
            return answer

        return repeated(self._wait_limit, self._deadline, self._sleep)(asked)

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
            post = partial(self._writing.request, "POST", data=body, headers=_FORM)
            reply = self._exchange(call, path, read_timeout, post)
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

    def _exchange(self, call: str, path: str, read_timeout: float, request: _Request) -> Reply:
        with self._turn():
            begun = time.monotonic()
            response, body = self._answer(call, path, read_timeout, request)
            seconds = time.monotonic() - begun
        if not 200 <= response.status_code < 300 and not self._answers(response.status_code, body):
            status = response.status_code
            message, hint = f"{self.system}: {call}: HTTP {status}", self._hints.get(status)
            raise refused(message, self._base_url, path, response, body, hint, self._silent)
        return Reply(
            response.status_code, response.headers.get("Content-Type", ""), body, seconds, response.headers
        )

    def _answer(
        self, call: str, path: str, read_timeout: float, request: _Request
    ) -> tuple[requests.Response, bytes]:
        url = f"{self._base_url}/{path.lstrip('/')}"
        timeout = (CONNECT_TIMEOUT, read_timeout)
        try:
            with request(url, timeout=timeout, allow_redirects=False, stream=True) as response:
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
        try:
            return bodies.whole(response, self._most_bytes, self._deadline)
        except bodies.TooLarge:
            raise Unusable(
                f"{self.system}: {call}: the answer is larger than {self._most_bytes} bytes unpacked; "
                f"if that is right, raise {settings.MAX_ANSWER_BYTES}"
            ) from None
        except bodies.TooSlow:
            raise RetryLater(
                f"{self.system}: {call}: no complete answer in {self._deadline:.0f} seconds"
            ) from None

    def _count(self, size: int, calls: int = 1) -> None:
        with self._lock:
            self.calls += calls
            self.bytes += size

    def _not_answered(self, call: str, error: Exception) -> GiveUp | RetryLater:
        found = why(error, self._base_url)
        message = f"{self.system}: {call}: no complete answer: {found.said}"
        return GiveUp(message) if found.needs_person else RetryLater(message)


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
