"""What Moodle answers, typed, and as tables (docs/connectors/moodle.md).

Unknown keys are ignored (4.5 only adds to 4.3), Booleans come as 0/1 or true/false, numbers as int or float.
"""

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec
import numpy as np
import pandas as pd
from msgspec import Raw

from etl.engine.decoding import (
    MALFORMED,
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
from etl.errors import RejectRecord

_OF_THE_SITE_HOME: Final = 0  # the category of the site's front page, which the site lists as a course


class MoodleCourse(msgspec.Struct, gc=False):
    """A course; without course:update the site shows neither idnumber nor visible. Names come as HTML text."""

    id: Id
    fullname: Text
    categoryid: int | str | None = None
    idnumber: Text | None = None
    visible: Flag = True


class CoursesAnswer(msgspec.Struct):
    """Answer of core_course_get_courses_by_field."""

    courses: list[MoodleCourse]


class CourseRows(msgspec.Struct):
    """The same with undecoded rows."""

    courses: list[Raw]


class CourseStateRow(msgspec.Struct, gc=False):
    """What tells whether a course was changed; shown only with course:update."""

    id: Id
    timemodified: Epoch | None = None
    cacherev: Epoch | None = None
    enablecompletion: Flag | None = None
    groupmode: int | None = None


class SiteFunction(msgspec.Struct):
    """A function that the token may call."""

    name: str


class SiteInfo(msgspec.Struct):
    """Answer of core_webservice_get_site_info."""

    sitename: str
    release: str
    functions: list[SiteFunction]
    userissiteadmin: Flag = False


class Module(msgspec.Struct):
    """One activity; ``gradepass`` is a rounded, localised text."""

    id: Id
    modname: Text
    gradepass: str | float | None = None


class ModuleAnswer(msgspec.Struct):
    """Answer of core_course_get_course_module."""

    cm: Module


class Criterion(msgspec.Struct):
    """A condition of course completion."""

    complete: Flag
    timecompleted: Epoch | None = None


class CompletionStatus(msgspec.Struct):
    """Completion of a course by one learner."""

    completed: Flag
    completions: list[Criterion]


class CompletionAnswer(msgspec.Struct):
    """Answer of core_completion_get_course_completion_status."""

    completionstatus: CompletionStatus


_courses = msgspec.json.Decoder(CoursesAnswer)
_course_rows = msgspec.json.Decoder(CourseRows)
_course_state = msgspec.json.Decoder(CourseStateRow)
_course = msgspec.json.Decoder(MoodleCourse)
_site_info = msgspec.json.Decoder(SiteInfo)
_module = msgspec.json.Decoder(ModuleAnswer)
_completion = msgspec.json.Decoder(CompletionAnswer)


def decode_site_info(body: bytes) -> SiteInfo:
    """Name, release and functions of the site."""
    return outline(body, _site_info, "site info")


def decode_courses(body: bytes) -> Decoded:
    """source_course_id, idnumber (missing = not visible to us, "" = none), name, visible; not the site's home."""
    rejects = Rejects()
    answer = whole(body, _courses)
    if answer is not None:
        courses = answer.courses
    else:
        rows = outlined(body, _course_rows, "courses", rejects)
        courses = list(each(rows.courses if rows else [], _course, rejects, "course"))
    courses = [course for course in courses if course.categoryid != _OF_THE_SITE_HOME]
    frame = pd.DataFrame(
        {
            "source_course_id": _texts([str(course.id) for course in courses]),
            "idnumber": _texts([course.idnumber for course in courses]),
            "name": _texts([html.unescape(course.fullname) for course in courses]),
            "visible": np.array([bool(course.visible) for course in courses], dtype=bool),
        }
    )
    return Decoded(frame, None, rejects.frame())


SEPARATE_GROUPS: Final = 1  # a course's groupmode


@dataclass(frozen=True)
class CourseState:
    """``changed``: moments that grow with each change of settings or activities; ``tracked``: completion is kept;
    ``separate``: its groups do not see each other.

    None = the site does not tell us.
    """

    changed: tuple[int, int] | None = None
    tracked: bool | None = None
    separate: bool | None = None


def decode_course_states(body: bytes) -> dict[str, CourseState]:
    """The state of each course of the site's list, by its id."""
    rows = outlined(body, _course_rows, "courses", Rejects())
    states = {}
    for row in each(rows.courses if rows else [], _course_state, Rejects(), "course"):
        shown = row.timemodified is not None and row.cacherev is not None
        states[str(row.id)] = CourseState(
            (row.timemodified or 0, row.cacherev or 0) if shown else None,
            None if row.enablecompletion is None else bool(row.enablecompletion),
            None if row.groupmode is None else row.groupmode == SEPARATE_GROUPS,
        )
    return states


@dataclass(frozen=True)
class CourseModule:
    """One activity. grade_pass: None = not shown, 0 = none; tolerance: half a unit of its last digit."""

    activity_id: int
    module: str
    grade_pass: float | None
    tolerance: float


def decode_course_module(body: bytes) -> CourseModule:
    """The pass grade of an activity, which comes as rounded text: 66.66667 as "66.67" or "66,67"."""
    cm = outline(body, _module, "activity").cm
    if cm.gradepass is None:
        return CourseModule(cm.id, cm.modname, None, 0.0)
    found = _NUMBER.fullmatch(str(cm.gradepass).strip())
    if found is None:
        raise RejectRecord("activity_not_readable", f"activity {cm.id}: the pass grade is not a number")
    decimals = found["decimals"] or ""
    grade_pass = float(f"{found['whole']}.{decimals or 0}")
    return CourseModule(cm.id, cm.modname, grade_pass, 0.5 * 10.0 ** -len(decimals))


@dataclass(frozen=True)
class Completion:
    """Whether a learner completed a course, and when (UTC)."""

    completed: bool
    completed_at: datetime | None


def decode_completion(body: bytes) -> Completion:
    """Completed, as of the latest time among the met conditions; without any time it is not believed."""
    status = outline(body, _completion, "completion").completionstatus
    if not status.completed:
        return Completion(False, None)
    times = [met.timecompleted for met in status.completions if met.complete and met.timecompleted]
    if not times:
        raise RejectRecord(MALFORMED, "completion: completed, but no met condition has a time")
    return Completion(True, datetime.fromtimestamp(max(times), UTC))


_NUMBER: Final = re.compile(r"(?P<whole>-?[0-9]{1,12})(?:[.,](?P<decimals>[0-9]{1,12}))?")


def _texts(values: list[str | None] | list[str]) -> pd.Series:
    return pd.Series(values, dtype="str")
