"""The landed answers about courses, taken in: the newest of each, read back and decoded (see answers)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection as Session

from etl.connectors.moodle import contract
from etl.connectors.moodle.grades import GradeReports
from etl.connectors.moodle.participants import ParticipantLists
from etl.engine.decoding import MALFORMED
from etl.errors import RejectRecord, RetryLater
from etl.load import landing

FLOW: Final = "moodle_results"
LATE: Final = f"{FLOW}/late"  # what is rejected of courses whose occurrences are finished
SYSTEM: Final = "moodle"
_LEARNER: Final = ["scope", "user_id"]
_USER: Final = r"^user ([0-9]+)(?:,|$)"  # see etl.engine.decoding.key_of
USERS, GRADES, USER_GRADES, MODULE, COMPLETION = "users", "grades", "user_grades", "module", "completion"
ACCESS: Final = "access"  # who is in a course and when each was there last; USERS tells who they are, too


class LandedAnswers:
    """Answers about some courses, taken in one after another, the oldest first."""

    def __init__(self) -> None:
        self._courses: dict[str, int] = {}  # each with its place
        self.items = 0  # what memory is bounded by
        self.modules: list[tuple[str, int, str, float, float, int, float]] = []
        self.completions: list[tuple[str, int, int, int]] = []
        self._lists = ParticipantLists()
        self._list_scopes: list[str] = []
        self._reports = GradeReports()
        self._origins: list[
            tuple[int, str, str, int]
        ] = []  # of each report: course, resource, learner, landing
        self.rejected: list[pd.DataFrame] = []

    @property
    def scopes(self) -> list[str]:
        """The courses."""
        return list(self._courses)

    def take(self, answer: landing.Landed, only: Collection[int] | None = None) -> None:
        """Take in an answer; of a grade report what it says of some learners (``only``), or of all."""
        self._courses.setdefault(answer.scope, len(self._courses))
        if answer.resource in (GRADES, USER_GRADES):
            self._take_report(answer, only)
        elif answer.resource == USERS:
            self._list_scopes.append(answer.scope)
            self._list(answer, self._lists.add(answer.body))
        elif answer.resource == MODULE:
            self._take_module(answer)
        elif answer.resource == COMPLETION:
            self._take_completion(answer)

    def _take_report(self, answer: landing.Landed, only: Collection[int] | None) -> None:
        course = self._courses[answer.scope]
        self._origins.append((course, answer.resource, answer.key, answer.landing_id))
        whole = answer.resource == GRADES and only is None
        self.items += self._reports.add(answer.body, only, names=whole)

    def _take_module(self, answer: landing.Landed) -> None:
        if not answer.body:
            return  # what was read before may be out of date, and could not be read again
        try:
            module = contract.decode_course_module(answer.body)
        except RejectRecord:
            return  # the grade report shows whether the activity is there; without a pass grade it is not judged
        grade_pass = float("nan") if module.grade_pass is None else module.grade_pass
        read = answer.landing_id, answer.landed_at.timestamp()
        self.modules.append(
            (answer.scope, module.activity_id, module.module, grade_pass, module.tolerance, *read)
        )

    def _take_completion(self, answer: landing.Landed) -> None:
        try:
            completion = contract.decode_completion(answer.body)
        except RejectRecord as problem:
            if problem.reason_code == MALFORMED:
                listed = {"record_key": answer.key, "reason_code": MALFORMED, "reason": str(problem)}
                self._list(answer, pd.DataFrame([listed]))
            return
        if completion.completed_at is not None:
            moment = int(completion.completed_at.timestamp())
            self.completions.append((answer.scope, int(answer.key), moment, answer.landing_id))

    def _list(self, answer: landing.Landed, rejected: pd.DataFrame) -> None:
        if not rejected.empty:
            self.rejected.append(list_rejects(answer.scope, answer.resource, rejected, answer.key or None))

    def named(self) -> list[tuple[str, str, str, str]]:
        """scope and the columns of activity_names, of what whole reports name."""
        scopes = self.scopes
        return [(scopes[self._origins[report][0]], *row) for report, row in self._reports.named]

    def participants(self) -> pd.DataFrame:
        """The lists of participants, one below the other."""
        listed = self._lists.table()
        scopes = pd.Index(self._list_scopes, dtype="str").take(listed["list"].to_numpy())
        return listed.drop(columns="list").assign(scope=scopes)

    def reports(self) -> tuple[pd.DataFrame, pd.DataFrame, list[pd.DataFrame]]:
        """Grades and learners as Answers has them, of a learner's reports the newest; and every row of an answer that
        cannot be read.
        """
        table = self._reports.table()
        course = np.array([origin[0] for origin in self._origins], dtype=np.int64)
        landing_id = np.array([origin[-1] for origin in self._origins], dtype=np.int64)
        grades, learners = table.frame, table.learners.assign(course=course[table.learners["report"]])
        if len(set(course)) < len(course):
            grades, learners = _newest(grades, learners)
        scopes = pd.Index(self.scopes, dtype="str")
        learners = learners.assign(
            scope=scopes.take(learners["course"].to_numpy()), landing_id=landing_id[learners["report"]]
        )
        grades = grades.assign(
            # A category: a million texts would cost more than the rest.
            scope=pd.Categorical.from_codes(course[grades["report"]], scopes),
            landing_id=landing_id[grades["report"]],
        )
        rejected = [*self.rejected, *self._refused(table.refused)]
        return grades.drop(columns="report"), learners.drop(columns=["report", "course"]), rejected

    def _refused(self, refused: Sequence[tuple[int, pd.DataFrame]]) -> Iterator[pd.DataFrame]:
        """The rows of reports that cannot be read, but for learners of whom there is a newer report."""
        newer = {
            (course, learner) for course, resource, learner, _ in self._origins if resource == USER_GRADES
        }
        scopes = self.scopes
        for position, rows in refused:
            course, resource, learner, _ = self._origins[position]
            listed = list_rejects(scopes[course], resource, rows, learner or None)
            if resource == GRADES:
                told = [(course, one) not in newer for one in listed["learner"]]
                listed = listed[told]
            yield listed


def newest(found: pd.DataFrame) -> pd.DataFrame:
    """Of an index of landings, what results are derived from: single grade reports when newer than the whole one."""
    whole = found[found["resource"] == GRADES].set_index("scope")["landing_id"]
    older = found["landing_id"] < pd.to_numeric(found["scope"].map(whole))
    return found[~((found["resource"] == USER_GRADES) & older) & (found["resource"] != ACCESS)]


def read_courses(session: Session, indexes: Iterable[pd.DataFrame], most: int) -> Iterator[LandedAnswers]:
    """Take in the landed answers of indexes (see ``newest``) course by course, up to so many grade items at once."""
    taken, unpacker = LandedAnswers(), landing.unpacker_of(session)
    for _, rows in chain.from_iterable(found.groupby("scope", sort=True) for found in indexes):
        for answer in landing.read(session, rows["landing_id"].tolist(), unpacker):
            taken.take(answer)
        if taken.items >= most:
            yield taken
            taken = LandedAnswers()
    if taken.scopes:
        yield taken


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


def _newest(grades: pd.DataFrame, learners: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Of a learner's reports in a course the newest, which was taken in last."""
    last = learners.groupby(["course", "user_id"])["report"].transform("max")
    older = learners.loc[learners["report"] < last, ["report", "user_id"]]
    if older.empty:
        return grades, learners
    return (
        grades.merge(older, on=["report", "user_id"], how="left_anti"),
        learners[learners["report"] == last].reset_index(drop=True),
    )
