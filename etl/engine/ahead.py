"""A transaction that is begun while a call is under way, so that the next call need not wait for it.

Nothing of it stands before it is ``finished``: whoever dies during the call leaves everything as it was. It is given
back where the call takes its time, since others must not wait for its rows as long as a call may take.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Final, Generic, TypeVar

from sqlalchemy import Connection as Session

_HELD_SECONDS: Final = 1.0
_Prepared = TypeVar("_Prepared")


class Ahead(Generic[_Prepared]):
    """``prepare`` run beside the caller, who leaves the session alone until this is finished or dropped.

    Where ``prepare`` returns None there is nothing to be held.
    """

    def __init__(
        self, beside: ThreadPoolExecutor, session: Session, prepare: Callable[[Session], _Prepared | None]
    ) -> None:
        self._session = session
        self._prepare = prepare
        self._asked = Event()
        self._wanted = False
        self._under_way = beside.submit(self._run)

    def finished(self, last: Callable[[], object]) -> _Prepared | None:
        """Do what is left and commit all of it; None, and nothing done, where the transaction was given back."""
        prepared = self._ended(wanted=True)
        if prepared is not None:
            try:
                last()
                self._session.commit()
            except BaseException:
                self._session.rollback()
                raise
        return prepared

    def drop(self) -> None:
        """Leave everything as it was."""
        self._ended(wanted=False)

    def _ended(self, wanted: bool) -> _Prepared | None:
        self._wanted = wanted
        self._asked.set()
        return self._under_way.result()

    def _run(self) -> _Prepared | None:
        prepared: _Prepared | None = None
        held = False
        try:
            prepared = self._prepare(self._session)
            held = prepared is not None and self._asked.wait(_HELD_SECONDS) and self._wanted
        finally:
            if not held:
                self._session.rollback()
        return prepared if held else None
