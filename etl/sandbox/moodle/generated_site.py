"""A Moodle site of any size from a seed: what happened on it, and its answers as bytes.

The same settings always give the same bytes. ``night`` plays that many later nights on top of the first:
in each, a fraction of the students of a course got a grade and was seen in the course.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from etl.sandbox.moodle.generated_json import completion_json, course_rows, module_row, report_json, user_rows
from etl.sandbox.moodle.protocol import (
    MoodleError,
    to_json,
)

FIRST_COURSE = 2
FIRST_USER = 1001
FIRST_TERM = 1_790_000_000  # grades of the first night lie in the 60 days from here
FIRST_NIGHT = 1_796_000_000
DAY = 86_400
UNGRADED = -1
NO_OPTIONS: Mapping[str, str] = {}
PASS_GRADES = (50, 75, 0, 200 / 3, 80, 55)


@dataclass(frozen=True)
class GeneratedSettings:
    """How large the site is, and how many nights later it is."""

    seed: int = 1
    courses: int = 4
    students: int = 25  # per course
    activities: int = 6  # per course
    night: int = 0
    changed: float = 0.01  # of the students of a course, each night
    completion: bool = True  # courses track completion


@dataclass(frozen=True)
class Term:
    """What the students of one course did: halves of points (UNGRADED: none), when graded, when last seen."""

    halves: NDArray[np.int64]
    graded: NDArray[np.int64]
    access: NDArray[np.int64]


@lru_cache(maxsize=64)
def term(settings: GeneratedSettings, index: int) -> Term:
    """The state of one course at its night."""
    random = np.random.default_rng((settings.seed, index))
    size = (settings.students, settings.activities)
    halves = np.where(random.random(size) < 0.15, UNGRADED, random.integers(0, 201, size))
    graded = np.where(halves == UNGRADED, 0, FIRST_TERM + random.integers(0, 60 * DAY, size))
    access = graded.max(axis=1, initial=0)
    for night in range(1, settings.night + 1):
        students, activities, points, moments = changes(settings, index, night)
        halves[students, activities] = points
        graded[students, activities] = moments
        access[students] = moments
    return Term(halves, graded, access)


def changes(settings: GeneratedSettings, index: int, night: int) -> tuple[NDArray[np.int64], ...]:
    """Who was graded in a course before a later night: students, activities, half points, times."""
    random = np.random.default_rng((settings.seed, index, night))
    students = np.flatnonzero(random.random(settings.students) < settings.changed)
    activities = random.integers(0, settings.activities, len(students))
    points = random.integers(100, 201, len(students))
    moments = FIRST_NIGHT + night * DAY + random.integers(0, DAY // 2, len(students))
    return students, activities, points, moments


class GeneratedSite:
    """The site itself, usable without HTTP: every answer as bytes."""

    def __init__(self, settings: GeneratedSettings) -> None:
        self.settings = settings

    @property
    def course_ids(self) -> range:
        """Moodle ids of the courses."""
        return range(FIRST_COURSE, FIRST_COURSE + self.settings.courses)

    def user_ids(self, course: int) -> range:
        """Moodle ids of the students of a course; nobody is in two courses."""
        first = FIRST_USER + self._index(course) * self.settings.students
        return range(first, first + self.settings.students)

    def cmids(self, course: int) -> range:
        """Course module ids of the activities of a course."""
        first = 1 + self._index(course) * self.settings.activities
        return range(first, first + self.settings.activities)

    def teacher_id(self, course: int) -> int:
        """The one teacher of a course."""
        return FIRST_USER + self.settings.courses * self.settings.students + self._index(course)

    def changed_students(self, night: int) -> list[tuple[int, int]]:
        """(course, user) of everybody who was graded before a later night."""
        found = []
        for course in self.course_ids:
            students, *_ = changes(self.settings, self._index(course), night)
            found += [(course, self.user_ids(course)[student]) for student in students]
        return found

    def courses(self, field: str = "", value: str = "") -> bytes:
        """core_course_get_courses_by_field."""
        rows = course_rows(self.course_ids, self.settings.completion)
        wanted = value.split(",") if field == "ids" else [value]
        key = "id" if field == "ids" else field
        if field and field not in ("id", "ids", "idnumber", "shortname"):
            raise MoodleError("core_course_get_courses_by_field__invalid_field")
        folded = {text.casefold() for text in wanted}
        found = [row for row in rows if not field or str(row[key]).casefold() in folded]
        return to_json({"courses": found, "warnings": []}).encode()

    def enrolled_users(self, course: int, options: Mapping[str, str] = NO_OPTIONS) -> bytes:
        """core_enrol_get_enrolled_users with paging and userfields."""
        access = [int(moment) for moment in self._term(course).access]
        rows = user_rows(self.user_ids(course), access, self.teacher_id(course))
        start, number = int(options.get("limitfrom") or 0), int(options.get("limitnumber") or 0)
        rows = rows[start : start + number] if number else rows[start:]
        if fields := options.get("userfields"):
            keep = {"id", "fullname", *fields.split(",")}
            rows = [{key: value for key, value in row.items() if key in keep} for row in rows]
        return to_json(rows).encode()

    def course_module(self, cmid: int) -> bytes:
        """core_course_get_course_module."""
        index, place = divmod(cmid - 1, self.settings.activities)
        if not (cmid > 0 and index < self.settings.courses):
            raise MoodleError("core_course_get_course_module__nonexistent", {"999999": cmid})
        row = module_row(cmid, FIRST_COURSE + index, place, pass_grade(place))
        return to_json({"cm": row, "warnings": []}).encode()

    def grade_items(self, course: int, user: int = 0) -> bytes:
        """gradereport_user_get_grade_items, of one user or (0) of the whole course."""
        users, state = self.user_ids(course), self._term(course)
        if user and user not in users:
            raise MoodleError("gradereport_user_get_grade_items__nonexistent_user", {"999999": user})
        numbers = [users.index(user)] if user else range(len(users))
        passes = [pass_grade(place) for place in range(self.settings.activities)]
        return report_json(
            course,
            [users[number] for number in numbers],
            self.cmids(course),
            passes,
            state.halves[numbers].tolist(),
            state.graded[numbers].tolist(),
        )

    def completion(self, course: int, user: int) -> bytes:
        """core_completion_get_course_completion_status: the first three activities, all of them."""
        prefix = "core_completion_get_course_completion_status__"
        users, state = self.user_ids(course), self._term(course)
        if not self.settings.completion:
            raise MoodleError(prefix + "completion_disabled_course")
        if user not in users:
            raise MoodleError(prefix + "user_not_enrolled")
        number = users.index(user)
        met = []
        for place, cmid in enumerate(self.cmids(course)[:3]):
            passed = state.halves[number, place] >= max(0, 2 * pass_grade(place))
            met.append((cmid, int(state.graded[number, place]) if passed else None))
        return completion_json(met)

    def _index(self, course: int) -> int:
        if course not in self.course_ids:
            raise MoodleError("core_course_get_contents__nonexistent_course", {"999999": course})
        return course - FIRST_COURSE

    def _term(self, course: int) -> Term:
        return term(self.settings, self._index(course))


def pass_grade(place: int) -> float:
    """The pass grade of the activity at a place in its course; 0 is none."""
    return PASS_GRADES[place % len(PASS_GRADES)]
