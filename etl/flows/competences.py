"""From passed courses to competences, whatever the system they were passed in: all passes of a competence at once.

So the order in which courses are polled and derived in a night makes no difference.
"""

from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import crash, db
from etl.flows.night import counts
from etl.flows.options import Options
from etl.load import derivations, rejections, runs
from etl.load.merge import merge
from etl.transform.competences import Earned, new_competences

FLOW: Final = "infocaption_competences/award"
_NO_SOURCE: Final = ""  # a competence may come from several


def award(engine: Engine, run_id: str, options: Options) -> None:
    """Give every competence that passed courses are linked to; where nothing changed since, nothing is done."""
    with engine.connect() as session:
        inputs = _inputs(session)
        known = derivations.derived_inputs(session, FLOW, _NO_SOURCE, list(inputs))
    for competence_code, given in inputs.items():
        if options.full or known.get(competence_code) != given:
            _award(engine, run_id, competence_code, given, options.dry_run)


def lock(session: Session, competence_code: str) -> None:
    """One run, or person, at a time says who has a competence."""
    db.execute(session, "load/lock", lock=f"{FLOW}/{competence_code}")


def _inputs(session: Session) -> dict[str, str]:
    """For each competence that is linked, or withheld from somebody, a hash over its passes and the reference data."""
    version = derivations.reference_version(session)
    rows = db.rows(session, "load/competence_inputs", flow=FLOW)
    return {
        str(row["competence_code"]): derivations.digest([version, str(row["passes"]), str(row["newest"])])
        for row in rows
    }


def _award(engine: Engine, run_id: str, competence_code: str, inputs: str, dry_run: bool) -> None:
    with engine.begin() as session:
        lock(session, competence_code)
        earned = _earned(session, competence_code)
        crash.point("award.done")
        trial = session.begin_nested()
        merged = merge(session, "core.earned_competences", earned.periods, "competence_merge", run_id=run_id)
        rejections.replace(session, run_id, FLOW, _NO_SOURCE, [competence_code], earned.rejected)
        derivations.remember(session, run_id, FLOW, _NO_SOURCE, {competence_code: inputs})
        crash.point("award.written")
        if dry_run:
            trial.rollback()
        given = counts([merged], standing=earned.standing, rejected=earned.refused)
        runs.record_step(session, run_id, "award", f"competence {competence_code}", given)
        crash.point("award.recorded")
    crash.point("award.committed")


def _earned(session: Session, competence_code: str) -> Earned:
    def of_it(name: str) -> pd.DataFrame:
        return db.query(session, f"load/{name}", competence_code=competence_code)

    return new_competences(of_it("competence_passes"), of_it("competence_held"), of_it("competence_revoked"))
