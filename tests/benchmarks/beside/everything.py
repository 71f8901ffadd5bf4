"""All that a site says of its courses, call by call: what is asked where nothing is known of what changed."""

import json
from collections.abc import Iterator
from typing import Any

import requests

Row = dict[str, Any]
KEYS = {
    "participants": ("course_id", "user_id"),
    "grades": ("user_id", "activity_id"),
    "activities": ("activity_id",),
    "completions": ("course_id", "user_id"),
}


class Site:
    """One session, one call after the other."""

    def __init__(self, url: str, token: str) -> None:
        self._session = requests.Session()
        self._url = f"{url}/webservice/rest/server.php"
        self._fixed = {"wstoken": token, "moodlewsrestformat": "json"}

    def everything(self) -> Iterator[tuple[str, list[Row]]]:
        """The name of a table and rows for it, an answer at a time."""
        for course in self._call("core_course_get_courses_by_field")["courses"]:
            yield from self._course(course["id"])

    def _course(self, course: int) -> Iterator[tuple[str, list[Row]]]:
        people = self._call("core_enrol_get_enrolled_users", courseid=course)
        yield "participants", [_participant(course, person) for person in people]
        reports = self._call("gradereport_user_get_grade_items", courseid=course)["usergrades"]
        graded = ((report, item) for report in reports for item in report["gradeitems"] if "cmid" in item)
        yield "grades", [_grade(course, *one) for one in graded]
        first = reports[0]["gradeitems"] if reports else []
        for activity in (item["cmid"] for item in first if "cmid" in item):
            found = self._call("core_course_get_course_module", cmid=activity)["cm"]
            yield (
                "activities",
                [{"activity_id": activity, "name": found["name"], "gradepass": found["gradepass"]}],
            )
        for report in reports:
            yield "completions", [self._completion(course, report["userid"])]

    def _completion(self, course: int, user: int) -> Row:
        answer = self._call("core_completion_get_course_completion_status", courseid=course, userid=user)
        status = answer["completionstatus"]
        moments = [one["timecompleted"] or 0 for one in status["completions"]]
        completed = bool(status["completed"])
        return {
            "course_id": course,
            "user_id": user,
            "completed": completed,
            "completed_at": max(moments, default=0),
        }

    def _call(self, function: str, **parameters: int) -> Any:
        form = self._fixed | {"wsfunction": function} | parameters
        return json.loads(self._session.post(self._url, data=form, timeout=600).content)


def _participant(course: int, person: Row) -> Row:
    return {
        "course_id": course,
        "user_id": person["id"],
        "idnumber": person.get("idnumber"),
        "email": person.get("email"),
        "seen_at": person.get("lastcourseaccess"),
    }


def _grade(course: int, report: Row, item: Row) -> Row:
    grade = item["graderaw"]
    return {
        "course_id": course,
        "user_id": report["userid"],
        "activity_id": item["cmid"],
        "grade": None if grade is None else float(grade),
        "graded_at": item["gradedategraded"],
        "shown": item["gradeformatted"],
    }
