"""Moodle's grade report as a table: a million grade items in seconds (docs/connectors/moodle.md, Grades)."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Annotated, Any, Final

import msgspec
import numpy as np
import pandas as pd
from msgspec import Raw

from etl.engine.decoding import (
    BROKEN,
    Decoded,
    Epoch,
    Flag,
    Id,
    Rejects,
    Text,
    each,
    outline,
    outlined,
    whole,
)
from etl.transform.activity_outcomes import HIDDEN, MOST_PERCENT, PENDING

_MODULE: Final = "mod"
_COURSE: Final = "course"
# Decoded objects take ten times the room of the table that is made of them: a large report is decoded in parts.
_SMALL: Final = 32 * 1024 * 1024  # bytes
_LEARNERS_AT_ONCE: Final = 500
FIRST_OUTCOME: Final = (
    1000  # grade items from this number on are outcomes, which have no part in a pass grade
)
# Moodle's own verdict is a check or a cross before the grade. Icons behind it say something else (a late penalty is
# red too); titles are translated, and fa- names differ by version: fa-check; fa-times, fa-xmark, fa-remove.
_WITHHELD: Final = re.compile(
    rb'"grade(?:needsupdate|ishidden|hiddenbydate)"\s*:\s*(?:true|1)'
    rb'|"graderaw"\s*:\s*null[^{}]*"gradeformatted"\s*:\s*"(?!-?")'
)
Column = np.ndarray[Any, Any]
_NO_GRADE: Final = (None, "", "-")
_TAGS: Final = re.compile(r"<[^<>]*>|&nbsp;")
_BEFORE_GRADE: Final = re.compile(r"(?:\s*<[^<>]*>)+")
_VERDICT: Final = re.compile(
    r'<i\s[^>]*?\bclass="(?=[^"]*\btext-(?:(success)|danger)\b)'
    r'(?=[^"]*\bfa-(?:[a-z]+-)*(?(1)check|(?:times|xmark|remove))\b)'
)


class GradeItem(msgspec.Struct, gc=False):
    """A grade of one learner; cmid and itemmodule are there for activities only.

    graderaw is required: a site that hides the grade column leaves it out, which is not "no grade".
    """

    itemtype: str
    graderaw: float | None
    gradedategraded: Epoch | None
    cmid: Id | None = None
    itemmodule: str | None = None  # as Text it would be checked a million times, where ten names differ
    itemnumber: Annotated[int, msgspec.Meta(ge=0, le=2**31)] | None = None
    grademin: float | None = None
    grademax: float | None = None
    gradeformatted: str | None = None
    gradeneedsupdate: Flag | None = None
    gradeishidden: Flag | None = None
    gradehiddenbydate: Flag | None = None


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


class WholeReport(msgspec.Struct):
    """Answer of gradereport_user_get_grade_items."""

    usergrades: list[UserGrades]


class Report(msgspec.Struct):
    """The same with undecoded learners."""

    usergrades: list[Raw]


class Learner(msgspec.Struct):
    """Who a grade report is about."""

    userid: Id
    useridnumber: Text | None = None


class Learners(msgspec.Struct):
    """Answer of gradereport_user_get_grade_items without the grades."""

    usergrades: list[Learner]


_all = msgspec.json.Decoder(WholeReport)
_learners_only = msgspec.json.Decoder(Learners)
_learner = msgspec.json.Decoder(Learner)
_report = msgspec.json.Decoder(Report)
_user = msgspec.json.Decoder(UserGrades)
_user_rows = msgspec.json.Decoder(UserGradeRows)
_item = msgspec.json.Decoder(GradeItem)


@dataclass(frozen=True)
class Reports(Decoded):
    """Grade reports, whose they are (``learners``), and which rows of which report (by position) are rejected."""

    learners: pd.DataFrame
    refused: Sequence[tuple[int, pd.DataFrame]] = ()


def decode_grade_report(body: bytes, only: Collection[int] | None = None) -> Reports:
    """Grades of activities, one row a learner and grade item; an activity may have several, outcomes left out.

    frame: user_id, activity_id, item (number of the grade item, from 0), module, grade (NaN = ungraded or withheld),
    grade_min, grade_max, graded_at (epoch s, 0 = never), verdict (1 passed, -1 failed, 0 none), withheld (0 no,
    PENDING, HIDDEN: there may be a grade that we are not told).
    learners: user_id, user_idnumber, grade_percent of the course total (NaN = not shown or none): everybody in the
    report is a learner, whatever is shown of the total. ``only``: the learners who are wanted, by default all.
    """
    rejects, modules = Rejects(), _Numbered()
    grades, learners = [], []
    for users in _parts(body, rejects) if only is None else _parts_of(body, only, rejects):
        grades.append(_grades(users, modules))
        learners.append(_learners(users))
    everybody = _everybody(_joined(learners), [rejects], 0).drop_duplicates("user_id", ignore_index=True)
    return Reports(_frame(_joined(grades), modules), everybody, rejects.frame())


def decode_single_reports(bodies: Sequence[bytes]) -> Reports:
    """Many reports of a learner each, decoded at once: frames have a column ``report``, the position of the body."""
    rejects, modules = [Rejects() for _ in bodies], _Numbered()
    found = [
        (user, position)
        for position, body in enumerate(bodies)
        for part in _parts(body, rejects[position])
        for user in part
    ]
    users, positions = [user for user, _ in found], np.array([position for _, position in found], np.int64)
    grades = _frame(_grades(users, modules), modules)
    grades["report"] = np.repeat(positions, [len(_kept(user)) for user in users])
    everybody = _everybody(_learners(users), rejects, positions).assign(report=positions)
    refused = [(position, one.frame()) for position, one in enumerate(rejects) if one.rows]
    rejected = pd.concat([Rejects().frame(), *(rows for _, rows in refused)], ignore_index=True)
    return Reports(
        grades, everybody.drop_duplicates(["user_id", "report"], ignore_index=True), rejected, refused
    )


def decode_learners(body: bytes) -> pd.DataFrame:
    """Who stands in a grade report, without decoding it all: user_id, user_idnumber, each once.

    Raises RejectRecord when the answer is no grade report; a learner who cannot be read is left to
    ``decode_grade_report``, which lists them.
    """
    report = whole(body, _learners_only)
    if report is not None:
        users = report.usergrades
    else:
        users = list(each(outline(body, _report, "grade report").usergrades, _learner, Rejects(), "user"))
    frame = pd.DataFrame(
        {
            "user_id": np.array([user.userid for user in users], dtype=np.int64),
            "user_idnumber": pd.array([user.useridnumber or "" for user in users], dtype="str"),
        }
    )
    return frame.drop_duplicates("user_id", ignore_index=True)


def may_be_withheld(body: bytes) -> bool:
    """Whether any grade of a report may be withheld, found without decoding it."""
    return _WITHHELD.search(body) is not None


def _parts(body: bytes, rejects: Rejects) -> Iterator[list[UserGrades]]:
    """The learners of a report: all at once where it is small and good, else some at a time."""
    small = whole(body, _all) if len(body) <= _SMALL else None
    if small is not None and _complete(small.usergrades):
        yield small.usergrades
        return
    report = outlined(body, _report, "grade report", rejects)
    rows = report.usergrades if report else []
    for start in range(0, len(rows) or 1, _LEARNERS_AT_ONCE):
        yield _users(rows[start : start + _LEARNERS_AT_ONCE], start, rejects)


def _parts_of(body: bytes, only: Collection[int], rejects: Rejects) -> Iterator[list[UserGrades]]:
    """Some learners of a report, without decoding the others."""
    report = outlined(body, _report, "grade report", rejects)
    rows = [row for row in (report.usergrades if report else []) if _whose(row) in only]
    yield _users(rows, 0, rejects)


def _whose(row: Raw) -> int | None:
    """Nobody's where that cannot be read."""
    try:
        return _learner.decode(row).userid
    except BROKEN:
        return None


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
    """Has every activity its number and a name that can be kept?"""
    items = [i for i in chain.from_iterable(user.gradeitems for user in users) if i.itemtype == _MODULE]
    return None not in [i.cmid for i in items] and all(map(_is_name, {i.itemmodule for i in items}))


def _is_name(module: str | None) -> bool:
    return module is not None and "\x00" not in module


def _row_by_row(rows: Sequence[Raw], start: int, rejects: Rejects) -> Iterator[UserGrades]:
    for user in each(rows, _user_rows, rejects, "user", start=start):
        prefix = f"user {user.userid}, "
        good = []
        for item in each(user.gradeitems, _item, rejects, "activity", prefix):
            if item.itemtype == _MODULE and (item.cmid is None or not _is_name(item.itemmodule)):
                rejects.add(f"{prefix}activity {item.cmid}", "Object missing `cmid` or `itemmodule`")
            else:
                good.append(item)
        yield UserGrades(user.userid, good, user.useridnumber)


def _joined(parts: Sequence[Mapping[str, Column]]) -> dict[str, Column]:
    """The columns of all parts, one after the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


class _Numbered(dict[str | None, int]):
    """Names, each with a number that it is given when it is met first."""

    def __missing__(self, name: str | None) -> int:
        self[name] = len(self)
        return self[name]


def _frame(columns: dict[str, Column], modules: _Numbered) -> pd.DataFrame:
    frame = pd.DataFrame(columns, copy=False)
    frame["module"] = pd.Categorical.from_codes(
        frame["module"], categories=pd.Index(list(modules), dtype="str")
    )
    return frame


def _everybody(columns: dict[str, Column], rejects: Sequence[Rejects], report: Column | int) -> pd.DataFrame:
    """Everybody in some reports; a course total that cannot be kept is listed with its report, and left out."""
    beyond = np.abs(columns["grade_percent"]) >= MOST_PERCENT
    for user, position in zip(
        columns["user_id"][beyond], (report + 0 * columns["user_id"])[beyond], strict=True
    ):
        rejects[position].add(f"user {user}, course total", code="grade_out_of_range")
    kept = columns | {"grade_percent": np.where(beyond, np.nan, columns["grade_percent"])}
    return pd.DataFrame(kept).astype({"user_idnumber": "str"})


def _kept(user: UserGrades) -> list[GradeItem]:
    return [i for i in user.gradeitems if i.itemtype == _MODULE and (i.itemnumber or 0) < FIRST_OUTCOME]


def _grades(users: Sequence[UserGrades], modules: _Numbered) -> dict[str, Column]:
    """The grades of some learners; ``module`` is a number of ``modules``."""
    items: list[GradeItem] = []
    counts = []
    for user in users:
        mine = _kept(user)
        items += mine
        counts.append(len(mine))
    ids = np.array([user.userid for user in users], dtype=np.int64)
    withheld = np.array([_withheld(i) for i in items], dtype=np.int8)
    grade = np.array([i.graderaw for i in items], dtype=np.float64)
    return {
        "user_id": np.repeat(ids, counts),
        "activity_id": np.array([i.cmid for i in items], dtype=np.int64),
        "item": np.array([i.itemnumber or 0 for i in items], dtype=np.int64),
        # Five times as fast as letting pandas sort out a million texts of which ten differ.
        "module": np.array([modules[i.itemmodule] for i in items], dtype=np.int64),
        "grade": np.where(withheld > 0, np.nan, grade),
        "grade_min": np.array([i.grademin for i in items], dtype=np.float64),
        "grade_max": np.array([i.grademax for i in items], dtype=np.float64),
        "graded_at": np.array([i.gradedategraded or 0 for i in items], dtype=np.int64),
        "verdict": np.array([_verdict(i.gradeformatted) for i in items], dtype=np.int8),
        "withheld": withheld,
    }


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


def _verdict(text: str | None) -> int:
    # Without the grade that follows them the icons of a million grades are a few.
    return _verdict_of_icons(text[: text.rfind(">") + 1]) if text and "<" in text else 0


@lru_cache(maxsize=4096)
def _verdict_of_icons(markup: str) -> int:
    before = _BEFORE_GRADE.match(markup)
    found = _VERDICT.search(before[0]) if before else None
    return 0 if found is None else 1 if found[1] else -1


def _learners(users: Sequence[UserGrades]) -> dict[str, Column]:
    """Everybody in the report, with the course total where it is shown."""
    totals = [next((i for i in user.gradeitems if i.itemtype == _COURSE), None) for user in users]
    low, high, raw = (
        np.array([None if i is None or i.gradeneedsupdate else value(i) for i in totals], dtype=np.float64)
        for value in (attrgetter("grademin"), attrgetter("grademax"), attrgetter("graderaw"))
    )
    with np.errstate(over="ignore", invalid="ignore"):
        percent = (raw - low) / np.where(high > low, high - low, np.nan) * 100
    return {
        "user_id": np.array([user.userid for user in users], dtype=np.int64),
        "user_idnumber": np.array([user.useridnumber or "" for user in users], dtype=object),
        "grade_percent": percent,
    }
