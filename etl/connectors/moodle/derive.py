"""From landed answers to unit results and completions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session

from etl.connectors.moodle import accounts
from etl.connectors.moodle import activities as moodle_activities
from etl.connectors.moodle.before_poll import CourseList
from etl.connectors.moodle.inputs import inputs_of
from etl.connectors.moodle.landed import (
    COMPLETION,
    FLOW,
    LATE,
    Answers,
    LandedCourse,
    completions_seen,
    joined,
    newest,
    read_courses,
)
from etl.engine import failpoint
from etl.engine.course_derivation import Derivation, Lot
from etl.engine.sources import Source
from etl.load import open_activities, rejections
from etl.load.merge import Merged, merge
from etl.load.runs import Counts
from etl.results.administration import Administration
from etl.transform.came_in import came_in
from etl.transform.completions import Completions, completion_sightings, course_completions, unsettled
from etl.transform.enrolments import courses_without_learners, not_enrolled
from etl.transform.rejected import combined
from etl.transform.unit_results import RESULT_COLUMNS, UnitResults, unit_results

_ITEMS_A_LOT: Final = 500_000  # grade items in memory at once


class MoodleDerivation(Derivation[list[LandedCourse]]):
    """Unit results (or proposals), completions, and what is rejected."""

    flow = FLOW
    people = (COMPLETION,)

    def newest(self, found: pd.DataFrame) -> pd.DataFrame:
        """Single grade reports count only when newer than the whole one."""
        return newest(found)

    def inputs(self, session: Session, found: pd.DataFrame) -> dict[str, str]:
        """For each course a hash over all that it is derived from."""
        return inputs_of(session, self.source, found)

    def again(self, session: Session, courses: Sequence[str]) -> set[str]:
        """Courses with an ambiguous learner, whom the accounts of another course may have settled."""
        return accounts.to_be_judged_again(session, self.source, courses)

    def lots(self, session: Session, found: pd.DataFrame) -> Iterator[Lot[list[LandedCourse]]]:
        """The decoded courses, up to so many grade items at a time."""
        lot: list[LandedCourse] = []
        for course in read_courses(session, found):
            lot.append(course)
            if sum(one.items for one in lot) >= _ITEMS_A_LOT:
                yield _lot(lot)
                lot = []
        if lot:
            yield _lot(lot)

    def load(self, session: Session, run_id: str, lot: Lot[list[LandedCourse]], *, tonight: bool) -> Counts:
        """Record results; rows are as ``_counts`` says."""
        source, scopes = self.source, lot.scopes
        administration = Administration(self.engine, source, scopes)
        derived = results_of(session, administration, CourseList(self.engine, source), source, lot.answers)
        failpoint.point("derive.done")
        merged = _load(session, run_id, source, derived)
        moodle_activities.name_graded(session, source, lot.answers)
        if tonight:
            open_activities.replace(session, source.source, scopes, derived.units.still_open)
            self._list(session, run_id, administration.finished, scopes, derived.rejected)
            accounts.remember(session, run_id, source, scopes)
        return _counts(derived, merged)

    def _list(
        self, session: Session, run_id: str, finished: set[str], scopes: Sequence[str], rejected: pd.DataFrame
    ) -> None:
        late = finished.intersection(scopes)
        for flow, part in ((FLOW, set(scopes) - late), (LATE, late)):
            rows = rejected[rejected["scope"].isin(part)]
            rejections.replace(session, run_id, flow, self.source.source, part, rows)


def _lot(courses: list[LandedCourse]) -> Lot[list[LandedCourse]]:
    return Lot([course.scope for course in courses], courses)


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
    lot: list[LandedCourse],
) -> DerivedCourses:
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
    return DerivedCourses(
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


def _counts(derived: DerivedCourses, merged: list[Merged]) -> Counts:
    """Rows are learners' graded units, graded activities without a unit, completions, and rows that are malformed."""
    units, done = derived.units, derived.done
    return Counts(
        # an enrolment more that a unit counts for, or that a completion completes, is a row more
        read=derived.read + derived.malformed + units.repeated + len(done.enrolments),
        written=sum(one.written for one in merged),
        unchanged=sum(one.unchanged for one in merged) + units.standing + done.standing,
        rejected=units.refused + done.refused + derived.malformed,
    )


def _load(session: Session, run_id: str, source: Source, derived: DerivedCourses) -> list[Merged]:
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
