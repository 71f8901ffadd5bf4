"""A transaction that is begun while a call is under way, so that the next call need not wait for it.

Nothing of it stands before it is ``finished``: whoever dies during the call leaves everything as it was. So what the
call will most likely be answered is written in it, too, and taken back where the answer is another one. It is given
back where the call takes its time, since others must not wait for its rows as long as a call may take.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Final, Generic, TypeVar

from sqlalchemy import Connection as Session
from sqlalchemy import NestedTransaction

_HELD_SECONDS: Final = 1.0
_Prepared = TypeVar("_Prepared")


class Ahead(Generic[_Prepared]):
    """``prepare`` and ``guess`` run beside the caller, who leaves the session alone until this is finished or dropped.

    Where ``prepare`` returns None there is nothing to be held.
    """

    _guessed: NestedTransaction

    def __init__(
        self,
        beside: ThreadPoolExecutor,
        session: Session,
        prepare: Callable[[Session], _Prepared | None],
        guess: Callable[[], object],
    ) -> None:
        self._session = session
        self._prepare = prepare
        self._guess = guess
        self._asked = Event()
        self._wanted = False
        self._under_way = beside.submit(self._run)

    def finished(self, instead: Callable[[], object] | None) -> _Prepared | None:
        """Commit all, with ``instead`` for a wrong guess; None, and nothing done, where it was given back."""
        prepared = self._ended(wanted=True)
        if prepared is not None:
            try:
                if instead:
                    self._guessed.rollback()
                    instead()
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
            if prepared is not None:
                self._guessed = self._session.begin_nested()
                self._guess()
                held = self._asked.wait(_HELD_SECONDS) and self._wanted
        finally:
            if not held:
                self._session.rollback()
        return prepared if held else None
