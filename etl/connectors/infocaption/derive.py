"""From landed answers to passes: who passed which course when, some courses at a time, each lot in one transaction."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors.infocaption.landed import FLOW, inputs_of, newest, read_attempts
from etl.connectors.infocaption.mapping import Participants
from etl.engine import failpoint
from etl.engine.night import label
from etl.engine.options import Options
from etl.engine.polling import found_for
from etl.engine.sources import Source
from etl.load import course_readings, derivations, rejections, runs
from etl.load.merge import merge
from etl.load.runs import Counts, balanced
from etl.transform.competences import course_passes
from etl.transform.rejected import combined


def derive(
    engine: Engine, run_id: str, source: Source, courses: list[str], listing: Participants, options: Options
) -> None:
    """For each night, oldest first: what was landed until then becomes passes, except what was derived already.

    A dry run does this too: passes are facts of the source; what is held back is what they give.
    """
    for night in options.nights:
        with engine.connect() as session:
            landed = found_for(session, source, courses, night)
            found = newest(landed)
            inputs = inputs_of(session, found, listing)
            if night is None and not options.full:
                current = derivations.derived_inputs(session, FLOW, source.source, courses)
                same = found["scope"].map(inputs) == found["scope"].map(current)
                found = found[~same | found["scope"].isin(_waiting(session, source, courses))]
        if not found.empty:
            _derive(engine, run_id, source, found, inputs, listing, night)
        if night is None:
            with engine.begin() as session:
                course_readings.remember(session, FLOW, source.source, landed, people=[])


def _waiting(session: Session, source: Source, courses: list[str]) -> set[str]:
    """Courses with completions that lay in the future: they count when their time has come."""
    rejected = rejections.open_of(session, FLOW, source.source, courses)
    return set(rejected.loc[rejected["reason_code"] == "completed_in_future", "scope"])


def _derive(
    engine: Engine,
    run_id: str,
    source: Source,
    found: pd.DataFrame,
    inputs: dict[str, str],
    listing: Participants,
    night: datetime | None,
) -> None:
    scopes = sorted(set(found["scope"]))
    with engine.connect() as session:
        attempts, malformed = read_attempts(session, found, listing, source.timezone)
        failpoint.point("derive.decoded")
        now = db.rows(session, "load/derivations.reference_version")[0]["read_at"]
        done = course_passes(attempts, db.query(session, "results/administration.clients"), now)
    failpoint.point("derive.done")
    passes = done.passes.rename(columns={"scope": "source_course_id"})
    with engine.begin() as session:
        db.execute(session, "load/locks.take", lock=f"{FLOW}/{source.source}")
        merged = merge(
            session,
            "core.course_passes",
            passes,
            "results/recording.course_passes_merge",
            source=source.source,
            run_id=run_id,
        )
        if night is None:  # a past night says nothing about what is wrong today
            listed = combined([malformed, done.rejected])
            rejections.replace(session, run_id, FLOW, source.source, scopes, listed)
            derived = {scope: inputs[scope] for scope in scopes}
            derivations.remember(session, run_id, FLOW, source.source, derived)
        failpoint.point("load.written")
        counts = Counts(
            read=len(attempts) + len(malformed),
            written=merged.written,
            unchanged=merged.unchanged + done.repeated,
            rejected=done.refused + len(malformed),
            ignored=done.ignored,
        )
        runs.record_steps(session, run_id, "derive", [balanced(label(source, scopes, night), counts)])
        failpoint.point("load.recorded")
    failpoint.point("load.committed")
