"""When a read is asked again: while the system says "later", for so many times and so long."""

from collections.abc import Callable
from typing import Final

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    stop_any,
)
from tenacity.stop import stop_base

from etl.errors import RetryLater

_ATTEMPTS: Final = 6
_LONGEST_BACK_OFF: Final = 30.0


def repeated(wait_limit: float, deadline: float, sleep: Callable[[float], None]) -> Retrying:
    """Calls a function until it raises no RetryLater: waits up to ``wait_limit`` in all, and ends by ``deadline``."""
    return Retrying(
        retry=retry_if_exception_type(RetryLater),
        wait=_wait,
        stop=stop_any(stop_after_attempt(_ATTEMPTS), stop_after_delay(deadline), _WaitedEnough(wait_limit)),
        sleep=sleep,
        reraise=True,
    )


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
