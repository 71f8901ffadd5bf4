"""The recorded Moodle site as data to change between nights: grades, access, courses, activities."""

import json
import re
from collections.abc import Container
from typing import Any

from etl.sandbox.moodle.protocol import Recording, verdict
from etl.sandbox.moodle.withheld import Withheld
from etl.sandbox.moodle.writing.books import Books

Row = dict[str, Any]

REPORTS = {2: "course_a_all_users", 3: "course_b_all_users", 4: "course_c_all_users", 6: "hidden_course"}
ENROLLED = {2: "happy", 3: "course_b", 4: "course_c", 5: "empty_course", 6: "hidden_course"}
CONTENTS = {2: "happy", 3: "with_hidden_cm", 4: "course_c", 5: "empty_course", 6: "hidden_course"}
GRADE, CONTENT, COMPLETION, USERS = (
    "gradereport_user_get_grade_items__",
    "core_course_get_contents__",
    "core_completion_get_course_completion_status__",
    "core_enrol_get_enrolled_users__",
)
COURSE_WITHOUT_ACTIVITIES = 7
SITE_COURSE = 1
COURSE_GRADE_CRITERION = 6
ACTIVITY_CRITERION = 4
ALL = 1

_CMID = re.compile(r"view\.php\?id=(\d+)")


class Accounts(dict[int, Row]):
    """Accounts by id, found by what is unique or asked for often without looking at all of them."""

    INDEXED = ("id", "idnumber", "username", "email")

    def __init__(self, rows: list[Row]) -> None:
        super().__init__()
        self._ids: dict[tuple[str, str], set[int]] = {}
        for row in rows:
            self[row["id"]] = row

    def __setitem__(self, number: int, row: Row) -> None:
        if number in self:
            del self[number]
        super().__setitem__(number, row)
        for key in self._keys(row):
            self._ids.setdefault(key, set()).add(number)

    def __delitem__(self, number: int) -> None:
        for key in self._keys(self[number]):
            self._ids[key].discard(number)
        super().__delitem__(number)

    def having(self, key: str, value: str) -> list[Row]:
        """The accounts with this value, whatever its case."""
        return [self[number] for number in sorted(self._ids.get((key, value.casefold()), ()))]

    def _keys(self, row: Row) -> list[tuple[str, str]]:
        return [(key, str(row[key]).casefold()) for key in self.INDEXED if key in row]


class MoodleSite:
    """What the site knows. Attributes are keyed by Moodle's own ids."""

    def __init__(self, recorded: Recording) -> None:
        self.recorded = recorded
        value = recorded.value
        self.courses: dict[int, Row] = {
            row["id"]: row for row in value("core_course_get_courses_by_field__all")["courses"]
        }
        self.course_list: dict[int, Row] = {row["id"]: row for row in value("core_course_get_courses__all")}
        self.categories: list[Row] = value("core_course_get_categories__all")
        self.contents: dict[int, list[Row]] = {c: value(CONTENT + case) for c, case in CONTENTS.items()}
        self.users = Accounts(value("core_user_get_users__unknown_key")["users"])
        self.enrolled: dict[int, list[Row]] = {c: value(USERS + case) for c, case in ENROLLED.items()}
        self.enrolled[SITE_COURSE] = value(USERS + "site_course_1")
        self.modules: dict[int, Row] = {}
        self.reports: dict[int, dict[int, Row]] = {c: {} for c in self.courses}  # active students, by name
        self.inactive_reports: dict[tuple[int, int], Row] = {}
        self.completions: dict[tuple[int, int], Row] = {}
        self.gradepass = dict(recorded.gradepass)
        self.student_role = "student"
        self.hidden: set[int] = set()
        self.withheld: set[Withheld] = set()
        self.removed_functions: set[str] = set()
        self.changes = 0
        self.books = Books()
        (empty,) = value(GRADE + "course_f_no_activities")["usergrades"]
        self.blank_items = {c: course_total(empty, c) for c in self.courses}  # while nobody is in a course
        self._read_modules()
        self._read_reports()
        self._read_completions()

    def _read_modules(self) -> None:
        for name in self.recorded.exchanges:
            if name.startswith("core_course_get_course_module__"):
                answer = self.recorded.value(name)
                if "cm" in answer:
                    self.modules[answer["cm"]["id"]] = answer["cm"]

    def _read_reports(self) -> None:
        whole = {**REPORTS, COURSE_WITHOUT_ACTIVITIES: "course_f_no_activities"}
        for course, case in whole.items():
            for report in self.recorded.value(GRADE + case)["usergrades"]:
                self.reports[course][report["userid"]] = report
        for case in ("a_user06", "a_user07", "a_user08"):  # enrolled, but suspended, expired, not yet begun
            (report,) = self.recorded.value(GRADE + case)["usergrades"]
            self.inactive_reports[report["courseid"], report["userid"]] = report
        member = dict(self.users[next(iter(self.reports[COURSE_WITHOUT_ACTIVITIES]))])
        self.enrolled[COURSE_WITHOUT_ACTIVITIES] = [_as_enrolled(member, self.enrolled[2][0])]

    def _read_completions(self) -> None:
        for name, exchange in self.recorded.exchanges.items():
            if name.startswith(COMPLETION) and '"completionstatus"' in exchange.body:
                params = dict(exchange.params)
                status = self.recorded.value(name)["completionstatus"]
                self.completions[int(params["courseid"]), int(params["userid"])] = status
        for course in {course for course, _ in self.completions}:
            template = next(status for (c, _), status in self.completions.items() if c == course)
            for user in self.reports[course].keys() - {u for c, u in self.completions if c == course}:
                self.completions[course, user] = self._derived(template, course, user)

    def _derived(self, template: Row, course: int, user: int) -> Row:
        """The completion of somebody whose own was not recorded, from the grades that were."""
        status: Row = json.loads(json.dumps(template))
        for criterion in status["completions"]:
            _meet(criterion, met=None)
        self._recompute(status, course, user)
        return status

    def complete_anew(self, course: int, user: int) -> None:
        """Whoever comes into a course with conditions of completion has met none of them."""
        template = next((status for (c, _), status in self.completions.items() if c == course), None)
        if template is not None and (course, user) not in self.completions:
            self.completions[course, user] = self._derived(template, course, user)

    def next_cmid(self) -> int:
        """The id that the next activity gets."""
        shown = (
            module["id"] for course in self.contents.values() for part in course for module in part["modules"]
        )
        return int(max([*self.modules, *shown])) + 1

    def report(self, course: int, user: int) -> Row | None:
        """The grades of one student of a course, active or not; None for anybody else."""
        return self.reports[course].get(user) or self.inactive_reports.get((course, user))

    def empty_report(self, course: int, user: int) -> Row:
        """What the site answers for somebody without grades, enrolled or not: everything null."""
        person = self.users[user]
        identity = {
            "userid": user,
            "userfullname": person["fullname"],
            "useridnumber": person.get("idnumber", ""),
        }
        for report in self.reports[course].values():
            if all(item["graderaw"] is None is item["gradedatesubmitted"] for item in report["gradeitems"]):
                return {**report, **identity}
        return {"courseid": course, "courseidnumber": "", **identity, "maxdepth": 1, "gradeitems": []}

    # Changes: what happens on a site between two nights.

    def set_grade(self, user: int, cmid: int, graderaw: float | None, graded: int | None) -> None:
        """A teacher or an activity grades a student; verdict, percentage and course completion follow."""
        course = self.modules[cmid]["course"]
        report = self.report(course, user)
        if report is None:
            raise LookupError(f"user {user} is not enrolled in course {course}")
        item = next((item for item in report["gradeitems"] if item.get("cmid") == cmid), None)
        if item is None:
            raise LookupError(f"activity {cmid} has no grades")
        if graderaw is not None and graderaw == int(graderaw):
            graderaw = int(graderaw)  # as the site writes it
        item.update(graderaw=graderaw, gradedategraded=graded)
        item.update(_shown(item, graderaw, self.gradepass.get(cmid)))
        if (course, user) in self.completions:
            self._recompute(self.completions[course, user], course, user, {cmid})
        self.changes += 1

    def set_gradepass(self, cmid: int, gradepass: float) -> None:
        """Another pass grade; the verdicts that reports show are made when they are shown."""
        self.gradepass[cmid] = gradepass
        self.modules[cmid]["gradepass"] = f"{gradepass:.2f}"
        for report in self.reports.get(self.modules[cmid]["course"], {}).values():
            for item in report["gradeitems"]:
                if item.get("cmid") == cmid and item["graderaw"] is not None:
                    item.update(_shown(item, item["graderaw"], gradepass))

    def touch(self, course: int, user: int, lastcourseaccess: int) -> None:
        """Somebody, student or teacher, has been in a course."""
        rows = [row for row in self.enrolled.get(course, []) if row["id"] == user]
        if not rows:
            raise LookupError(f"user {user} is not enrolled in course {course}")
        rows[0]["lastcourseaccess"] = lastcourseaccess
        self.changes += 1

    def remove_course(self, course: int) -> None:
        """A course is deleted, and everything in it."""
        del self.courses[course]
        del self.course_list[course]
        self.modules = {cmid: cm for cmid, cm in self.modules.items() if cm["course"] != course}
        self.changes += 1

    def hide_activity(self, cmid: int) -> None:
        """The service's role loses the right to view an activity: it vanishes without a word."""
        self.hidden.add(cmid)
        self.changes += 1

    def withhold(self, what: Withheld, really: bool = True) -> None:
        """The service's role, or a setting of the site, keeps something back from now on, or no longer."""
        (self.withheld.add if really else self.withheld.discard)(what)
        self.changes += 1

    def remove_function(self, function: str) -> None:
        """The administrator takes a function out of the service."""
        self.removed_functions.add(function)
        self.changes += 1

    def _recompute(self, status: Row, course: int, user: int, graded: Container[int] | None = None) -> None:
        """Judge the criteria of the activities that were graded; None judges all, the course grade too."""
        report = self.report(course, user)
        items = report["gradeitems"] if report else []
        by_cmid = {item["cmid"]: item for item in items if "cmid" in item}
        for criterion in status["completions"]:
            if criterion["type"] == ACTIVITY_CRITERION:
                cmid = _cmid(criterion)
                if graded is None or cmid in graded:
                    self._judge_activity(criterion, cmid, by_cmid[cmid])
            elif criterion["type"] == COURSE_GRADE_CRITERION and graded is None:
                _judge_course_grade(criterion, next(item for item in items if item["itemtype"] == "course"))
        status["completed"] = _completed(status)

    def _judge_activity(self, criterion: Row, cmid: int, item: Row) -> None:
        if item["graderaw"] is not None:
            passed = item["graderaw"] >= self.gradepass.get(cmid, 0)
            _meet(criterion, item["gradedategraded"] if passed else None)


def course_total(report: Row, course: int) -> list[Row]:
    """The only grade item of a course without activities."""
    return [{**item, "iteminstance": course} for item in report["gradeitems"]]


def _completed(status: Row) -> bool:
    """All activities count as one condition (so the courses were set up); the aggregation is over those."""
    met: dict[int, bool] = {}
    for criterion in status["completions"]:
        met[criterion["type"]] = met.get(criterion["type"], True) and criterion["complete"]
    return all(met.values()) if status["aggregation"] == ALL else any(met.values())


def _cmid(criterion: Row) -> int:
    """The activity that a criterion links to."""
    found = _CMID.search(criterion["details"]["criteria"])
    if found is None:
        raise LookupError("a criterion without a link to its activity")
    return int(found[1])


def _meet(criterion: Row, met: int | None) -> None:
    criterion.update(complete=met is not None, timecompleted=met, status="No" if met is None else "Yes")


def _judge_course_grade(criterion: Row, total: Row) -> None:
    required = criterion["details"]["requirement"]
    raw = total["graderaw"]
    shown = "" if raw is None else f"{raw:.2f}"
    met = raw is not None and raw >= float(required)
    since = criterion["timecompleted"] or total["gradedategraded"]
    criterion.update(complete=met, timecompleted=since if met else None)
    criterion["status"] = f"{shown or 'No grade'} ({required} required)"
    criterion["details"]["status"] = shown


def _shown(item: Row, graderaw: float | None, gradepass: float | None) -> Row:
    """Grade and percentage as the report shows them: the verdict only with a pass grade and not hidden."""
    if graderaw is None:
        return {"gradeformatted": "-", "percentageformatted": "-"}
    share = (graderaw - item["grademin"]) / (item["grademax"] - item["grademin"])
    names = item["rangeformatted"].split("&ndash;")  # of a scale: its words
    words = not names[0].lstrip("-").isdigit() and len(names) == item["grademax"]
    shown = names[int(graderaw) - 1] if words else f"{graderaw:.2f}"
    icon = "" if item["gradeishidden"] else verdict(graderaw, gradepass)
    return {"gradeformatted": icon + shown, "percentageformatted": f"{share * 100:.2f} %"}


def _as_enrolled(user: Row, like: Row) -> Row:
    """A user in the shape of core_enrol_get_enrolled_users."""
    elsewhere = ("groups", "enrolledcourses")
    return {key: user.get(key, value) for key, value in like.items() if key not in elsewhere}
