"""Whom a change of what the administration says of a course reaches, fact by fact: REACHES is the one list of them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.moodle.answers import Answers, answers_of
from etl.connectors.moodle.landed import COMPLETION, FLOW, LATE, LandedAnswers, newest, read_courses
from etl.engine.sources import Source
from etl.load import landing
from etl.transform.activity_outcomes import FAILED, SUPPORTED_MODULES, activity_outcomes
from etl.transform.unit_rejections import RESOURCE as UNIT_RESULT

_LEARNER: Final = ["scope", "user_id"]
_NOBODY: Final = pd.DataFrame({"scope": [], "user_id": []}).astype({"scope": "str", "user_id": "int64"})
_ITEMS_AT_ONCE: Final = 300_000  # grade items in memory


@dataclass(frozen=True)
class Change:
    """A fact of a course that is another one than it was, among all its ``facts``; ``shown``: the activities that
    reports show of anybody, with their types.
    """

    scope: str
    then: Any
    now: Any
    facts: Mapping[str, Any]
    shown: Mapping[str, str]


@dataclass(frozen=True)
class Reached:
    """Courses of which everybody is reached, and learners (scope, user_id) of others; courses of which the list of
    participants is looked at again.
    """

    whole: frozenset[str] = frozenset()
    learners: pd.DataFrame = field(default_factory=_NOBODY.copy)
    lists: frozenset[str] = frozenset()


Reach = Callable[[Session, Source, Sequence[Change]], Reached]


def reached(session: Session, source: Source, courses: pd.DataFrame) -> Reached:
    """Whom the changes of some courses reach; ``courses``: scope, facts, facts_known and activities, as JSON."""
    changes: dict[str, list[Change]] = {}
    other = courses[courses["facts"] != courses["facts_known"]]
    for scope, *texts in other[["scope", "facts_known", "facts", "activities"]].itertuples(index=False):
        then, now, shown = map(json.loads, texts)
        for fact in REACHES:
            if then[fact] != now[fact]:
                changes.setdefault(fact, []).append(Change(scope, then[fact], now[fact], now, shown))
    return _together([REACHES[fact](session, source, those) for fact, those in changes.items()])


def _together(found: Sequence[Reached]) -> Reached:
    return Reached(
        frozenset().union(*(one.whole for one in found)),
        pd.concat([_NOBODY, *(one.learners for one in found)], ignore_index=True).drop_duplicates(),
        frozenset().union(*(one.lists for one in found)),
    )


def told_of(session: Session, source: Source, scopes: Sequence[str]) -> Iterator[Answers]:
    """All that is landed of some courses, as much at a time as memory is meant to hold."""
    found = newest(landing.index(session, source.source, scopes))
    return map(answers_of, read_courses(session, [found], _ITEMS_AT_ONCE))


def _everybody(session: Session, source: Source, changes: Sequence[Change]) -> Reached:
    return Reached(whole=frozenset(one.scope for one in changes))


def _where_nobody_is_reported(session: Session, source: Source, changes: Sequence[Change]) -> Reached:
    return Reached(whole=frozenset(one.scope for one in changes if not one.shown))


def _the_list(session: Session, source: Source, changes: Sequence[Change]) -> Reached:
    return Reached(lists=frozenset(one.scope for one in changes))


def refused(session: Session, source: Source, scopes: Sequence[str], resource: str) -> pd.DataFrame:
    """Learners (scope, user_id) of whom something of a kind is refused."""
    asked = {"source": source.source, "scopes": list(scopes), "flows": [FLOW, LATE], "resource": resource}
    return db.query(session, "moodle/derived.refused", **asked)


def _with_refused(session: Session, source: Source, changes: Sequence[Change]) -> Reached:
    return Reached(learners=refused(session, source, [one.scope for one in changes], UNIT_RESULT))


def _as_found_by(statement: str) -> Reach:
    """Whom a statement in sql/moodle/derived.sql finds."""

    def found(session: Session, source: Source, changes: Sequence[Change]) -> Reached:
        asked = {"source": source.source, "scopes": [one.scope for one in changes]}
        learners = db.query(session, f"moodle/derived.{statement}", **asked)
        return Reached(learners=learners)

    return found


def _any_of(*several: Reach) -> Reach:
    def found(session: Session, source: Source, changes: Sequence[Change]) -> Reached:
        return _together([reach(session, source, changes) for reach in several])

    return found


def _who_failed(session: Session, source: Source, changes: Sequence[Change]) -> Reached:
    """Who fails an activity with a unit, by the site's verdict or by the pass grade that is known."""
    mapped = {(one.scope, int(activity)) for one in changes for _, _, activity in one.facts["links"]}
    return Reached(learners=_with_outcomes(session, source, mapped, failed=True))


def _in_the_units(session: Session, source: Source, changes: Sequence[Change]) -> Reached:
    """Of whom an activity tells something, or lacks in their report, that counts for a unit of which the activities
    are others now. One that no report shows, or that cannot be mapped, holds back the unit of everybody.
    """
    whole, activities = set(), set()
    for one in changes:
        then, now = ({tuple(link) for link in links} for links in (one.then, one.now))
        differ = then ^ now
        if not all(one.shown.get(activity) in SUPPORTED_MODULES for _, _, activity in differ):
            whole.add(one.scope)
        units = {link[:2] for link in differ}
        activities |= {(one.scope, int(link[2])) for link in then | now if link[:2] in units}
    others = {(scope, activity) for scope, activity in activities if scope not in whole}
    return Reached(frozenset(whole), _with_outcomes(session, source, others))


def _who_completed(session: Session, source: Source, changes: Sequence[Change]) -> Reached:
    found = landing.index(session, source.source, [one.scope for one in changes])
    taken = LandedAnswers()
    for answer in landing.read(session, found.loc[found["resource"] == COMPLETION, "landing_id"].tolist()):
        taken.take(answer)
    completed = [(scope, user) for scope, user, *_ in taken.completions]
    return Reached(learners=pd.DataFrame(completed, columns=_LEARNER).astype(_NOBODY.dtypes))


def _with_outcomes(
    session: Session, source: Source, activities: set[tuple[str, int]], *, failed: bool = False
) -> pd.DataFrame:
    """Learners of whom one of these activities (scope, activity_id) says something; with ``failed``, that they fail."""
    wanted = pd.DataFrame(sorted(activities), columns=["scope", "activity_id"])
    learners = [_NOBODY]
    for answers in told_of(session, source, sorted(set(wanted["scope"]))):
        # Whether a pass grade is current is left open: one that fails may fail now or as soon as it is read again.
        modules = answers.modules.assign(proven=1)
        told = activity_outcomes(answers.grades, answers.answered, modules, answers.learners, wanted)
        if failed:
            told = told[told["outcome"] == FAILED]
        learners.append(told.merge(wanted, on="activity_id")[_LEARNER].drop_duplicates())
    return pd.concat(learners, ignore_index=True)


# Each fact that sql/moodle/derived.sql (course_facts) keeps of a course, and whom a change of it reaches.
REACHES: Final[Mapping[str, Reach]] = {
    # Every date is made in it.
    "timezone": _everybody,
    # A failure is recorded, or only a start.
    "record_failed": _who_failed,
    # A failed unit may be passed.
    "allow_resit": _as_found_by("with_failures"),
    # What is not recorded for lack of a start date, or waits to be reviewed with one.
    "use_enrolment_start": _any_of(_with_refused, _as_found_by("proposed")),
    # What is recorded stands; a proposal is recorded at once where nobody reviews any more.
    "review": _as_found_by("proposed"),
    # Who is matched otherwise differs (see due); that a field of all of them is hidden is said of the list.
    "matched_by": _the_list,
    # Who is enrolled in one that came has results of it, who is not is listed with it, and nobody's learners are named
    # by all of them.
    "occurrences": _everybody,
    # When all of them are, what is listed of the course and of anybody is listed elsewhere; that happens once.
    "finished": _everybody,
    # A course that never was linked completes for everybody, another one for its enrolments.
    "once_linked": _everybody,
    "links": _in_the_units,
    # Points, a competence or a registration hang on completing it: what stands in the way is listed.
    "counted": _who_completed,
    # That nobody is in it is wrong where somebody is expected.
    "anybody": _where_nobody_is_reported,
}
