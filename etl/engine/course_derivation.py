"""From landed answers of courses to what is recorded, some courses at a time, each lot in one transaction."""

import gc
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Generic, TypeVar

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.engine import failpoint
from etl.engine.night import batches_of, label
from etl.engine.options import Options
from etl.engine.polling import found_for
from etl.engine.sources import Source
from etl.load import course_readings, derivations, rejections, runs
from etl.load.runs import Counts, balanced

_COURSES_A_LOT: Final = 80  # whose answers are in memory at once

AnyAnswers = TypeVar("AnyAnswers")


@dataclass(frozen=True)
class Lot(Generic[AnyAnswers]):
    """Courses that are derived together: their answers as the system reads them, and for each a hash over all that it
    is derived from.
    """

    scopes: Sequence[str]
    answers: AnyAnswers
    inputs: Mapping[str, str]


class Derivation(ABC, Generic[AnyAnswers]):
    """How the answers of one source become what is recorded; what a system gives to ``derive``.

    ``flow``: under which it is remembered what was derived. ``people``: the resources that are asked person by person.
    ``holds_back``: a dry run takes back what was recorded; facts of the source may stay.
    """

    flow: ClassVar[str]
    people: ClassVar[Sequence[str]] = ()
    holds_back: ClassVar[bool] = True

    def __init__(self, engine: Engine, source: Source) -> None:
        self.engine = engine
        self.source = source

    @abstractmethod
    def lots(
        self, session: Session, courses: Sequence[str], night: datetime | None, *, again: bool
    ) -> Iterator[Lot[AnyAnswers]]:
        """What is to be derived of some courses, as much at a time as memory is meant to hold.

        That is all that was landed until a past night; tonight (None), unless ``again``, what changed since it was
        derived.
        """

    @abstractmethod
    def load(self, session: Session, run_id: str, lot: Lot[AnyAnswers], *, tonight: bool) -> Counts:
        """Derive a lot and record what comes of it; list what is wrong, unless a past night is derived, which says
        nothing about what is wrong today.
        """

    def remember(self, session: Session, run_id: str, lot: Lot[AnyAnswers]) -> None:
        """Say that this is derived."""
        derivations.remember(session, run_id, self.flow, self.source.source, lot.inputs)


class WholeCourses(Derivation[AnyAnswers]):
    """A derivation in which a course of which anything changed is derived as a whole."""

    @abstractmethod
    def newest(self, found: pd.DataFrame) -> pd.DataFrame:
        """Of an index of landings, those that count."""

    @abstractmethod
    def inputs(self, session: Session, found: pd.DataFrame) -> dict[str, str]:
        """For each course a hash over all that it is derived from."""

    @abstractmethod
    def again(self, session: Session, courses: Sequence[str]) -> Collection[str]:
        """Courses that are derived again though none of their inputs changed."""

    @abstractmethod
    def answers(self, session: Session, found: pd.DataFrame) -> AnyAnswers:
        """What an index of landings holds."""

    def lots(
        self, session: Session, courses: Sequence[str], night: datetime | None, *, again: bool
    ) -> Iterator[Lot[AnyAnswers]]:
        """So many courses at a time: their lists are small."""
        found = self.newest(found_for(session, self.source, courses, night))
        inputs = self.inputs(session, found)
        if night is None and not again:
            known = derivations.derived_inputs(session, self.flow, self.source.source, courses)
            changed = found["scope"].map(inputs) != found["scope"].map(known)
            found = found[changed | found["scope"].isin(list(self.again(session, courses)))]
        for scopes in batches_of(sorted(set(found["scope"])), _COURSES_A_LOT):
            answers = self.answers(session, found[found["scope"].isin(scopes)])
            yield Lot(scopes, answers, {scope: inputs[scope] for scope in scopes})


def derive(run_id: str, derivation: Derivation[AnyAnswers], courses: Sequence[str], options: Options) -> None:
    """For each night, oldest first: what was landed until then is recorded, except what was derived already."""
    engine, source = derivation.engine, derivation.source
    for night in options.nights:
        with _only_what_is_new_collected(), engine.connect() as session:
            read = course_readings.landed(session, source.source, courses)
            for lot in derivation.lots(session, courses, night, again=options.full):
                _derive_lot(run_id, derivation, lot, night, options.dry_run)
        if night is None and not (options.dry_run and derivation.holds_back):
            with engine.begin() as session:
                course_readings.remember(
                    session, derivation.flow, source.source, read, people=derivation.people
                )


@contextmanager
def _only_what_is_new_collected() -> Iterator[None]:
    """Decoding makes so many objects that Python looks again and again for those that nobody holds any more: not among
    all that was there before.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _derive_lot(
    run_id: str,
    derivation: Derivation[AnyAnswers],
    lot: Lot[AnyAnswers],
    night: datetime | None,
    dry_run: bool,
) -> None:
    source, flow = derivation.source, derivation.flow
    with derivation.engine.begin() as session:
        # Decided under the lock: what another run has recorded meanwhile is seen.
        db.execute(session, "load/locks.take", lock=f"{flow}/{source.source}")
        trial = session.begin_nested()
        counts = derivation.load(session, run_id, lot, tonight=night is None)
        if night is None:
            derivation.remember(session, run_id, lot)
        failpoint.point("load.written")
        if dry_run and derivation.holds_back:
            rejected = rejections.met(session, run_id)
            trial.rollback()
            rejections.keep_of_dry_run(session, run_id, rejected)
        else:
            trial.commit()
        runs.record_steps(session, run_id, "derive", [balanced(label(source, lot.scopes, night), counts)])
        failpoint.point("load.recorded")
    failpoint.point("load.committed")
