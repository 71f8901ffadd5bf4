"""What came in about everybody in a course, whole grade reports and pass grades, and of whom it says something else
than what was derived: nobody else is looked at.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd
from msgspec import Raw
from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.moodle import contract
from etl.connectors.moodle.activity_names import COLUMNS as NAME_COLUMNS
from etl.connectors.moodle.activity_names import LEARNERS_READ
from etl.connectors.moodle.activity_names import Row as NameRow
from etl.connectors.moodle.contract import CourseModule
from etl.connectors.moodle.grade_report import report_of, rows_of, same_grades
from etl.connectors.moodle.grades import GradeReports
from etl.connectors.moodle.landed import GRADES, MODULE, USER_GRADES
from etl.engine.sources import Source
from etl.errors import RejectRecord, RetryLater
from etl.load import landing
from etl.transform.unit_results import shown_activities

_NEVER: Final = -1  # before everything that was landed
_NOTHING_SHOWN: Final = pd.DataFrame({"scope": [], "activity_id": [], "module": []}).astype(
    {"scope": "str", "activity_id": "int64", "module": "str"}
)

_Rows = Mapping[int, tuple[int, Raw]]  # of each learner the newest report, and what it says, undecoded


@dataclass(frozen=True)
class Anew:
    """What came in about everybody in courses (``scopes``) that were derived before.

    ``whole``: those of which it cannot be told whom it concerns; ``learners``: scope, user_id of those whom it does in
    the others. ``names``: scope and the columns of activity_names, as reports name activities now. ``shown``: scope,
    activity_id, module of what is shown now, as far as a few learners tell. ``passes``: scope, landing_id of the pass
    grades that were read.
    """

    scopes: Sequence[str]
    whole: frozenset[str]
    learners: pd.DataFrame
    names: pd.DataFrame
    shown: pd.DataFrame
    passes: pd.DataFrame

    def of(self, scopes: Collection[str]) -> "Anew":
        """The same of some courses."""
        frames = (self.learners, self.names, self.shown, self.passes)
        return Anew(
            [scope for scope in self.scopes if scope in scopes],
            self.whole.intersection(scopes),
            *(frame[frame["scope"].isin(list(scopes))] for frame in frames),
        )


@dataclass(frozen=True)
class _Landed:
    """Landings that count at some moment: the ``whole`` report (_NEVER: none), newer reports of ``single`` learners,
    the oldest first, and pass grades by activity (``passes``).
    """

    whole: int
    single: Sequence[int]
    passes: Mapping[int, int]

    @property
    def reports(self) -> list[int]:
        """All reports, the oldest first: of a learner the last one counts."""
        return [*([] if self.whole == _NEVER else [self.whole]), *self.single]


@dataclass(frozen=True)
class _Course:
    """What counted when a course was derived (``then``) and counts ``now``, with the ``bodies``; the activities that
    count for units (``mapped``) and those that reports showed (``shown``).
    """

    scope: str
    then: _Landed
    now: _Landed
    bodies: Mapping[int, bytes]
    mapped: frozenset[int]
    shown: frozenset[int]


@dataclass
class _Found:
    """What is found, course after course: see Anew."""

    whole: set[str] = field(default_factory=set)
    learners: list[tuple[str, int]] = field(default_factory=list)
    names: list[tuple[str, str, str, str]] = field(default_factory=list)
    shown: list[pd.DataFrame] = field(default_factory=list)
    passes: list[tuple[str, int]] = field(default_factory=list)


def told_anew(session: Session, source: Source, courses: pd.DataFrame) -> Anew:
    """What came in about everybody in these courses; ``courses``: scope, facts, activities (see Due)."""
    found = _Found()
    for course in _courses(session, source, courses):
        _look_at(course, found)
    return Anew(
        courses["scope"].tolist(),
        frozenset(found.whole),
        _frame(found.learners, "user_id"),
        pd.DataFrame(found.names, columns=["scope", *NAME_COLUMNS], dtype="str"),
        pd.concat([_NOTHING_SHOWN, *found.shown], ignore_index=True),
        _frame(found.passes, "landing_id"),
    )


def by_pass_grade(grades: pd.DataFrame) -> "pd.Series[bool]":
    """Which grades are compared with a pass grade: the site gives no verdict of its own."""
    return grades["grade"].notna() & (grades["withheld"] == 0) & (grades["verdict"] == 0)


def _frame(rows: list[tuple[str, int]], number: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["scope", number]).astype({"scope": "str", number: "int64"})


def _courses(session: Session, source: Source, courses: pd.DataFrame) -> Iterator[_Course]:
    scopes, unpacker = courses["scope"].tolist(), landing.unpacker_of(session)
    landed = defaultdict(list)
    for row in db.rows(session, "moodle/derived.then_and_now", source=source.source, scopes=scopes):
        landed[row["scope"]].append(row)
    for scope, facts, activities in courses[["scope", "facts", "activities"]].itertuples(index=False):
        then, now = (_landed(landed[scope], moment) for moment in ("landed_then", "landed_now"))
        needed = {*then.reports, *now.reports, *then.passes.values(), *now.passes.values()}
        yield _Course(
            scope,
            then,
            now,
            {one.landing_id: one.body for one in landing.read(session, needed, unpacker)},
            frozenset(int(activity) for _, _, activity in json.loads(facts)["links"]),
            frozenset(map(int, json.loads(activities))),
        )


def _landed(rows: Sequence[Mapping[str, Any]], moment: str) -> _Landed:
    counted = [(row["resource"], row["key"], row[moment]) for row in rows if row[moment] is not None]
    whole = max((one for resource, _, one in counted if resource == GRADES), default=_NEVER)
    single = sorted(one for resource, _, one in counted if resource == USER_GRADES and one > whole)
    return _Landed(whole, single, {int(key): one for resource, key, one in counted if resource == MODULE})


def _look_at(course: _Course, found: _Found) -> None:
    rows = {one: rows_of(course.bodies[one]) for one in {*course.then.reports, *course.now.reports}}
    passes = _other_passes(course)
    if passes is None or None in rows.values():
        found.whole.add(course.scope)
        return
    then, now = (
        {user: (one, row) for one in landed.reports for user, row in (rows[one] or {}).items()}
        for landed in (course.then, course.now)
    )
    reported = {user: one for user, (one, _) in then.items() if one > min(passes.values(), default=one)}
    grades, names = _told_now(course, now, reported)
    learners = {*_told_otherwise(then, now), *_judged_otherwise(grades, passes, reported)}
    fresh = set(course.now.passes.values()) - set(course.then.passes.values())
    found.learners += [(course.scope, user) for user in learners]
    found.passes += [(course.scope, one) for one in fresh]
    found.names += [(course.scope, *row) for row in names]
    found.shown.append(shown_activities(grades.assign(scope=course.scope)))


def _told_otherwise(then: _Rows, now: _Rows) -> Iterator[int]:
    """Who came to the reports, left them, or of whom they say something else."""
    for user in then.keys() | now.keys():
        if user not in then or user not in now or not same_grades(then[user][1], now[user][1]):
            yield user


def _judged_otherwise(
    grades: pd.DataFrame, passes: Mapping[int, int], reported: Mapping[int, int]
) -> "pd.Series[int]":
    """Whose grade is compared with another pass grade (see _other_passes); ``reported``: by the report of which landing
    they were derived.
    """
    compared = grades[by_pass_grade(grades) & grades["activity_id"].isin(list(passes))]
    since, derived = compared["activity_id"].map(passes), compared["user_id"].map(reported)
    return compared.loc[derived > since, "user_id"]


def _told_now(course: _Course, now: _Rows, learners: Collection[int]) -> tuple[pd.DataFrame, list[NameRow]]:
    """The grades of some learners, and of the first ones of the whole report; and how that names activities."""
    reports, wanted = GradeReports(), {*list(now)[:LEARNERS_READ], *learners}
    for one in course.now.reports:
        rows = [row for user, (report, row) in now.items() if report == one and user in wanted]
        reports.add(report_of(rows), names=one == course.now.whole)
    return reports.table().frame, [row for _, row in reports.named]


def _other_passes(course: _Course) -> dict[int, int] | None:
    """Which activities with a unit have another pass grade, each with a landing: who was derived by a newer report is
    judged by another one now. None where no report shows the activity, which decides on a unit of everybody.
    """
    found = {}
    for activity in course.mapped & course.now.passes.keys():
        then, now = course.then.passes.get(activity, _NEVER), course.now.passes[activity]
        other = then == _NEVER or _module(course.bodies[then]) != _module(course.bodies[now])
        if other and activity not in course.shown:
            return None
        if other or (course.then.whole < then and now < course.now.whole):
            # Not read again with a new report, it may have changed since.
            found[activity] = _NEVER
        elif then < now:
            found[activity] = then
    return found


def _module(body: bytes) -> CourseModule | None:
    """What is judged by; None where it cannot be read."""
    try:
        return contract.decode_course_module(body)
    except (RejectRecord, RetryLater):
        return None
