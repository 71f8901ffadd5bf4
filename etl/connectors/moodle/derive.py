"""From landed answers to unit results and completions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session

from etl.connectors.moodle import activities as moodle_activities
from etl.connectors.moodle import remembered
from etl.connectors.moodle.before_poll import CourseList
from etl.connectors.moodle.due import NOTHING_KNOWN, Due
from etl.connectors.moodle.due import due as due_of
from etl.connectors.moodle.landed import (
    COMPLETION,
    FLOW,
    LATE,
    USERS,
    Answers,
    answers_of,
    completions_seen,
    newest,
    read_courses,
)
from etl.connectors.moodle.some_learners import some_answers
from etl.engine import failpoint
from etl.engine.course_derivation import Derivation, Lot
from etl.engine.decoding import MALFORMED
from etl.engine.night import batches_of
from etl.engine.polling import found_for
from etl.engine.sources import Source
from etl.load import open_activities, rejections
from etl.load.merge import Merged, merge
from etl.load.runs import Counts
from etl.results.administration import Administration
from etl.transform.came_in import came_in
from etl.transform.completions import Completions, completion_sightings, course_completions, unsettled
from etl.transform.enrolments import courses_without_learners, not_enrolled
from etl.transform.learners import NOBODY
from etl.transform.rejected import combined
from etl.transform.unit_results import RESULT_COLUMNS, UnitResults, unit_results

_LEARNER: Final = ["scope", "user_id"]
_ITEMS_A_LOT: Final = 250_000  # grade items in memory at once
_LEARNERS_A_LOT: Final = 20_000  # those of courses of which only some are derived
_COURSES_A_LOOK: Final = 50  # of which the index of landings is held at once
# What a list of participants says of a course, and not of a learner.
_OF_LISTS: Final = [f"{USERS}/{MALFORMED}", "course/identity_hidden"]


@dataclass(frozen=True)
class Courses:
    """Answers to derive: of whole courses, or where ``held`` is given only of some learners (see some_learners).

    ``known``: of each course what it is derived from (see Due), nothing for a past night.
    """

    answers: Answers
    known: pd.DataFrame
    held: pd.DataFrame | None = None
    lists: Sequence[str] = ()


class MoodleDerivation(Derivation[Courses]):
    """Unit results (or proposals), completions, and what is rejected."""

    flow = FLOW
    people = (COMPLETION,)

    def lots(
        self, session: Session, courses: Sequence[str], night: datetime | None, *, again: bool
    ) -> Iterator[Lot[Courses]]:
        """First the courses of which some learners are derived, then the others, up to so many items at a time."""
        if night is not None:
            yield from self._whole(session, courses, night, NOTHING_KNOWN)
            return
        due = due_of(self.engine, session, self.source, courses, again=again)
        whole = set(due.whole)
        for part in due.parts(_LEARNERS_A_LOT):
            lot, concern_everybody = self._some(session, part)
            whole |= concern_everybody
            if lot is not None:
                yield lot
        yield from self._whole(session, [s for s in due.courses["scope"] if s in whole], None, due.courses)

    def _some(self, session: Session, due: Due) -> tuple[Lot[Courses] | None, set[str]]:
        """The learners who are due, and the courses in which that concerns everybody."""
        if not due.some:
            return None, set()
        answers, held = some_answers(session, self.source, due)
        links = Administration(self.engine, self.source, due.some).activity_links
        everybody = remembered.reshaped(held, answers, links)
        if everybody:
            lot, more = self._some(session, due.without(everybody))
            return lot, everybody | more
        lists = sorted(set(due.lists["scope"]))
        return _lot(due.some, Courses(answers, due.known_of(due.some), held, lists)), set()

    def _whole(
        self, session: Session, courses: Sequence[str], night: datetime | None, known: pd.DataFrame
    ) -> Iterator[Lot[Courses]]:
        looks = batches_of(courses, _COURSES_A_LOOK)
        indexes = (newest(found_for(session, self.source, look, night)) for look in looks)
        for taken in read_courses(session, indexes, _ITEMS_A_LOT):
            yield _lot(taken.scopes, Courses(answers_of(taken), known[known["scope"].isin(taken.scopes)]))

    def load(self, session: Session, run_id: str, lot: Lot[Courses], *, tonight: bool) -> Counts:
        """Record results; rows are as ``_counts`` says."""
        source, answers, held = self.source, lot.answers.answers, lot.answers.held
        administration, persons = self.administration(lot)
        derived = results_of(
            session,
            administration,
            CourseList(self.engine, source),
            source,
            answers,
            persons,
            whole=held is None,
        )
        failpoint.point("derive.done")
        merged = _load(session, run_id, source, derived)
        moodle_activities.name_graded(session, source, answers.names)
        if tonight:
            self._replace_open(session, lot, derived, persons)
            self._list(session, run_id, administration.finished, lot, derived.rejected)
            self._keep(session, lot, administration, persons)
        return _counts(derived, merged)

    def administration(self, lot: Lot[Courses]) -> tuple[Administration, pd.DataFrame]:
        """What is known of the courses and their learners, and who these are."""
        administration = Administration(self.engine, self.source, lot.scopes)
        answers, held = lot.answers.answers, lot.answers.held
        people = pd.concat([answers.people, answers.absent.assign(user_idnumber=None)], ignore_index=True)
        if held is None:
            return administration, administration.persons(administration.profiles(people))
        sure = held.loc[held["sure"], list(NOBODY.columns)].merge(people[_LEARNER], on=_LEARNER)
        others = people.merge(sure[_LEARNER], on=_LEARNER, how="left_anti")
        if len(others):
            found = administration.persons(administration.profiles(others))
            sure = pd.concat([sure, found], ignore_index=True)
        clients = sorted({*sure["client_code"].dropna(), *held["client_code"].dropna()})
        return Administration(self.engine, self.source, lot.scopes, clients), sure.astype(NOBODY.dtypes)

    def _replace_open(
        self, session: Session, lot: Lot[Courses], derived: "DerivedCourses", persons: pd.DataFrame
    ) -> None:
        held, clients = lot.answers.held, None
        if held is not None:
            clients = sorted({*persons["client_code"].dropna(), *held["client_code"].dropna()})
        open_activities.replace(session, self.source.source, lot.scopes, derived.units.still_open, clients)

    def _list(
        self, session: Session, run_id: str, finished: set[str], lot: Lot[Courses], rejected: pd.DataFrame
    ) -> None:
        late, held = finished.intersection(lot.scopes), lot.answers.held
        for flow, part in ((FLOW, set(lot.scopes) - late), (LATE, late)):
            rows = rejected[rejected["scope"].isin(part)]
            if held is None:
                rejections.replace(session, run_id, flow, self.source.source, part, rows)
            else:
                seen = held[held["scope"].isin(part)]
                lists = part.intersection(lot.answers.lists)
                rejections.replace_some(
                    session, run_id, flow, self.source.source, seen, lists, _OF_LISTS, rows
                )

    def _keep(
        self, session: Session, lot: Lot[Courses], administration: Administration, persons: pd.DataFrame
    ) -> None:
        """Remember what was derived."""
        answers, held, known = lot.answers.answers, lot.answers.held, lot.answers.known
        if known.empty:
            return
        learners = remembered.of_learners(
            answers,
            administration.activity_links,
            persons,
            listed=answers.participants if held is None else held[held["listed"]],
            met=answers.participants if held is None else held,
        )
        whole = list(lot.scopes) if held is None else []
        version = int(known["reference_version"].min())
        remembered.keep_learners(session, self.source, learners, version, whole)
        remembered.keep_courses(session, self.source, known, answers.answered)


def _lot(scopes: Sequence[str], courses: Courses) -> Lot[Courses]:
    inputs = dict(zip(courses.known["scope"], courses.known["inputs"], strict=True))
    return Lot(scopes, courses, inputs)


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
    told = persons.merge(answers.people[_LEARNER], on=_LEARNER)
    matched, enrolments, unmatched = administration.enrolled(told)
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
    done = course_completions(
        answers.completed,
        matched,
        enrolments,
        recorded,
        completion_sightings(completions_seen(session, source.source, moved)),
        administration.places,
        source.timezone,
    )
    _, absent, _ = administration.enrolled(persons.merge(answers.absent, on=_LEARNER))
    listed = [answers.rejected, unmatched, units.rejected, done.rejected, not_enrolled(absent)]
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


def _with_proof(answers: Answers, site: CourseList) -> pd.DataFrame:
    """The pass grades, and of those that are older than a report whether the course was left as it was since."""
    modules = answers.modules
    reported = modules["scope"].map(answers.learners.groupby("scope")["landing_id"].max()).astype("float64")
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
