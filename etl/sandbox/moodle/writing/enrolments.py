"""Manual enrolments: each call overwrites times and status; the learner is graded and reported like any other."""

import copy
import time
from collections.abc import Mapping
from typing import Any

from etl.sandbox.moodle.protocol import MoodleError
from etl.sandbox.moodle.site import MoodleSite
from etl.sandbox.moodle.writing.books import KeptEnrolment
from etl.sandbox.moodle.writing.rows import Kind, Row, rows

STUDENT_ROLE = 5
_ENROL, _UNENROL = "enrol_manual_enrol_users__", "enrol_manual_unenrol_users__"
_IDS: Mapping[str, Kind] = {"userid": "int", "courseid": "int", "roleid": "int"}
_ENROLMENT: Mapping[str, Kind] = {**_IDS, "timestart": "int", "timeend": "int", "suspend": "bool"}


def enrol_users(site: MoodleSite, params: Mapping[str, str]) -> None:
    """All rows or none."""
    given = rows(params, "enrolments", _ENROLMENT, ("roleid", "userid", "courseid"))
    for row in given:
        _check(site, row)
    for row in given:
        times = {name: int(row.get(name, 0)) for name in ("timestart", "timeend")}
        kept = KeptEnrolment(row.get("suspend") == "1", **times)
        put_into(site, int(row["courseid"]), int(row["userid"]), kept)
    site.changes += 1


def unenrol_users(site: MoodleSite, params: Mapping[str, str]) -> None:
    """Whatever the role; the grades are gone from sight."""
    given = rows(params, "enrolments", _IDS, ("userid", "courseid"))
    for row in given:
        course, user = int(row["courseid"]), int(row["userid"])
        if course not in site.courses:
            raise MoodleError(_UNENROL + "nonexistent_course", {"999999": course})
        if user not in site.users:
            raise MoodleError(_UNENROL + "nonexistent_user", {"999999": user})
    for row in given:
        course, user = int(row["courseid"]), int(row["userid"])
        site.enrolled[course] = [one for one in site.enrolled.get(course, []) if one["id"] != user]
        site.books.enrolments.pop((course, user), None)
        site.reports[course].pop(user, None)
        site.inactive_reports.pop((course, user), None)
        site.completions.pop((course, user), None)
    site.changes += 1


def put_into(site: MoodleSite, course: int, user: int, kept: KeptEnrolment) -> None:
    """Enrol a learner as ``kept`` says, who keeps the grades that are there."""
    if (course, user) not in site.books.enrolments and not _shown(site, course, user):
        site.books.created["enrolments"] += 1
        site.enrolled.setdefault(course, []).append(_participant(site, user))
    site.books.enrolments[course, user] = kept
    report = site.report(course, user) or blank_report(site, course, user)
    site.reports[course].pop(user, None)
    site.inactive_reports.pop((course, user), None)
    if kept.active(int(time.time())):
        site.reports[course][user] = report
        site.complete_anew(course, user)
    else:
        site.inactive_reports[course, user] = report


def may_enter(site: MoodleSite, course: int, user: int) -> bool:
    """Can somebody log in and open the course?"""
    account, kept = site.users.get(user), site.books.enrolments.get((course, user))
    if account is None or account["suspended"] or not site.courses[course]["visible"]:
        return False
    return kept.active(int(time.time())) if kept else user in site.reports[course]


def blank_report(site: MoodleSite, course: int, user: int) -> dict[str, Any]:
    """The grade report of somebody who has no grades yet."""
    person = site.users[user]
    identity = {
        "userid": user,
        "userfullname": person["fullname"],
        "useridnumber": person.get("idnumber", ""),
    }
    like = next(iter(site.reports[course].values()), None)
    items = copy.deepcopy(like["gradeitems"] if like else site.blank_items.get(course, []))
    for item in items:
        item.update(graderaw=None, gradedatesubmitted=None, gradedategraded=None)
        item.update(gradeformatted="-", percentageformatted="-")
    return {
        "courseid": course,
        "courseidnumber": site.courses[course].get("idnumber", ""),
        **identity,
        "maxdepth": like["maxdepth"] if like else 2,
        "gradeitems": items,
    }


def _check(site: MoodleSite, row: Row) -> None:
    course, user, role = int(row["courseid"]), int(row["userid"]), int(row["roleid"])
    if course not in site.courses:
        raise MoodleError(_ENROL + "nonexistent_course")
    if role != STUDENT_ROLE:
        told = {
            "role (3)": f"role ({role})",
            "user (48)": f"user ({user})",
            "course (5)": f"course ({course})",
        }
        raise MoodleError(_ENROL + "role_not_assignable", told)
    if "manual" not in site.courses[course]["enrollmentmethods"]:
        other = {
            "invalidcourseid": "wsnoinstance",
            "You are trying to use an invalid course ID": "No manual enrolment",
        }
        raise MoodleError("core_course_import_course__nonexistent_source", other)
    if user not in site.users:
        raise MoodleError(_ENROL + "nonexistent_user", {"999999": user})


def _shown(site: MoodleSite, course: int, user: int) -> bool:
    return any(one["id"] == user for one in site.enrolled.get(course, []))


def _participant(site: MoodleSite, user: int) -> dict[str, Any]:
    """Somebody who has just been enrolled, in the shape of core_enrol_get_enrolled_users."""
    like = site.recorded.value("core_enrol_get_enrolled_users__happy")[0]
    person = site.users[user]
    without = ("groups", "enrolledcourses", "idnumber", "city", "country")
    shown = {
        key: person.get(key, value) for key, value in like.items() if key not in without or key in person
    }
    never = dict.fromkeys(("firstaccess", "lastaccess", "lastcourseaccess"), 0)
    roles = [{"roleid": STUDENT_ROLE, "name": "", "shortname": site.student_role, "sortorder": 0}]
    return {**shown, **never, "roles": roles}
