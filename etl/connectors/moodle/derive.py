"""From landed answers to unit results and completions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session

from etl.connectors.moodle import activities as moodle_activities
from etl.connectors.moodle import remembered
from etl.connectors.moodle.answers import Answers, answers_of
from etl.connectors.moodle.before_poll import CourseList
from etl.connectors.moodle.course_results import DerivedCourses, counts_of, record, results_of
from etl.connectors.moodle.due import NOTHING_KNOWN, Due
from etl.connectors.moodle.due import due as due_of
from etl.connectors.moodle.landed import COMPLETION, FLOW, LATE, USERS, newest, read_courses
from etl.connectors.moodle.some_learners import some_answers
from etl.engine import failpoint
from etl.engine.course_derivation import Derivation, Lot
from etl.engine.decoding import MALFORMED
from etl.engine.night import batches_of
from etl.engine.polling import found_for
from etl.load import open_activities, rejections
from etl.load.runs import Counts
from etl.results.administration import Administration
from etl.results.claims import Claims
from etl.transform.learners import NOBODY
from etl.transform.positions import among
from etl.transform.unit_rejections import activity_keys

_ITEMS_A_LOT: Final = 300_000  # grade items in memory at once
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
        everybody = remembered.reshaped(session, self.source, held, answers, due.links, due.anew.shown)
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
        """Record results; rows are as ``counts_of`` says."""
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
        merged = record(session, run_id, source, derived)
        moodle_activities.name_graded(session, source, answers.names)
        if tonight:
            self._replace_open(session, lot, derived, persons)
            self._list(session, run_id, administration, lot, derived.rejected)
            self._keep(session, lot, administration, persons)
        return counts_of(derived, merged)

    def administration(self, lot: Lot[Courses]) -> tuple[Administration, pd.DataFrame]:
        """What is known of the courses and their learners, and who these are."""
        claims, answers, held = Claims(self.engine, self.source), lot.answers.answers, lot.answers.held
        people = pd.concat([answers.people, answers.absent.assign(user_idnumber=None)], ignore_index=True)
        if held is None:
            return Administration(self.engine, self.source, lot.scopes), claims.reported(people)
        sure = held.loc[held["sure"] & among(held, people), list(NOBODY.columns)]
        others = people[~among(people, sure)]
        if len(others):
            sure = pd.concat([sure, claims.reported(others)], ignore_index=True)
        clients = sorted({*sure["client_code"].dropna(), *held["client_code"].dropna()})
        return Administration(self.engine, self.source, lot.scopes, clients), sure

    def _replace_open(
        self, session: Session, lot: Lot[Courses], derived: DerivedCourses, persons: pd.DataFrame
    ) -> None:
        held, courses, clients = lot.answers.held, list(lot.scopes), None
        if held is not None:
            met = pd.concat([frame[["scope", "client_code"]] for frame in (persons, held)])
            met = met.dropna().drop_duplicates()
            courses, clients = met["scope"].tolist(), met["client_code"].tolist()
        open_activities.replace(session, self.source.source, courses, derived.units.still_open, clients)

    def _list(
        self,
        session: Session,
        run_id: str,
        administration: Administration,
        lot: Lot[Courses],
        rejected: pd.DataFrame,
    ) -> None:
        late, held = administration.finished.intersection(lot.scopes), lot.answers.held
        for flow, part in ((FLOW, set(lot.scopes) - late), (LATE, late)):
            if not part:
                continue
            rows = rejected[rejected["scope"].isin(part)]
            if held is None:
                rejections.replace(session, run_id, flow, self.source.source, part, rows)
            else:
                seen = held[held["scope"].isin(part)]
                lists = part.intersection(lot.answers.lists)
                settled = activity_keys(remembered.mapped_now(seen, administration.activity_links))
                rejections.replace_some(
                    session, run_id, flow, self.source.source, seen, lists, _OF_LISTS, settled, rows
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
        courses = remembered.with_shown(known, answers.answered) if held is None else known
        remembered.keep_courses(session, self.source, courses)


def _lot(scopes: Sequence[str], courses: Courses) -> Lot[Courses]:
    inputs = dict(zip(courses.known["scope"], courses.known["inputs"], strict=True))
    return Lot(scopes, courses, inputs)
