"""What the answers about courses amount to: unit results and completions, and how they are recorded."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd
from sqlalchemy import Connection as Session

from etl.connectors.moodle.answers import Answers
from etl.connectors.moodle.before_poll import CourseList
from etl.connectors.moodle.landed import completions_seen
from etl.engine import failpoint
from etl.engine.sources import Source
from etl.load.merge import Merged, merge
from etl.load.runs import Counts
from etl.results.administration import Administration
from etl.transform.came_in import came_in
from etl.transform.completions import (
    NO_SIGHTINGS,
    Completions,
    completion_sightings,
    course_completions,
    unsettled,
)
from etl.transform.enrolments import courses_without_learners, not_enrolled
from etl.transform.positions import among
from etl.transform.rejected import combined
from etl.transform.unit_results import RESULT_COLUMNS, UnitResults, unit_results


@dataclass(frozen=True)
class DerivedCourses:
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
    answers: Answers,
    persons: pd.DataFrame,
    *,
    whole: bool,
) -> DerivedCourses:
    """Unit results, completions, and every rejected row of some courses; ``persons``: see match_learners. Only of a
    ``whole`` course it is known that nobody is in it.
    """
    failpoint.point("derive.decoded")
    matched, enrolments, unmatched = administration.enrolled(persons)
    matched, _ = _told_of(matched, answers)
    enrolments, of_absent = _told_of(enrolments, answers)
    unmatched, _ = _told_of(unmatched.assign(user_id=unmatched["learner"].astype("int64")), answers)
    units = unit_results(
        answers.grades,
        answers.learners,
        answers.answered,
        _with_proof(answers, site),
        administration.activity_links,
        enrolments,
        administration.training_plan,
        administration.recorded,
        source.rules,
    )
    recorded = administration.completions
    moved = unsettled(answers.completed, matched, recorded)
    sightings = NO_SIGHTINGS
    if len(moved):
        sightings = completion_sightings(completions_seen(session, source.source, moved))
    done = course_completions(
        answers.completed,
        matched,
        enrolments,
        recorded,
        sightings,
        administration.places,
        source.timezone,
    )
    listed = [answers.rejected, unmatched, units.rejected, done.rejected]
    listed.append(not_enrolled(of_absent))
    listed.append(administration.hidden_fields(answers.participants))
    if whole:
        expected = administration.courses, administration.enrolments
        listed.append(courses_without_learners(*expected, answers.learners))
    return DerivedCourses(
        units,
        done,
        combined(listed),
        came_in(answers.grades, administration.activity_links, answers.completed),
        answers.malformed,
    )


def _told_of(rows: pd.DataFrame, answers: Answers) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of learners of whom something is told, and of those of whom nothing is."""
    if answers.absent.empty:
        return rows, rows.iloc[:0]
    absent = among(rows, answers.absent)
    return rows[~absent], rows[absent]


def _with_proof(answers: Answers, site: CourseList) -> pd.DataFrame:
    """The pass grades, and of those that are older than a report whether the course was left as it was since."""
    modules = answers.modules
    reported = modules["scope"].map(answers.learners.groupby("scope")["landing_id"].max()).astype("float64")
    older = modules[modules["landing_id"] < reported]
    if older.empty:
        return modules.assign(proven=0)
    since = older[["scope", "read_at"]].drop_duplicates()
    proven = [
        site.unchanged(scope, datetime.fromtimestamp(read_at, UTC)) is True
        for scope, read_at in since.itertuples(index=False)
    ]
    told = modules.merge(since.assign(proven=proven), on=["scope", "read_at"], how="left")
    return told.assign(proven=told["proven"].eq(True).astype("int64"))


def counts_of(derived: DerivedCourses, merged: list[Merged]) -> Counts:
    """Rows are learners' graded units, graded activities without a unit, completions, and rows that are malformed."""
    units, done = derived.units, derived.done
    return Counts(
        # an enrolment more that a unit counts for, or that a completion completes, is a row more
        read=derived.read + derived.malformed + units.repeated + len(done.enrolments),
        written=sum(one.written for one in merged),
        unchanged=sum(one.unchanged for one in merged) + units.standing + done.standing,
        rejected=units.refused + done.refused + derived.malformed,
    )


def record(session: Session, run_id: str, source: Source, derived: DerivedCourses) -> list[Merged]:
    """Unit results (or proposals, where a person reviews them first), completions, completed enrolments."""
    parameters = {"source": source.source, "run_id": run_id}
    units, done = derived.units, derived.done
    results = units.results[RESULT_COLUMNS]
    if source.review == "required":
        loaded = merge(
            session,
            "core.proposed_results",
            results,
            "results/recording.proposed_results",
            **parameters,
        )
    else:
        loaded = merge(
            session,
            "core.unit_results",
            results,
            "results/recording.unit_results",
            allow_resit=source.allow_resit,
            **parameters,
        )
    failpoint.point("load.units")
    courses = done.courses.rename(columns={"scope": "source_course_id"})
    completed = merge(
        session,
        "core.course_completions",
        courses,
        "results/recording.course_completions",
        **parameters,
    )
    failpoint.point("load.completions")
    ended = done.enrolments[["enrolment_code", "completed_on"]]
    finished = merge(
        session,
        "core.enrolment_completions",
        ended,
        "results/recording.enrolment_completions",
        **parameters,
    )
    return [loaded, completed, finished]
