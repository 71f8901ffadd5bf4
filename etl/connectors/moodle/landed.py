"""What the landed answers say about courses: the newest of each, decoded into frames."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection as Session

from etl.connectors.moodle import contract
from etl.connectors.moodle.activity_names import COLUMNS as NAME_COLUMNS
from etl.connectors.moodle.activity_names import decode_graded
from etl.connectors.moodle.grades import decode_grade_report
from etl.errors import RejectRecord, RetryLater
from etl.load import landing
from etl.transform.rejected import combined
from etl.transform.unit_results import shown_activities

FLOW: Final = "moodle_results"
LATE: Final = f"{FLOW}/late"  # what is rejected of courses whose occurrences are finished
SYSTEM: Final = "moodle"
_LEARNER: Final = ["scope", "user_id"]
_USER: Final = r"^user ([0-9]+)(?:,|$)"  # see etl.engine.decoding.key_of
MODULE_COLUMNS: Final = ["activity_id", "module", "grade_pass", "tolerance", "landing_id", "read_at"]
USERS, GRADES, USER_GRADES, MODULE, COMPLETION = "users", "grades", "user_grades", "module", "completion"
ACCESS: Final = "access"  # who is in a course and when each was there last; USERS tells who they are, too


@dataclass
class LandedCourse:
    """One course as landed. Every frame has a column scope: the course."""

    scope: str
    users: pd.DataFrame
    grades: list[pd.DataFrame] = field(default_factory=list)
    learners: list[pd.DataFrame] = field(default_factory=list)
    modules: list[tuple[int, str | None, float, float, int, float]] = field(default_factory=list)
    completions: list[tuple[int, pd.Timestamp, int]] = field(default_factory=list)
    named: list[pd.DataFrame] = field(default_factory=list)
    rejected: list[pd.DataFrame] = field(default_factory=list)

    @property
    def items(self) -> int:
        """How many grade items the course holds; what memory is bounded by."""
        return sum(len(frame) for frame in self.grades)


def newest(found: pd.DataFrame) -> pd.DataFrame:
    """Of an index of landings, what results are derived from: single grade reports when newer than the whole one."""
    whole = found[found["resource"] == GRADES].set_index("scope")["landing_id"]
    older = found["landing_id"] < pd.to_numeric(found["scope"].map(whole))
    return found[~((found["resource"] == USER_GRADES) & older) & (found["resource"] != ACCESS)]


def read_courses(session: Session, found: pd.DataFrame) -> Iterator[LandedCourse]:
    """Decode the landed answers of an index (see ``newest``), course by course."""
    for scope, rows in found.groupby("scope", sort=True):
        course = LandedCourse(str(scope), users=no_users())
        for answer in landing.read(session, rows["landing_id"].tolist()):
            read_answer(course, answer)
        yield course


def read_answer(course: LandedCourse, answer: landing.Landed) -> None:
    """Take in one of its answers."""
    _READERS[answer.resource](course, answer)


def _read_users(course: LandedCourse, answer: landing.Landed) -> None:
    decoded = contract.decode_enrolled_users(answer.body)
    course.users = decoded.frame
    _list(course, USERS, decoded.rejected)


def _read_grades(course: LandedCourse, answer: landing.Landed) -> None:
    if answer.resource == USER_GRADES:  # newer than the whole report, as what could not be read there
        course.rejected = [_without_learner(frame, answer.key) for frame in course.rejected]
    decoded = decode_grade_report(answer.body)
    if answer.resource == GRADES and len(decoded.frame):
        course.named.append(decode_graded(answer.body))
    course.grades.append(decoded.frame.assign(landing_id=answer.landing_id))
    course.learners.append(decoded.learners.assign(landing_id=answer.landing_id))
    _list(course, answer.resource, decoded.rejected, answer.key or None)


def _read_module(course: LandedCourse, answer: landing.Landed) -> None:
    if not answer.body:
        return  # what was read before may be out of date, and could not be read again
    try:
        module = contract.decode_course_module(answer.body)
    except RejectRecord:
        return  # the grade report shows whether the activity is there; without a pass grade it is not judged
    grade_pass = float("nan") if module.grade_pass is None else module.grade_pass
    read = answer.landing_id, answer.landed_at.timestamp()
    course.modules.append((module.activity_id, module.module, grade_pass, module.tolerance, *read))


def _read_completion(course: LandedCourse, answer: landing.Landed) -> None:
    try:
        completion = contract.decode_completion(answer.body)
    except RejectRecord as problem:
        if problem.reason_code == "malformed_record":
            listed = {"record_key": answer.key, "reason_code": problem.reason_code, "reason": str(problem)}
            _list(course, COMPLETION, pd.DataFrame([listed]), answer.key)
        return
    if completion.completed_at is not None:
        moment = pd.Timestamp(completion.completed_at)
        course.completions.append((int(answer.key), moment, answer.landing_id))


def completions_seen(session: Session, source: str, learners: pd.DataFrame) -> pd.DataFrame:
    """Every readable answer about the completion of some learners (scope, user_id), in the order it came.

    Returns scope, user_id, completed_at (missing = not completed).
    """
    keys = learners["user_id"].astype("str").tolist()
    landings = landing.history(session, source, COMPLETION, learners["scope"].tolist(), keys)
    seen = []
    for answer in landing.read(session, landings):
        with suppress(RejectRecord, RetryLater):
            completed_at = contract.decode_completion(answer.body).completed_at
            seen.append((answer.scope, int(answer.key), completed_at))
    frame = pd.DataFrame(seen, columns=["scope", "user_id", "completed_at"])
    return frame.astype({"scope": "str", "user_id": "int64", "completed_at": "datetime64[s, UTC]"})


_READERS = {
    USERS: _read_users,
    GRADES: _read_grades,
    USER_GRADES: _read_grades,
    MODULE: _read_module,
    COMPLETION: _read_completion,
}


def _list(course: LandedCourse, resource: str, rejected: pd.DataFrame, learner: str | None = None) -> None:
    if not rejected.empty:
        course.rejected.append(list_rejects(course.scope, resource, rejected, learner))


def list_rejects(
    scope: str, resource: str, rejected: pd.DataFrame, learner: str | None = None
) -> pd.DataFrame:
    """Rows of an answer that cannot be read, as rejected rows; with ``learner``, or whom their key names."""
    keys = rejected["record_key"].astype("str")
    named = keys.str.extract(_USER, expand=False).astype("str")
    nobody = learner is None and resource not in (GRADES, USER_GRADES)
    whose = pd.Series(learner, keys.index, "str") if learner or nobody else named
    return rejected.assign(
        scope=scope,
        resource=resource,
        record_key=scope + "/" + keys,
        learner=whose,
    )


def _without_learner(rejected: pd.DataFrame, user: str) -> pd.DataFrame:
    theirs = rejected["learner"].eq(user) & rejected["resource"].isin([GRADES, USER_GRADES])
    return rejected[~theirs.astype("bool")]


@cache
def no_users() -> pd.DataFrame:
    """A list of no participants."""
    return contract.decode_enrolled_users(b"[]").frame


@dataclass(frozen=True)
class Answers:
    """Several courses, or some learners of them, as frames with a column scope, as the transforms take them.

    ``learners``: scope, user_id, user_idnumber, grade_percent, landing_id of everybody who has a report.
    ``answered``: scope, activity_id, module of what reports show of anybody in these courses (see shown_activities).
    ``completed``: scope, user_id, completed_at, grade_percent, current (read with or after the learner's report).
    ``participants``: scope, user_id and what their list shows of them (see decode_enrolled_users).
    ``absent``: scope, user_id of participants who have neither: those of whom the site tells us nothing.
    ``names``: scope, activity_id (text), name, module, grade_pass of what whole reports name.
    """

    grades: pd.DataFrame
    learners: pd.DataFrame
    answered: pd.DataFrame
    modules: pd.DataFrame
    completed: pd.DataFrame
    participants: pd.DataFrame
    absent: pd.DataFrame
    rejected: pd.DataFrame
    malformed: int
    names: pd.DataFrame

    @property
    def people(self) -> pd.DataFrame:
        """scope, user_id, user_idnumber (missing without a report) of everybody something is told of."""
        told = [self.learners[[*_LEARNER, "user_idnumber"]], self.completed[_LEARNER]]
        return pd.concat(told, ignore_index=True).drop_duplicates(_LEARNER, ignore_index=True)


def joined(courses: list[LandedCourse]) -> Answers:
    """The frames of several courses, one below the other; of a learner's grade reports the newest counts."""
    learners = _named(_stacked((c.scope, _newest(c.learners, c.learners)) for c in courses if c.learners))
    grades = _stacked((c.scope, _newest(c.grades, c.learners)) for c in courses if c.grades)
    users = _named(_stacked((c.scope, c.users) for c in courses))
    completed = completed_courses(courses, learners)
    modules = pass_grades(courses)
    malformed = [frame for c in courses for frame in c.rejected]
    return Answers(
        grades=grades,
        learners=learners,
        answered=shown_activities(grades),
        modules=modules,
        completed=completed,
        participants=users,
        absent=told_nothing(users, learners, completed),
        rejected=combined(malformed),
        malformed=sum(map(len, malformed)),
        names=_names(courses, modules),
    )


def completed_courses(courses: list[LandedCourse], learners: pd.DataFrame) -> pd.DataFrame:
    """Who completed them: scope, user_id, completed_at, grade_percent, current; ``learners`` as Answers has them."""
    completions = pd.DataFrame(
        [(c.scope, *row) for c in courses for row in c.completions],
        columns=[*_LEARNER, "completed_at", "read"],
    ).astype({"scope": "str", "user_id": "int64", "completed_at": "datetime64[s, UTC]", "read": "int64"})
    completed = completions.merge(
        learners[[*_LEARNER, "grade_percent", "landing_id"]], on=_LEARNER, how="left"
    )
    completed["current"] = ~(completed["read"] < completed["landing_id"])
    return completed.drop(columns=["read", "landing_id"])


def pass_grades(courses: list[LandedCourse]) -> pd.DataFrame:
    """What was read of activities: scope and MODULE_COLUMNS."""
    rows = [(c.scope, *row) for c in courses for row in c.modules]
    numbers = dict.fromkeys(["grade_pass", "tolerance", "landing_id", "read_at"], "float64")
    return pd.DataFrame(rows, columns=["scope", *MODULE_COLUMNS]).astype(
        {"scope": "str", "activity_id": "int64", **numbers}
    )


def told_nothing(users: pd.DataFrame, learners: pd.DataFrame, completed: pd.DataFrame) -> pd.DataFrame:
    """Participants of whom the site tells us nothing."""
    told = pd.concat([learners[_LEARNER], completed[_LEARNER]])
    return users[_LEARNER].drop_duplicates().merge(told, on=_LEARNER, how="left_anti")


def _names(courses: list[LandedCourse], modules: pd.DataFrame) -> pd.DataFrame:
    named = [pd.DataFrame(columns=["scope", *NAME_COLUMNS], dtype="str")]
    named += [frame.assign(scope=c.scope) for c in courses for frame in c.named]
    newest = pd.concat(named, ignore_index=True).drop_duplicates(["scope", "activity_id"], keep="last")
    read = modules[["scope", "activity_id", "grade_pass"]].astype({"activity_id": "str"})
    return newest.merge(read, on=["scope", "activity_id"], how="left")


def _newest(frames: list[pd.DataFrame], reports: list[pd.DataFrame]) -> pd.DataFrame:
    """The frames of one course as one, a learner's rows from the newest report (``reports`` go with ``frames``)."""
    if len(frames) == 1:
        return frames[0]
    stacked = pd.concat(frames, ignore_index=True)
    learners = pd.concat([report["user_id"] for report in reports])
    newest = pd.Series(_numbered(reports), index=learners).groupby(level=0).max()
    return stacked[~(stacked["user_id"].map(newest) > _numbered(frames))]


def _numbered(frames: list[pd.DataFrame]) -> np.ndarray:
    """For each row of the frames, one below the other, the number of its frame."""
    return np.repeat(np.arange(len(frames)), [len(frame) for frame in frames])


def _stacked(parts: Iterable[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """Frames of courses one below the other; ``scope`` is a category: a million texts would cost more than the rest."""
    listed = list(parts)
    frames, scopes = [frame for _, frame in listed], [scope for scope, _ in listed]
    scope = pd.Categorical.from_codes(_numbered(frames), pd.Index(scopes, dtype="str"))
    return pd.concat(frames, ignore_index=True).assign(scope=scope)


def _named(stacked: pd.DataFrame) -> pd.DataFrame:
    """The same with ``scope`` as text, as what it is compared with."""
    scope = stacked["scope"].cat
    return stacked.assign(scope=scope.categories.take(scope.codes.to_numpy()))
