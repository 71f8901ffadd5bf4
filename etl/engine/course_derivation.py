"""From landed answers of courses to what is recorded, some courses at a time, each lot in one transaction."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, TypeVar

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.engine import failpoint
from etl.engine.night import label
from etl.engine.options import Options
from etl.engine.polling import found_for
from etl.engine.sources import Source
from etl.load import course_readings, derivations, rejections, runs
from etl.load.runs import Counts, balanced

AnyAnswers = TypeVar("AnyAnswers")


@dataclass(frozen=True)
class Lot(Generic[AnyAnswers]):
    """Courses that are derived together, with their answers as the system reads them."""

    scopes: Sequence[str]
    answers: AnyAnswers


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
    def newest(self, found: pd.DataFrame) -> pd.DataFrame:
        """Of an index of landings, those that count."""

    @abstractmethod
    def inputs(self, session: Session, found: pd.DataFrame) -> dict[str, str]:
        """For each course a hash over all that it is derived from."""

    @abstractmethod
    def again(self, session: Session, courses: Sequence[str]) -> Collection[str]:
        """Courses that are derived again though none of their inputs changed."""

    @abstractmethod
    def lots(self, session: Session, found: pd.DataFrame) -> Iterator[Lot[AnyAnswers]]:
        """The courses of an index of landings, as many at a time as memory is meant to hold."""

    @abstractmethod
    def load(self, session: Session, run_id: str, lot: Lot[AnyAnswers], *, tonight: bool) -> Counts:
        """Derive a lot and record what comes of it; list what is wrong, unless a past night is derived, which says
        nothing about what is wrong today.
        """


def derive(run_id: str, derivation: Derivation[AnyAnswers], courses: Sequence[str], options: Options) -> None:
    """For each night, oldest first: what was landed until then is recorded, except what was derived already."""
    engine, source = derivation.engine, derivation.source
    for night in options.nights:
        with engine.connect() as session:
            landed = found_for(session, source, courses, night)
            found = derivation.newest(landed)
            inputs = derivation.inputs(session, found)
            if night is None and not options.full:
                found = _changed(session, derivation, courses, found, inputs)
            for lot in derivation.lots(session, found):
                _derive_lot(run_id, derivation, lot, inputs, night, options.dry_run)
        if night is None and not (options.dry_run and derivation.holds_back):
            with engine.begin() as session:
                course_readings.remember(
                    session, derivation.flow, source.source, landed, people=derivation.people
                )


def _changed(
    session: Session,
    derivation: Derivation[AnyAnswers],
    courses: Sequence[str],
    found: pd.DataFrame,
    inputs: dict[str, str],
) -> pd.DataFrame:
    known = derivations.derived_inputs(session, derivation.flow, derivation.source.source, courses)
    changed = found["scope"].map(inputs) != found["scope"].map(known)
    return found[changed | found["scope"].isin(list(derivation.again(session, courses)))]


def _derive_lot(
    run_id: str,
    derivation: Derivation[AnyAnswers],
    lot: Lot[AnyAnswers],
    inputs: dict[str, str],
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
            known = {scope: inputs[scope] for scope in lot.scopes}
            derivations.remember(session, run_id, flow, source.source, known)
        failpoint.point("load.written")
        if dry_run and derivation.holds_back:
            rejected = rejections.met(session, run_id)
            trial.rollback()
            rejections.keep_of_dry_run(session, run_id, rejected)
        runs.record_steps(session, run_id, "derive", [balanced(label(source, lot.scopes, night), counts)])
        failpoint.point("load.recorded")
    failpoint.point("load.committed")
