"""Derive results from landed answers and load them, some courses at a time, each lot in one transaction."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import crash, db
from etl.flows.administration import Administration, Source
from etl.flows.moodle_landed import FLOW, Course, derived_inputs, found_for, inputs_of, joined, read_courses
from etl.flows.options import Options
from etl.load import rejections, runs
from etl.load.merge import Merged, merge
from etl.load.runs import Counts
from etl.transform.completions import Completions, course_completions
from etl.transform.rejected import combined
from etl.transform.unit_results import RESULT_COLUMNS, UnitResults, unit_results

_ITEMS_A_LOT: Final = 300_000  # grade items in memory at once


def derive(engine: Engine, run_id: str, source: Source, courses: list[str], options: Options) -> None:
    """For each night, oldest first: what was landed until then becomes results, except what was derived already."""
    for night in options.nights:
        with engine.connect() as session:
            found = found_for(session, source, courses, night)
            inputs = inputs_of(session, found)
            if night is None and not options.full:
                current = derived_inputs(session, source, courses)
                found = found[found["scope"].map(inputs) != found["scope"].map(current)]
            for lot in _lots(session, found):
                _derive_lot(engine, run_id, source, lot, inputs, night, options.dry_run)


def _lots(session: Session, found: pd.DataFrame) -> Iterator[list[Course]]:
    lot: list[Course] = []
    for course in read_courses(session, found):
        lot.append(course)
        if sum(one.items for one in lot) >= _ITEMS_A_LOT:
            yield lot
            lot = []
    if lot:
        yield lot


def _derive_lot(
    engine: Engine,
    run_id: str,
    source: Source,
    lot: list[Course],
    inputs: dict[str, str],
    night: datetime | None,
    dry_run: bool,
) -> None:
    scopes = [course.scope for course in lot]
    units, done, rejected = _transform(Administration(engine, source, scopes), source, lot)
    crash.point("derive.done")
    with engine.begin() as session:
        db.execute(session, "load/lock", lock=f"{FLOW}/{source.source}")
        trial = session.begin_nested()
        merged = _load(session, run_id, source, units, done)
        if night is None:  # a past night says nothing about what is wrong today
            rejections.replace(session, run_id, FLOW, source.source, scopes, rejected)
            _remember(session, run_id, source, scopes, inputs)
        crash.point("load.written")
        if dry_run:
            trial.rollback()
        label = f"{source.source}/{scopes[0]}" + (f" and {len(scopes) - 1} more" if len(scopes) > 1 else "")
        label += f" until {night:%Y-%m-%d}" if night else ""
        runs.record_step(session, run_id, "derive", label, _counts(merged, units.standing, len(rejected)))
        crash.point("load.recorded")
    crash.point("load.committed")


def _transform(
    administration: Administration, source: Source, lot: list[Course]
) -> tuple[UnitResults, Completions, pd.DataFrame]:
    answers = joined(lot)
    crash.point("derive.decoded")
    matched, enrolments, unmatched = administration.match(answers.users)
    units = unit_results(
        answers.grades,
        answers.modules,
        administration.activity_links,
        enrolments,
        administration.training_plan,
        administration.recorded,
        source.rules,
    )
    completed = answers.completions.merge(answers.totals, on=["scope", "user_id"], how="left")
    done = course_completions(
        completed, matched, enrolments, administration.courses["scope"], source.timezone
    )
    return units, done, combined([answers.rejected, unmatched, units.rejected])


def _load(
    session: Session, run_id: str, source: Source, units: UnitResults, done: Completions
) -> list[Merged]:
    """Unit results (or proposals, where a person reviews them first), completions, completed enrolments."""
    parameters = {"source": source.source, "run_id": run_id}
    results = units.results[RESULT_COLUMNS]
    if source.review == "required":
        loaded = merge(session, "core.proposed_results", results, "proposed_results_merge", **parameters)
    else:
        loaded = merge(
            session,
            "core.unit_results",
            results,
            "unit_results_merge",
            allow_resit=source.allow_resit,
            **parameters,
        )
    crash.point("load.units")
    courses = done.courses.rename(columns={"scope": "source_course_id"})
    completed = merge(session, "core.course_completions", courses, "course_completions_merge", **parameters)
    crash.point("load.completions")
    ended = done.enrolments[["enrolment_code", "completed_on"]]
    finished = merge(
        session, "core.enrolment_completions", ended, "enrolment_completions_merge", **parameters
    )
    return [loaded, completed, finished]


def _remember(
    session: Session, run_id: str, source: Source, scopes: list[str], inputs: dict[str, str]
) -> None:
    db.execute(
        session,
        "load/derivations_merge",
        flow=FLOW,
        source=source.source,
        scopes=scopes,
        inputs=[inputs[scope] for scope in scopes],
        run_id=run_id,
    )


def _counts(merged: list[Merged], standing: int, rejected: int) -> Counts:
    written = sum(one.written for one in merged)
    unchanged = sum(one.unchanged for one in merged) + standing
    return Counts(
        read=written + unchanged + rejected, written=written, unchanged=unchanged, rejected=rejected
    )
