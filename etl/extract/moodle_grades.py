"""Moodle's grade report as a table: a million grade items in seconds (spec/moodle.md, Facts: grades)."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

import msgspec
import numpy as np
import pandas as pd
from msgspec import Raw

from etl.extract.contract import BROKEN, Decoded, Epoch, Id, Rejects, Text, each, outlined

_MODULE: Final = "mod"
_COURSE: Final = "course"
_LEARNERS_AT_ONCE: Final = 500  # decoded objects take ten times the room of the table that is made of them
# Only the class is Moodle's own verdict: the title is translated, the fa- name differs by version.
_VERDICT: Final = re.compile(r'\bclass="[^"]*\btext-(success|danger)\b')


class GradeItem(msgspec.Struct, gc=False):
    """A grade of one learner; cmid and itemmodule are there for activities only.

    graderaw is required: a site that hides the grade column leaves it out, which is not "no grade".
    """

    itemtype: str
    graderaw: float | None
    gradedategraded: Epoch | None
    cmid: Id | None = None
    itemmodule: Text | None = None
    itemnumber: int | None = None
    grademin: float | None = None
    grademax: float | None = None
    gradeformatted: str | None = None


class UserGrades(msgspec.Struct):
    """All grade items of one learner in a course."""

    userid: Id
    gradeitems: list[GradeItem]
    useridnumber: Text | None = None


class UserGradeRows(msgspec.Struct):
    """The same with undecoded items."""

    userid: Id
    gradeitems: list[Raw]
    useridnumber: Text | None = None


class Report(msgspec.Struct):
    """Answer of gradereport_user_get_grade_items, its learners undecoded."""

    usergrades: list[Raw]


_report = msgspec.json.Decoder(Report)
_user = msgspec.json.Decoder(UserGrades)
_user_rows = msgspec.json.Decoder(UserGradeRows)
_item = msgspec.json.Decoder(GradeItem)


def decode_grade_report(body: bytes) -> Decoded:
    """Grades of activities, and course totals (user_id, grade_percent).

    frame: user_id, user_idnumber, activity_id, module, grade (NaN = ungraded), grade_min, grade_max,
    graded_at (epoch s, 0 = never), verdict (1 passed, -1 failed, 0 none). An activity's first grade only:
    outcomes and other further grade items of an activity are not what its pass grade is about.
    """
    rejects = Rejects()
    report = outlined(body, _report, "grade report", rejects)
    rows = report.usergrades if report else []
    modules: dict[str | None, int] = {}
    grades, totals = [], []
    for start in range(0, len(rows) or 1, _LEARNERS_AT_ONCE):
        users = _users(rows[start : start + _LEARNERS_AT_ONCE], start, rejects)
        grades.append(_grades(users, modules))
        totals.append(_totals(users))
    frame = pd.concat(grades, ignore_index=True)
    frame["module"] = pd.Categorical.from_codes(
        frame["module"], categories=pd.Index(list(modules), dtype="str")
    )
    return Decoded(frame, pd.concat(totals, ignore_index=True), rejects.frame())


def _users(rows: Sequence[Raw], start: int, rejects: Rejects) -> list[UserGrades]:
    """The learners of some rows: at once where all of them are good, else row by row."""
    try:
        users = [_user.decode(row) for row in rows]
    except BROKEN:
        users = []
    if users and _complete(users):
        return users
    return list(_row_by_row(rows, start, rejects))


def _complete(users: Sequence[UserGrades]) -> bool:
    items = chain.from_iterable(user.gradeitems for user in users)
    return all(i.cmid is not None and i.itemmodule is not None for i in items if i.itemtype == _MODULE)


def _row_by_row(rows: Sequence[Raw], start: int, rejects: Rejects) -> Iterator[UserGrades]:
    for user in each(rows, _user_rows, rejects, "user", start=start):
        prefix = f"user {user.userid}, "
        good = []
        for item in each(user.gradeitems, _item, rejects, "activity", prefix):
            if item.itemtype == _MODULE and (item.cmid is None or item.itemmodule is None):
                rejects.add(f"{prefix}activity {item.cmid}", "Object missing `cmid` or `itemmodule`")
            else:
                good.append(item)
        yield UserGrades(user.userid, good, user.useridnumber)


def _grades(users: Sequence[UserGrades], modules: dict[str | None, int]) -> pd.DataFrame:
    """The grades of some learners; ``module`` is a number, given in ``modules`` to each name that is met."""
    items: list[GradeItem] = []
    counts = []
    for user in users:
        mine = [i for i in user.gradeitems if i.itemtype == _MODULE and not i.itemnumber]
        items += mine
        counts.append(len(mine))
    rows = np.repeat(np.arange(len(users)), counts)
    ids = np.array([user.userid for user in users], dtype=np.int64)
    idnumbers = pd.array([user.useridnumber or "" for user in users], dtype="str")
    return pd.DataFrame(
        {
            "user_id": ids[rows],
            "user_idnumber": idnumbers.take(rows),
            "activity_id": np.array([i.cmid for i in items], dtype=np.int64),
            # Five times as fast as letting pandas sort out a million texts of which ten differ.
            "module": np.array(
                [modules.setdefault(i.itemmodule, len(modules)) for i in items], dtype=np.int64
            ),
            "grade": np.array([i.graderaw for i in items], dtype=np.float64),
            "grade_min": np.array([i.grademin for i in items], dtype=np.float64),
            "grade_max": np.array([i.grademax for i in items], dtype=np.float64),
            "graded_at": np.array([i.gradedategraded or 0 for i in items], dtype=np.int64),
            "verdict": np.array([_verdict(i.gradeformatted) for i in items], dtype=np.int8),
        },
        copy=False,
    )


def _verdict(text: str | None) -> int:
    start = text.find("<i ") if text else -1
    return _verdict_of_icon(text[start : text.find(">", start)]) if text and start >= 0 else 0


@lru_cache(maxsize=256)
def _verdict_of_icon(tag: str) -> int:
    found = _VERDICT.search(tag)
    return 0 if found is None else 1 if found[1] == "success" else -1


def _totals(users: Sequence[UserGrades]) -> pd.DataFrame:
    found = [(user.userid, i) for user in users for i in user.gradeitems if i.itemtype == _COURSE]
    low = np.array([i.grademin for _, i in found], dtype=np.float64)
    high = np.array([i.grademax for _, i in found], dtype=np.float64)
    raw = np.array([i.graderaw for _, i in found], dtype=np.float64)
    span = np.where(high > low, high - low, np.nan)
    ids = np.array([user_id for user_id, _ in found], dtype=np.int64)
    return pd.DataFrame({"user_id": ids, "grade_percent": (raw - low) / span * 100})
