"""Guessing keys is slow, and slows down nobody else: what a sender claims to be is public, such as a school's number.

What counts against a sender is what only that sender does: failures from one address for one claim. Whoever fails
too often waits its turn for every further look at a key, and past a short queue is not looked at; other addresses,
and a key that was verified before, never wait.
"""

import hmac
import os
from array import array
from collections.abc import Callable
from ipaddress import ip_address
from threading import Lock
from typing import Final


class Turn(Exception):  # noqa: N818 - not an error: a key of this sender is looked at in ``seconds``
    """The sender failed too often to be looked at now: read the message again in ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Guesses:
    """Failures by address and claim, in a table of a fixed size: nothing that is sent makes it forget.

    Two senders may share a place in it by chance; its secret lets nobody choose whose.
    """

    FREE: Final = 10  # failures that cost nothing; after SECONDS they are forgotten
    SECONDS: Final = 300.0
    EVERY: Final = 1.0  # seconds between two looks at keys of one sender, after that
    LONGEST: Final = 15.0  # seconds that one may wait for a look
    _PLACES: Final = 2**16

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._secret = os.urandom(16)
        self._failed, self._since, self._next = (array("d", bytes(8 * self._PLACES)) for _ in range(3))
        self._lock = Lock()

    def too_many(self, address: str, claim: str) -> bool:
        """Whether this sender failed too often of late."""
        with self._lock:
            return self._is_over(self._place(address, claim))

    def failed(self, address: str, claim: str) -> None:
        """Remember a failure."""
        with self._lock:
            place = self._place(address, claim)
            self._failed[place] = min(self._level(place) + 1, self.FREE + 1)
            self._since[place] = self._clock()

    def turn(self, address: str, claim: str) -> float | None:
        """Seconds until the next key of this sender may be looked at; None: too many of them wait already."""
        with self._lock:
            place, now = self._place(address, claim), self._clock()
            if not self._is_over(place):
                return 0.0
            at = max(now, self._next[place])
            if at - now > self.LONGEST:
                return None
            self._next[place] = at + self.EVERY
            return at - now

    def _is_over(self, place: int) -> bool:
        return self._level(place) > self.FREE - 1  # a little of the last failure is forgotten already

    def _level(self, place: int) -> float:
        forgotten = (self._clock() - self._since[place]) * self.FREE / self.SECONDS
        return max(0.0, self._failed[place] - forgotten)

    def _place(self, address: str, claim: str) -> int:
        mark = hmac.digest(self._secret, f"{_network(address)} {claim}".encode(), "sha256")
        return int.from_bytes(mark[:4]) % self._PLACES


def _network(address: str) -> str:
    """Whose address it is: of IPv6 the first half, since a sender may choose the other half at will."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(parsed) if parsed.version == 4 else parsed.exploded[:19]
