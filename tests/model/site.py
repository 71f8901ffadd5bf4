"""The sandbox's Moodle with small courses of our own, and what happens in them; the model reads it as a user would."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from etl.sandbox.moodle import changes
from etl.sandbox.moodle.site import MoodleSite

LEARNERS: Final = 5  # of a course: with so many, one who was there is asked about alone
TEACHER: Final = 47
_COURSE, _STUDENT = 2, 7  # what ours are made after
# The activities of a course, made after recorded ones: which, its maximum and its pass grade (0: none).
ACTIVITIES: Final = ((2, 100, 50.0), (3, 10, 7.5), (5, 100, 80.0), (9, 100, 0.0))
_CONDITIONS: Final = (0, 1)  # the activities that have to be passed to complete a course
_COURSE_GRADE: Final = 6


@dataclass(frozen=True)
class Grade:
    """A grade as a report shows it tonight, beside the pass grade that the site judges it by."""

    points: float | None
    most: float
    graded: int | None
    to_pass: float


Report = tuple[Grade, ...]  # of a learner, an activity at each place


def course_id(course: int) -> int:
    return 100 + course


def user_id(course: int, learner: int) -> int:
    return 1000 + 10 * course + learner


def cmid(course: int, place: int) -> int:
    return 500 + 10 * course + place


def client(course: int, learner: int) -> str:
    return f"CL-{user_id(course, learner)}"


def occurrence(course: int) -> str:
    return f"OCC-{course}"


class LittleSite:
    """Courses with a teacher and learners who have done nothing yet; the last of each is not there yet."""

    def __init__(self, site: MoodleSite, courses: int) -> None:
        self.site = site
        self._like = {name: json.dumps(value) for name, value in _templates(site).items()}
        self._left: dict[tuple[int, int], tuple[Any, Any]] = {}
        for table in (site.courses, site.course_list, site.modules, site.users, site.enrolled):
            table.clear()
        for table in (site.reports, site.inactive_reports, site.completions, site.contents, site.gradepass):
            table.clear()
        for course in range(courses):
            self._build(course)

    def _build(self, course: int) -> None:
        site, here = self.site, course_id(course)
        row = self._copy("course") | {"id": here, "idnumber": occurrence(course), "shortname": str(here)}
        site.courses[here] = site.course_list[here] = row
        for place, (_, most, to_pass) in enumerate(ACTIVITIES):
            key = cmid(course, place)
            site.modules[key] = self._copy(f"module {place}") | {"id": key, "course": here, "grade": most}
            changes.set_gradepass(site, key, to_pass)
        site.enrolled[here] = [self._copy("teacher") | {"lastcourseaccess": 0}]
        site.reports[here] = {}
        for learner in range(LEARNERS):
            self._add(course, learner)
        self.leave(course, LEARNERS - 1)

    def _add(self, course: int, learner: int) -> None:
        site, here, user = self.site, course_id(course), user_id(course, learner)
        who = {
            "id": user,
            "idnumber": client(course, learner),
            "username": f"u{user}",
            "email": f"u{user}@x.example",
        }
        site.users[user] = self._copy("user") | who
        site.enrolled[here].append(self._copy("student") | who | {"lastcourseaccess": 0})
        items = [
            self._copy(f"item {place}") | {"cmid": cmid(course, place), "id": cmid(course, place)}
            for place in range(len(ACTIVITIES))
        ]
        site.reports[here][user] = self._copy("report") | {
            "courseid": here,
            "courseidnumber": occurrence(course),
            "userid": user,
            "useridnumber": client(course, learner),
            "gradeitems": items,
        }
        site.completions[here, user] = self._copy("completion") | {
            "completed": False,
            "aggregation": 1 + course % 2,  # all, or any
            "completions": [self._condition(cmid(course, place)) for place in _CONDITIONS]
            + [self._copy("total")],
        }

    def _condition(self, key: int) -> Any:
        condition = self._copy("condition")
        condition["details"]["criteria"] = (
            f'<a href="{{{{WWWROOT}}}}/mod/assign/view.php?id={key}">Activity</a>'
        )
        return condition

    def _copy(self, name: str) -> Any:
        return json.loads(self._like[name])

    # What is on the site.

    def here(self, course: int, learner: int) -> bool:
        return user_id(course, learner) in self.site.reports[course_id(course)]

    def report(self, course: int, learner: int) -> Report | None:
        """The learner's grades; None for one who is not in the course."""
        found = self.site.reports[course_id(course)].get(user_id(course, learner))
        if found is None:
            return None
        return tuple(
            Grade(
                item["graderaw"], item["grademax"], item["gradedategraded"], self.site.gradepass[item["cmid"]]
            )
            for item in found["gradeitems"]
        )

    def completed(self, course: int, learner: int) -> int | None:
        """The moment at which the last condition was met, of a learner who has completed the course."""
        if not self.here(course, learner):
            return None
        status = self.site.completions[course_id(course), user_id(course, learner)]
        moments = [one["timecompleted"] for one in status["completions"] if one["complete"]]
        return max(moments) if status["completed"] else None

    # What happens on it.

    def grade(self, course: int, learner: int, place: int, points: float | None, moment: int) -> None:
        graded = None if points is None else moment
        self.site.set_grade(user_id(course, learner), cmid(course, place), points, graded)

    def visit(self, course: int, user: int, moment: int) -> None:
        """The newest access is the one that is told."""
        seen = next(
            row["lastcourseaccess"] for row in self.site.enrolled[course_id(course)] if row["id"] == user
        )
        self.site.touch(course_id(course), user, max(seen, moment))

    def set_pass(self, course: int, place: int, to_pass: float) -> None:
        """The site judges every grade anew, whenever it shows it."""
        changes.set_gradepass(self.site, cmid(course, place), to_pass)
        for user, item in self._items(course, place):
            self.site.set_grade(user, item["cmid"], item["graderaw"], item["gradedategraded"])

    def cron(self, course: int, learner: int, moment: int) -> None:
        """The course grade is found to be reached."""
        status = self.site.completions[course_id(course), user_id(course, learner)]
        total = status["completions"][-1]
        if not total["complete"]:
            total.update(complete=True, timecompleted=moment, status="Yes")
        met = [one["complete"] for one in status["completions"]]
        status["completed"] = all(met) if status["aggregation"] == 1 else all(met[:-1]) or met[-1]
        self.site.changes += 1

    def edit(self, course: int) -> None:
        """Some setting of the course is changed."""
        self.site.courses[course_id(course)]["cacherev"] += 1
        self.site.changes += 1

    def leave(self, course: int, learner: int) -> None:
        here, user = course_id(course), user_id(course, learner)
        row = next(row for row in self.site.enrolled[here] if row["id"] == user)
        self.site.enrolled[here].remove(row)
        self._left[course, learner] = row, self.site.reports[here].pop(user)
        self.site.changes += 1

    def come(self, course: int, learner: int) -> None:
        """With the grades that were left behind, and judged by the pass grades of today."""
        here, user = course_id(course), user_id(course, learner)
        row, self.site.reports[here][user] = self._left.pop((course, learner))
        self.site.enrolled[here].append(row)
        for item in self.site.reports[here][user]["gradeitems"]:
            self.site.set_grade(user, item["cmid"], item["graderaw"], item["gradedategraded"])

    def link(self, course: int, really: bool) -> None:
        """The course has its idnumber, or none."""
        self.site.courses[course_id(course)]["idnumber"] = occurrence(course) if really else ""
        self.site.changes += 1

    def _items(self, course: int, place: int) -> Iterator[tuple[int, Any]]:
        for user, report in self.site.reports[course_id(course)].items():
            yield user, report["gradeitems"][place]


def _templates(site: MoodleSite) -> dict[str, Any]:
    items = {item.get("cmid"): item for item in site.reports[_COURSE][_STUDENT]["gradeitems"]}
    blank = {"graderaw": None, "gradedategraded": None, "gradedatesubmitted": None, "gradeformatted": "-"}
    rows = {row["id"]: row for row in site.enrolled[_COURSE]}
    condition = site.completions[_COURSE, _STUDENT]["completions"][0]
    total = next(
        one
        for status in site.completions.values()
        for one in status["completions"]
        if one["type"] == _COURSE_GRADE
    )
    unmet = {"complete": False, "timecompleted": None, "status": "No"}
    return {
        "course": site.courses[_COURSE],
        "user": site.users[_STUDENT],
        "student": {name: value for name, value in rows[_STUDENT].items() if name != "groups"},
        "teacher": {name: value for name, value in rows[TEACHER].items() if name != "groups"},
        "report": site.reports[_COURSE][_STUDENT] | {"gradeitems": []},
        "completion": site.completions[_COURSE, _STUDENT] | {"completions": []},
        "condition": condition | unmet,
        "total": total | unmet,
        **{f"module {place}": site.modules[one] for place, (one, _, _) in enumerate(ACTIVITIES)},
        **{
            f"item {place}": items[one] | blank | {"grademin": 0, "grademax": most}
            for place, (one, most, _) in enumerate(ACTIVITIES)
        },
    }
