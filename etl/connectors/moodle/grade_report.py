"""Moodle's grade report, from bytes to its learners and their grade items; a row that cannot be read is listed."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Annotated, Any, Final

import msgspec
import numpy as np
import pandas as pd
from msgspec import Raw

from etl.engine.decoding import BROKEN, Epoch, Flag, Id, Rejects, Text, each, outline, outlined, whole
from etl.errors import RejectRecord, RetryLater

ACTIVITY: Final = "mod"  # the type of a grade item that belongs to one
# Decoded objects take ten times the room of the table that is made of them: a large report is decoded in parts.
_SMALL: Final = 32 * 1024 * 1024  # bytes
LEARNERS_AT_ONCE: Final = 250  # of more the objects leave the cache before they are columns
_WITHHELD: Final = re.compile(
    rb'"grade(?:needsupdate|ishidden|hiddenbydate)"\s*:\s*(?:true|1)'
    rb'|"graderaw"\s*:\s*null[^{}]*"gradeformatted"\s*:\s*"(?!-?")'
)
# Whose a row is, where that stands before its grades: to pass over these takes half as long as decoding them.
_HEAD: Final = re.compile(rb'\{[^{}\[\]]*?"userid"\s*:\s*([1-9][0-9]{0,17})\s*[,}]')


class GradeItem(msgspec.Struct, gc=False):
    """A grade of one learner; cmid and itemmodule are there for activities only.

    graderaw is required: a site that hides the grade column leaves it out, which is not "no grade".
    """

    itemtype: str
    graderaw: float | None
    gradedategraded: Epoch | None
    cmid: Id | None = None
    itemmodule: str | None = None  # as Text it would be checked a million times, where ten names differ
    itemname: Any = None  # for people; whatever it is, the grade counts
    itemnumber: Annotated[int, msgspec.Meta(ge=0, le=2**31)] | None = None
    grademin: float | None = None
    grademax: float | None = None
    gradeformatted: str | None = None
    gradeneedsupdate: Flag | None = None
    gradeishidden: Flag | None = None
    gradehiddenbydate: Flag | None = None


class UserGrades(msgspec.Struct, gc=False):
    """All grade items of one learner in a course."""

    userid: Id
    gradeitems: list[GradeItem]
    useridnumber: Text | None = None


class UserGradeRows(msgspec.Struct):
    """The same with undecoded items."""

    userid: Id
    gradeitems: list[Raw]
    useridnumber: Text | None = None


class WholeReport(msgspec.Struct, gc=False):
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


def decode_learners(body: bytes) -> pd.DataFrame:
    """Who stands in a grade report, without decoding it all: user_id, user_idnumber, each once.

    Raises RejectRecord when the answer is no grade report; a learner who cannot be read is left to
    ``etl.connectors.moodle.grades``, which lists them.
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


def learners_of(
    body: bytes, rejects: Rejects, only: Collection[int] | None = None
) -> Iterator[list[UserGrades]]:
    """The learners of a report, all at once where it is small and good, else some at a time; or those who are wanted
    (``only``), without decoding the others.
    """
    small = whole(body, _all) if only is None and len(body) <= _SMALL else None
    if small is not None and _complete(small.usergrades):
        yield small.usergrades
        return
    report = outlined(body, _report, "grade report", rejects)
    rows = report.usergrades if report else []
    if only is not None:
        yield _users([row for row in rows if _whose(row) in only], 0, rejects)
        return
    for start in range(0, len(rows), LEARNERS_AT_ONCE):
        yield _users(rows[start : start + LEARNERS_AT_ONCE], start, rejects)


def rows_of(body: bytes) -> dict[int, Raw] | None:
    """What a report says of each learner, undecoded; None where that cannot be read, or is not clear of whom it is."""
    try:
        rows = outline(body, _report, "grade report").usergrades
    except (RejectRecord, RetryLater):
        return None
    found = {user: row for row in rows if (user := _whose(row)) is not None}
    return found if len(found) == len(rows) else None


def same_grades(one: Raw, other: Raw) -> bool:
    """Whether two rows say the same of a learner, by whatever name they call the activities."""
    if one == other:
        return True
    try:
        return _nameless(one) == _nameless(other)
    except BROKEN:
        return False


def _nameless(row: Raw) -> UserGrades:
    user = _user.decode(row)
    for item in user.gradeitems:
        item.itemname = None
    return user


def report_of(rows: Iterable[Raw]) -> bytes:
    """A report with these rows alone."""
    return b'{"usergrades":[' + b",".join(map(bytes, rows)) + b"]}"


def _whose(row: Raw) -> int | None:
    """Nobody's where that cannot be read."""
    head = _HEAD.match(row)
    if head:
        return int(head[1])
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
    activities = {(i.cmid, i.itemmodule) for user in users for i in user.gradeitems if i.itemtype == ACTIVITY}
    numbers, names = zip(*activities, strict=True) if activities else ((), ())
    return None not in numbers and all(map(_is_name, set(names)))


def _is_name(module: str | None) -> bool:
    return module is not None and "\x00" not in module


def _row_by_row(rows: Sequence[Raw], start: int, rejects: Rejects) -> Iterator[UserGrades]:
    for user in each(rows, _user_rows, rejects, "user", start=start):
        prefix = f"user {user.userid}, "
        good = []
        for item in each(user.gradeitems, _item, rejects, "activity", prefix):
            if item.itemtype == ACTIVITY and (item.cmid is None or not _is_name(item.itemmodule)):
                rejects.add(f"{prefix}activity {item.cmid}", "Object missing `cmid` or `itemmodule`")
            else:
                good.append(item)
        yield UserGrades(user.userid, good, user.useridnumber)
