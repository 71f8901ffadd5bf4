"""Moodle's grade reports as a table: a million grade items in seconds (docs/connectors/moodle.md, Grades)."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

import numpy as np
import pandas as pd

from etl.connectors.moodle.activity_names import Row, of_learners
from etl.connectors.moodle.grade_report import (
    ACTIVITY,
    LEARNERS_AT_ONCE,
    GradeItem,
    UserGrades,
    learners_of,
)
from etl.engine.decoding import Decoded, Rejects
from etl.transform.activity_outcomes import HIDDEN, MOST_PERCENT, PENDING

_COURSE: Final = "course"
FIRST_OUTCOME: Final = (
    1000  # grade items from this number on are outcomes, which have no part in a pass grade
)
Column = np.ndarray[Any, Any]
_NO_GRADE: Final = (None, "", "-")
_TAGS: Final = re.compile(r"<[^<>]*>|&nbsp;")
# Moodle's own verdict is a check or a cross before the grade. Icons behind it say something else (a late penalty is
# red too); titles are translated, and fa- names differ by version: fa-check; fa-times, fa-xmark, fa-remove.
_BEFORE_GRADE: Final = re.compile(r"(?:\s*<[^<>]*>)+")
_VERDICT: Final = re.compile(
    r'<i\s[^>]*?\bclass="(?=[^"]*\btext-(?:(success)|danger)\b)'
    r'(?=[^"]*\bfa-(?:[a-z]+-)*(?(1)check|(?:times|xmark|remove))\b)'
)


@dataclass(frozen=True)
class Reports(Decoded):
    """Grade reports, whose they are (``learners``), and which rows of which report (by position) are rejected.

    frame: user_id, activity_id, item (number of the grade item, from 0), module, grade (NaN = ungraded or withheld),
    grade_min, grade_max, graded_at (epoch s, 0 = never), verdict (1 passed, -1 failed, 0 none), withheld (0 no,
    PENDING, HIDDEN: there may be a grade that we are not told), report (its position); one row a learner and grade
    item of an activity, which may have several; outcomes are left out.
    learners: user_id, user_idnumber, grade_percent of the course total (NaN = not shown or none), report: everybody in
    a report is a learner, whatever is shown of the total.
    """

    learners: pd.DataFrame
    refused: Sequence[tuple[int, pd.DataFrame]] = ()


class _Numbered(dict[str | None, int]):
    """Names, each with a number that it is given when it is met first."""

    def __missing__(self, name: str | None) -> int:
        self[name] = len(self)
        return self[name]


class _Verdicts(dict[str | None, int]):
    """Grades as they are shown, each with its verdict: a function call for each would take longer than the rest."""

    def __missing__(self, shown: str | None) -> int:
        # Without the grade that follows them the icons of a million grades are a few.
        self[shown] = _verdict(shown[: shown.rfind(">") + 1]) if shown and "<" in shown else 0
        return self[shown]


class GradeReports:
    """Takes in grade reports one after another; ``table`` is one of all of them: a frame for each would take longer
    than decoding it.
    """

    def __init__(self) -> None:
        self._rejects: list[Rejects] = []
        self._waiting: list[UserGrades] = []
        self._places: list[int] = []  # the report of each of those who wait
        self._grades: list[dict[str, Column]] = []
        self._learners: list[dict[str, Column]] = []
        self._modules = _Numbered()
        self.named: list[tuple[int, Row]] = []  # the activities of whole reports, with the report

    def add(self, body: bytes, only: Collection[int] | None = None, *, names: bool = True) -> int:
        """Take in a report, or what it says of some learners (``only``); returns how many grade items that is.

        ``names``: keep those of its activities.
        """
        position, rejects, items = len(self._rejects), Rejects(), 0
        self._rejects.append(rejects)
        for users in learners_of(body, rejects, only):
            if names and not items:
                self.named += [(position, row) for row in of_learners(users)]
            self._waiting += users
            self._places += [position] * len(users)
            items += sum([len(user.gradeitems) for user in users])
            if len(self._waiting) >= LEARNERS_AT_ONCE:
                self._settle()
        return items

    def _settle(self) -> None:
        grades, counts = _grades(self._waiting, self._modules)
        reports = np.array(self._places, dtype=np.int32)
        self._grades.append(grades | {"report": np.repeat(reports, counts)})
        self._learners.append(_learners(self._waiting) | {"report": reports})
        self._waiting, self._places = [], []

    def table(self) -> Reports:
        """What all of them say."""
        self._settle()
        learners = self._everybody(_joined(self._learners))
        refused = [(position, one.frame()) for position, one in enumerate(self._rejects) if one.rows]
        rejected = pd.concat([Rejects().frame(), *(rows for _, rows in refused)], ignore_index=True)
        frame = pd.DataFrame(_joined(self._grades), copy=False)
        names = pd.Index(list(self._modules), dtype="str")
        frame["module"] = pd.Categorical.from_codes(frame["module"], categories=names)
        return Reports(frame, learners, rejected, refused)

    def _everybody(self, columns: dict[str, Column]) -> pd.DataFrame:
        """Each learner once a report; a course total that cannot be kept is listed with its report, and left out."""
        beyond = np.abs(columns["grade_percent"]) >= MOST_PERCENT
        for user, position in zip(columns["user_id"][beyond], columns["report"][beyond], strict=True):
            self._rejects[position].add(f"user {user}, course total", code="grade_out_of_range")
        kept = columns | {"grade_percent": np.where(beyond, np.nan, columns["grade_percent"])}
        everybody = pd.DataFrame(kept).astype({"user_idnumber": "str"})
        return everybody.drop_duplicates(["user_id", "report"], ignore_index=True)


def decode_grade_report(body: bytes) -> Reports:
    """One grade report."""
    reports = GradeReports()
    reports.add(body)
    return reports.table()


def _joined(parts: Sequence[Mapping[str, Column]]) -> dict[str, Column]:
    """The columns of all parts, one after the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _whole_numbers(values: Sequence[Any], dtype: type[np.signedinteger[Any]] = np.int64) -> Column:
    """A column of them in half the time of np.array, which first finds out what they are."""
    return np.fromiter(values, dtype, len(values))


def _kept(user: UserGrades) -> list[GradeItem]:
    return [i for i in user.gradeitems if i.itemtype == ACTIVITY and (i.itemnumber or 0) < FIRST_OUTCOME]


def _grades(users: Sequence[UserGrades], modules: _Numbered) -> tuple[dict[str, Column], list[int]]:
    """The grades of some learners, and how many each has; ``module`` is a number of ``modules``."""
    items: list[GradeItem] = []
    counts = []
    for user in users:
        mine = _kept(user)
        items += mine
        counts.append(len(mine))
    verdicts = _Verdicts()
    # Nearly all of them are simple: a call for each would take as long as the rest.
    withheld = _whole_numbers(
        [0 if i.graderaw is not None and not i.gradeneedsupdate else _withheld(i) for i in items], np.int8
    )
    grade = np.array([i.graderaw for i in items], dtype=np.float64)
    columns: dict[str, Column] = {
        "user_id": np.repeat(_whole_numbers([user.userid for user in users]), counts),
        "activity_id": _whole_numbers([i.cmid for i in items]),
        "item": _whole_numbers([i.itemnumber or 0 for i in items]),
        # Five times as fast as letting pandas sort out a million texts of which ten differ.
        "module": _whole_numbers([modules[i.itemmodule] for i in items], np.int32),
        "grade": np.where(withheld > 0, np.nan, grade),
        "grade_min": np.array([i.grademin for i in items], dtype=np.float64),
        "grade_max": np.array([i.grademax for i in items], dtype=np.float64),
        "graded_at": _whole_numbers([i.gradedategraded or 0 for i in items]),
        "verdict": _whole_numbers([verdicts[i.gradeformatted] for i in items], np.int8),
        "withheld": withheld,
    }
    return columns, counts


def _withheld(item: GradeItem) -> int:
    """Without a value, a grade that is to be computed anew or is hidden is not the same as none.

    A hidden one shows by its date: without a grade (or feedback) the site gives none. One that cannot be computed
    shows by a word (Error, in the language of the site) where "-" stands for none.
    """
    if item.gradeneedsupdate:
        return PENDING
    if item.graderaw is not None:
        return 0
    if item.gradehiddenbydate or (item.gradeishidden and item.gradedategraded):
        return HIDDEN
    shown = item.gradeformatted
    return PENDING if shown not in _NO_GRADE and _TAGS.sub("", shown or "").strip() not in _NO_GRADE else 0


@lru_cache(maxsize=4096)
def _verdict(markup: str) -> int:
    before = _BEFORE_GRADE.match(markup)
    found = _VERDICT.search(before[0]) if before else None
    return 0 if found is None else 1 if found[1] else -1


def _learners(users: Sequence[UserGrades]) -> dict[str, Column]:
    """Everybody in the report, with the course total where it is shown."""
    totals = [next(iter([i for i in user.gradeitems if i.itemtype == _COURSE]), None) for user in users]
    low, high, raw = (
        np.array([None if i is None or i.gradeneedsupdate else value(i) for i in totals], dtype=np.float64)
        for value in (attrgetter("grademin"), attrgetter("grademax"), attrgetter("graderaw"))
    )
    with np.errstate(over="ignore", invalid="ignore"):
        percent = (raw - low) / np.where(high > low, high - low, np.nan) * 100
    return {
        "user_id": _whole_numbers([user.userid for user in users]),
        "user_idnumber": np.array([user.useridnumber or "" for user in users], dtype=object),
        "grade_percent": percent,
    }
