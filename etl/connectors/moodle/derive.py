"""Derive results from landed answers and load them, some courses at a time, each lot in one transaction."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors.moodle import accounts
from etl.connectors.moodle import activities as moodle_activities
from etl.connectors.moodle.before_poll import CourseList
from etl.connectors.moodle.inputs import inputs_of
from etl.connectors.moodle.landed import (
    COMPLETION,
    FLOW,
    LATE,
    Answers,
    Course,
    completions_seen,
    joined,
    newest,
    read_courses,
)
from etl.engine import failpoint
from etl.engine.night import label
from etl.engine.options import Options
from etl.engine.polling import found_for
from etl.engine.sources import Source
from etl.load import course_readings, derivations, open_activities, rejections, runs
from etl.load.merge import Merged, merge
from etl.load.runs import Counts, Step, balanced
from etl.results.administration import Administration
from etl.transform.came_in import came_in
from etl.transform.completions import Completions, completion_sightings, course_completions, unsettled
from etl.transform.enrolments import courses_without_learners, not_enrolled
from etl.transform.rejected import combined
from etl.transform.unit_results import RESULT_COLUMNS, UnitResults, unit_results

_ITEMS_A_LOT: Final = 500_000  # grade items in memory at once


def derive(engine: Engine, run_id: str, source: Source, courses: list[str], options: Options) -> None:
    """For each night, oldest first: what was landed until then becomes results, except what was derived already."""
    accounts.refresh(engine, run_id, source)
    for night in options.nights:
        with engine.connect() as session:
            found = landed = newest(found_for(session, source, courses, night))
            inputs = inputs_of(session, source, found)
            if night is None and not options.full:
                current = derivations.derived_inputs(session, FLOW, source.source, courses)
                again = accounts.to_be_judged_again(session, source, courses)
                changed = found["scope"].map(inputs) != found["scope"].map(current)
                found = found[changed | found["scope"].isin(again)]
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
        db.execute(session, "load/locks.take", lock=f"{FLOW}/{source.source}")
        administration = Administration(engine, source, scopes)
        derived = results_of(session, administration, CourseList(engine, source), source, lot)
        failpoint.point("derive.done")
        trial = session.begin_nested()
        merged = _load(session, run_id, source, derived)
        moodle_activities.name_graded(session, source, lot)
        if night is None:  # a past night says nothing about what is wrong today
            open_activities.replace(session, source.source, scopes, derived.units.still_open)
            _list(session, run_id, source, administration, scopes, derived.rejected)
            known = {scope: inputs[scope] for scope in scopes}
            derivations.remember(session, run_id, FLOW, source.source, known)
            accounts.remember(session, run_id, source, scopes)
        failpoint.point("load.written")
        if dry_run:
            rejected = rejections.met(session, run_id)
            trial.rollback()
            rejections.keep_of_dry_run(session, run_id, rejected)
        name = label(source, scopes, night)
        runs.record_steps(session, run_id, "derive", [_step(name, derived, merged)])
        failpoint.point("load.recorded")
    failpoint.point("load.committed")


def _list(
    session: Session,
    run_id: str,
    source: Source,
    administration: Administration,
    scopes: list[str],
    rejected: pd.DataFrame,
) -> None:
    late = administration.finished.intersection(scopes)
    for flow, part in ((FLOW, set(scopes) - late), (LATE, late)):
        rows = rejected[rejected["scope"].isin(part)]
        rejections.replace(session, run_id, flow, source.source, part, rows)


@dataclass(frozen=True)
class Derived:
    """What the answers of some courses amount to; ``read`` rows came in with them, some of them ``malformed``."""

    units: UnitResults
    done: Completions
    rejected: pd.DataFrame
    read: int
    malformed: int


def results_of(
    session: Session,
    administration: Administration,
    site: CourseList,
    source: Source,
    lot: list[Course],
) -> Derived:
    """Unit results, completions, and every rejected row of some courses."""
    answers = joined(lot)
    failpoint.point("derive.decoded")
    matched, enrolments, unmatched = administration.match(administration.profiles(answers.people))
    units = unit_results(
        answers.grades,
        answers.learners,
        _with_proof(answers, site),
        administration.activity_links,
        enrolments,
        administration.training_plan,
        administration.recorded,
        source.rules,
    )
    recorded = administration.completions
    moved = unsettled(answers.completed, matched, recorded)
    done = course_completions(
        answers.completed,
        matched,
        enrolments,
        recorded,
        completion_sightings(completions_seen(session, source.source, moved)),
        administration.places,
        source.timezone,
    )
    _, absent, _ = administration.match(administration.profiles(answers.absent.assign(user_idnumber=None)))
    nobody = courses_without_learners(administration.courses, administration.enrolments, answers.learners)
    hidden = administration.hidden_fields(answers.participants)
    listed = [
        answers.rejected,
        unmatched,
        units.rejected,
        done.rejected,
        not_enrolled(absent),
        nobody,
        hidden,
    ]
    return Derived(
        units,
        done,
        combined(listed),
        came_in(answers.grades, administration.activity_links, answers.completed),
        answers.malformed,
    )


def _with_proof(answers: Answers, site: CourseList) -> pd.DataFrame:
    """The pass grades, and of those that are older than a report whether the course was left as it was since."""
    modules = answers.modules
    reported = modules["scope"].map(answers.learners.groupby("scope")["landing_id"].max())
    older = modules[modules["landing_id"] < reported]
    since = older[["scope", "read_at"]].drop_duplicates()
    proven = [
        site.unchanged(scope, datetime.fromtimestamp(read_at, UTC)) is True
        for scope, read_at in since.itertuples(index=False)
    ]
    told = modules.merge(since.assign(proven=proven), on=["scope", "read_at"], how="left")
    return told.assign(proven=told["proven"].eq(True).astype("int64"))


def _step(name: str, derived: Derived, merged: list[Merged]) -> Step:
    """Rows are learners' graded units, graded activities without a unit, completions, and rows that are malformed."""
    units, done = derived.units, derived.done
    counts = Counts(
        # an enrolment more that a unit counts for, or that a completion completes, is a row more
        read=derived.read + derived.malformed + units.repeated + len(done.enrolments),
        written=sum(one.written for one in merged),
        unchanged=sum(one.unchanged for one in merged) + units.standing + done.standing,
        rejected=units.refused + done.refused + derived.malformed,
    )
    return balanced(name, counts)


def _load(session: Session, run_id: str, source: Source, derived: Derived) -> list[Merged]:
    """Unit results (or proposals, where a person reviews them first), completions, completed enrolments."""
    parameters = {"source": source.source, "run_id": run_id}
    units, done = derived.units, derived.done
    results = units.results[RESULT_COLUMNS]
    if source.review == "required":
        loaded = merge(
            session,
            "core.proposed_results",
            results,
            "results/recording.proposed_results_merge",
            **parameters,
        )
    else:
        loaded = merge(
            session,
            "core.unit_results",
            results,
            "results/recording.unit_results_merge",
            allow_resit=source.allow_resit,
            **parameters,
        )
    failpoint.point("load.units")
    courses = done.courses.rename(columns={"scope": "source_course_id"})
    completed = merge(
        session,
        "core.course_completions",
        courses,
        "results/recording.course_completions_merge",
        **parameters,
    )
    failpoint.point("load.completions")
    ended = done.enrolments[["enrolment_code", "completed_on"]]
    finished = merge(
        session,
        "core.enrolment_completions",
        ended,
        "results/recording.enrolment_completions_merge",
        **parameters,
    )
    return [loaded, completed, finished]
