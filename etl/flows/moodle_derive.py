"""Derive results from landed answers and load them, some courses at a time, each lot in one transaction."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import crash, db
from etl.flows import moodle_activities
from etl.flows.administration import Administration, Source
from etl.flows.moodle_landed import COMPLETION, FLOW, Course, completions_seen, joined, newest, read_courses
from etl.flows.night import counts, label
from etl.flows.options import Options
from etl.flows.polling import found_for
from etl.load import course_readings, derivations, rejections, runs
from etl.load.merge import Merged, merge
from etl.transform.completions import Completions, completion_sightings, course_completions, unsettled
from etl.transform.rejected import combined
from etl.transform.unit_results import RESULT_COLUMNS, UnitResults, unit_results

_ITEMS_A_LOT: Final = 500_000  # grade items in memory at once


def derive(engine: Engine, run_id: str, source: Source, courses: list[str], options: Options) -> None:
    """For each night, oldest first: what was landed until then becomes results, except what was derived already."""
    for night in options.nights:
        with engine.connect() as session:
            found = landed = newest(found_for(session, source, courses, night))
            inputs = derivations.inputs_of(session, found)
            if night is None and not options.full:
                current = derivations.derived_inputs(session, FLOW, source.source, courses)
                found = found[found["scope"].map(inputs) != found["scope"].map(current)]
            for lot in lots(session, found):
                _derive_lot(engine, run_id, source, lot, inputs, night, options.dry_run)
        if night is None and not options.dry_run:
            with engine.begin() as session:
                course_readings.remember(session, FLOW, source.source, landed, people=[COMPLETION])


def lots(session: Session, found: pd.DataFrame) -> Iterator[list[Course]]:
    """The decoded courses of an index of landings, as many at a time as memory is meant to hold."""
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
    with engine.begin() as session:
        # Decided under the lock: what another run has recorded meanwhile is seen.
        db.execute(session, "load/lock", lock=f"{FLOW}/{source.source}")
        administration = Administration(engine, source, scopes)
        units, done, rejected = results_of(session, administration, source, lot)
        crash.point("derive.done")
        trial = session.begin_nested()
        merged = _load(session, run_id, source, units, done)
        moodle_activities.name_graded(session, source, lot)
        if night is None:  # a past night says nothing about what is wrong today
            rejections.replace(session, run_id, FLOW, source.source, scopes, rejected)
            derived = {scope: inputs[scope] for scope in scopes}
            derivations.remember(session, run_id, FLOW, source.source, derived)
        crash.point("load.written")
        if dry_run:
            trial.rollback()
        loaded = counts(merged, standing=units.standing + done.standing, rejected=len(rejected))
        runs.record_step(session, run_id, "derive", label(source, scopes, night), loaded)
        crash.point("load.recorded")
    crash.point("load.committed")


def results_of(
    session: Session, administration: Administration, source: Source, lot: list[Course]
) -> tuple[UnitResults, Completions, pd.DataFrame]:
    """What the answers of some courses amount to: unit results, completions, and every rejected row."""
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
    totals = answers.learners[["scope", "user_id", "grade_percent"]]
    completed = answers.completions.merge(totals, on=["scope", "user_id"], how="left")
    recorded = administration.completions
    moved = unsettled(completed, matched, recorded)
    done = course_completions(
        completed,
        matched,
        enrolments,
        recorded,
        completion_sightings(completions_seen(session, source.source, moved)),
        administration.courses["scope"],
        administration.counted,
        source.timezone,
    )
    return units, done, combined([answers.rejected, unmatched, units.rejected, done.rejected])


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
