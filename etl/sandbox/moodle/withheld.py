"""What the recorded Moodle site keeps from the service account, by a capability that its role lacks or a setting.

Everything here vanishes without a word, as on a real site (docs/connectors/moodle.md, What a role does not see), but
for refusals.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from etl.sandbox.moodle.protocol import MoodleError, recording

Row = dict[str, Any]
COURSES, USERS, ACCOUNTS, MODULE, GRADES, COMPLETION = (
    "core_course_get_courses_by_field",
    "core_enrol_get_enrolled_users",
    "core_user_get_users",
    "core_course_get_course_module",
    "gradereport_user_get_grade_items",
    "core_completion_get_course_completion_status",
)


class Withheld(StrEnum):
    """What is kept back, named by the capability or the setting that does it."""

    COURSE_TOTAL = "course total hidden"
    HIDDEN_GRADES = "moodle/grade:viewhidden"
    DETAILS = "moodle/user:viewdetails"  # of everybody but the contacts of the course
    ROLES = "roles not shown"
    IDNUMBERS = "idnumber is no identity field"
    LAST_ACCESS = "hiddenuserfields: lastaccess"
    COURSE_SETTINGS = "moodle/course:update"
    PASS_GRADES = "moodle/course:manageactivities"  # noqa: S105
    GRADE_COLUMN = "user report without the grade"
    COMPLETION = "report/completion:view"
    ALL_GROUPS = "moodle/site:accessallgroups"  # of a service account that is in no group: see groups.py


def withhold(what: set[Withheld], function: str, answer: Any) -> Any:
    """An answer without what is kept back."""
    for one in sorted(what):
        if change := _CHANGES.get((one, function)):
            answer = change(answer)
    return answer


def _without(*names: str) -> Callable[[Row], Row]:
    return lambda row: {key: value for key, value in row.items() if key not in names}


def _users(change: Callable[[Row], Row]) -> Callable[[list[Row]], list[Row]]:
    return lambda answer: [change(row) for row in answer]


def _items(kept: Callable[[Row], bool]) -> Callable[[Row], Row]:
    def change(answer: Row) -> Row:
        reports = [
            {**report, "gradeitems": [item for item in report["gradeitems"] if kept(item)]}
            for report in answer["usergrades"]
        ]
        return {**answer, "usergrades": reports}

    return change


def _no_grade_column(answer: Row) -> Row:
    bare = _without("graderaw", "gradeformatted", "gradeneedsupdate", "gradeishidden", "gradehiddenbydate")
    reports = [
        {**report, "gradeitems": [bare(item) for item in report["gradeitems"]]}
        for report in answer["usergrades"]
    ]
    return {**answer, "usergrades": reports}


def _basic_courses(answer: Row) -> Row:
    shown = recording().value(f"{COURSES}__rest_only_user")["courses"][0].keys()
    return {
        **answer,
        "courses": [{key: value for key, value in row.items() if key in shown} for row in answer["courses"]],
    }


def _contacts(answer: list[Row]) -> list[Row]:
    """After a page was cut: it is shorter than asked for, though it is not the last one."""
    return [row for row in answer if any("teacher" in role["shortname"] for role in row.get("roles", []))]


def _nobody(answer: Row) -> Row:
    return {**answer, "users": []}


def _refused(answer: Row) -> Row:
    raise MoodleError(f"{COMPLETION}__completion_disabled_course")


_CHANGES: Mapping[tuple[Withheld, str], Callable[[Any], Any]] = {
    (Withheld.COURSE_TOTAL, GRADES): _items(lambda item: bool(item["itemtype"] != "course")),
    (Withheld.HIDDEN_GRADES, GRADES): _items(lambda item: not item["gradeishidden"]),
    (Withheld.GRADE_COLUMN, GRADES): _no_grade_column,
    (Withheld.DETAILS, USERS): _contacts,
    (Withheld.DETAILS, ACCOUNTS): _nobody,
    (Withheld.ROLES, USERS): _users(_without("roles")),
    (Withheld.IDNUMBERS, USERS): _users(_without("idnumber")),
    (Withheld.LAST_ACCESS, USERS): _users(_without("lastcourseaccess")),
    (Withheld.COURSE_SETTINGS, COURSES): _basic_courses,
    (Withheld.PASS_GRADES, MODULE): lambda answer: {**answer, "cm": _without("gradepass")(answer["cm"])},
    (Withheld.COMPLETION, COMPLETION): _refused,
}
