"""A change that is tried: done as it would be, looked at, and taken back."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final, cast

from sqlalchemy import Connection as Session
from sqlalchemy import Engine, text

# Who tries something waits so long for a night that is writing; a night waits for no trial longer than it takes.
_WAIT: Final = "set local lock_timeout = '30s'"


@contextmanager
def tried(engine: Engine) -> Iterator[Engine]:
    """An engine whose transactions are parts of one, which is taken back in the end; also when this process dies."""
    with engine.connect() as session:
        whole = session.begin()
        try:
            session.execute(text(_WAIT))
            yield cast(Engine, _Parts(session))
        finally:
            whole.rollback()


class _Parts:
    """What of an engine is used by whoever reads and writes the warehouse."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def execution_options(self, **_asked: object) -> "_Parts":
        """How a transaction begins is settled: the whole has begun, and sees what others write meanwhile."""
        return self

    def connect(self) -> AbstractContextManager[Session]:
        """Reading needs no part of its own; what is written meanwhile stays."""
        return nullcontext(self._session)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A part of the whole: it is kept, or where it breaks off nothing of it is."""
        with self._session.begin_nested():
            yield self._session
