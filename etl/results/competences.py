"""From passed courses to competences, whatever the system they were passed in: all passes of a competence at once.

So the order in which courses are polled and derived in a night makes no difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.engine import failpoint
from etl.engine.options import Options
from etl.load import derivations, rejections, runs
from etl.load.merge import Merged, merge, stage
from etl.load.runs import Counts, balanced
from etl.results import competence_groups
from etl.transform.competences import Earned, new_competences, nothing_earned
from etl.transform.rejected import combined, rejected_rows

_NOT_READ: Final = "course_not_read"
_NO_SOURCE: Final = ""  # a competence may come from several


def award(engine: Engine, run_id: str, options: Options, flow: str) -> None:
    """Give every competence that passed courses are linked to; where nothing changed since, nothing is done.

    Nothing is given for a competence while a linked course that counts was never read: that is listed instead.
    ``flow``: under whose name it is listed, and what a competence was derived from is remembered.
    """
    with engine.connect() as session:
        version = derivations.reference_version(session)
        linked = db.rows(session, "results/competences.inputs", flow=flow)
        inputs = {str(row["competence_code"]): _inputs(version, row) for row in linked}
        known = derivations.derived_inputs(session, flow, _NO_SOURCE, list(inputs))
    awards = _Awards(engine, run_id, flow, options.dry_run)
    for row in linked:
        competence_code = str(row["competence_code"])
        if options.full or known.get(competence_code) != inputs[competence_code]:
            awards.give(competence_code, inputs[competence_code], pd.Series(row["unread"], dtype="str"))
    if not options.dry_run:
        with engine.begin() as session:
            competence_groups.count_ahead(session)


def lock(session: Session, competence_code: str) -> None:
    """One run, or person, at a time says who has a competence."""
    db.execute(session, "load/locks.take", lock=f"competence/{competence_code}")


def _inputs(version: str, row: Mapping[str, Any]) -> str:
    """A hash over the passes of a competence, its courses that were never read, and the reference data."""
    return derivations.digest([version, str(row["passes"]), str(row["newest"]), *row["unread"]])


@dataclass(frozen=True)
class _Awards:
    """The competences that one run of a flow gives, each in a transaction of its own."""

    engine: Engine
    run_id: str
    flow: str
    dry_run: bool

    def give(self, competence_code: str, inputs: str, unread: "pd.Series[str]") -> None:
        """Decide who has a competence, or that its courses are to be read first."""
        with self.engine.begin() as session:
            lock(session, competence_code)
            if unread.empty:
                earned, read = _earned(session, competence_code)
            else:
                earned, read = self._waiting(session, competence_code, unread), len(unread)
            failpoint.point("award.done")
            corrected, merged = self._record(session, competence_code, inputs, earned)
            given = Counts(
                read=read,
                written=merged.written,
                unchanged=merged.unchanged + earned.standing,
                rejected=earned.refused,
            )
            label = f"competence {competence_code}"
            runs.record_steps(session, self.run_id, "award", [balanced(label, given)])
            if corrected:
                fallen = balanced(f"{label}, corrected", Counts(read=corrected, written=corrected))
                runs.record_steps(session, self.run_id, "award", [fallen])
            failpoint.point("award.recorded")
        failpoint.point("award.committed")

    def _record(
        self, session: Session, competence_code: str, inputs: str, earned: Earned
    ) -> tuple[int, Merged]:
        """Write, or try to, what was decided; returns how many periods fell, and what became of the others."""
        trial = session.begin_nested()
        corrected = self._correct(session, earned)
        merged = merge(
            session,
            "core.earned_competences",
            earned.periods,
            "results/competences.earned",
            run_id=self.run_id,
        )
        rejections.replace(session, self.run_id, self.flow, _NO_SOURCE, [competence_code], earned.rejected)
        derivations.remember(session, self.run_id, self.flow, _NO_SOURCE, {competence_code: inputs})
        failpoint.point("award.written")
        if self.dry_run:
            rejected = rejections.met(session, self.run_id)
            trial.rollback()
            rejections.keep_of_dry_run(session, self.run_id, rejected)
        else:
            trial.commit()
        return corrected, merged

    def _correct(self, session: Session, earned: Earned) -> int:
        """Take away the periods that fall; they are kept as they were. Returns how many."""
        if earned.corrected.empty:
            return 0
        stage(session, "core.earned_competences", earned.corrected)
        return db.execute(session, "results/competences.correct", run_id=self.run_id)

    def _waiting(self, session: Session, competence_code: str, unread: "pd.Series[str]") -> Earned:
        """No decision: the courses that are to be read first are listed; what was listed before is not looked at."""
        scope = pd.Series(competence_code, index=unread.index)
        waiting = nothing_earned(rejected_rows(scope, "course", unread, _NOT_READ))
        before = rejections.open_of(session, self.flow, _NO_SOURCE, [competence_code])
        listed = combined([waiting.rejected, before[before["reason_code"] != _NOT_READ]])
        return replace(waiting, rejected=listed)


def _earned(session: Session, competence_code: str) -> tuple[Earned, int]:
    """What the passes give, and how many there are."""

    def of_it(name: str) -> pd.DataFrame:
        return db.query(session, f"results/competences.{name}", competence_code=competence_code)

    passes = of_it("passes")
    return new_competences(passes, of_it("held"), of_it("revoked"), of_it("readings")), len(passes)
