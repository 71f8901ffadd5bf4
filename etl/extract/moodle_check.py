"""The connection test of a Moodle site: what is missing, also what the site leaves out without saying so.

Facts: spec/moodle.md, Functions and Facts: grades. What is mapped is compared with what comes back.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from etl.connections import CheckReport
from etl.errors import CapabilityMissing, EtlError, RejectRecord
from etl.extract import moodle_contract as contract
from etl.extract.moodle import MoodleClient
from etl.transform.reasons import reason
from etl.transform.unit_results import SUPPORTED_MODULES

READING: Final = (
    "core_webservice_get_site_info",
    "core_course_get_courses_by_field",
    "core_enrol_get_enrolled_users",
    "core_course_get_course_module",
    "gradereport_user_get_grade_items",
    "core_completion_get_course_completion_status",
)
WRITING: Final = (
    "core_course_get_categories",
    "core_course_get_contents",
    "core_course_get_courses",
    "core_course_create_courses",
    "core_course_update_courses",
    "core_course_import_course",
    "core_user_get_users",
    "core_user_create_users",
    "core_user_update_users",
    "enrol_manual_enrol_users",
    "enrol_manual_unenrol_users",
)
_NAMED: Final = 5  # courses or activities named in one line
_FIELDS: Final = ("idnumber", "email", "roles")


@dataclass
class _Findings:
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    lacking: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def lacks(self, capability: str, effect: str, where: str) -> None:
        self.lacking[f"Missing capability {capability}: {effect}"].append(where)

    def report(self) -> CheckReport:
        lacking = [f"{line} ({_some(where)})" for line, where in self.lacking.items()]
        ok = not (self.problems or lacking)
        verdict = ["Nothing is missing for reading results."] if ok else []
        return CheckReport(ok, [*self.notes, *self.problems, *lacking, *verdict])


def _some(places: list[str]) -> str:
    rest = len(places) - _NAMED
    return ", ".join(places[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def check(client: MoodleClient, mapped: Mapping[str, Collection[str]]) -> CheckReport:
    """Name the site, its release, and every function and capability that is missing for what is mapped.

    ``mapped``: the activities (cmid) that results are read from, by course id; a course may have none.
    """
    findings = _Findings()
    try:
        if _site(client, findings):
            for course_id in _courses(client, mapped, findings):
                _course(client, course_id, mapped[course_id], findings)
    except EtlError as problem:
        findings.problems.append(str(problem))
    return findings.report()


def _site(client: MoodleClient, findings: _Findings) -> bool:
    """Whether every function is there that the rest of the test calls."""
    info = contract.decode_site_info(client.site_info())
    offered = {function.name for function in info.functions}
    findings.notes.append(f"Site: {info.sitename}, release {info.release}")
    missing = [name for name in READING if name not in offered]
    findings.problems += [f"Missing function, needed for reading results: {name}" for name in missing]
    unwritable = [name for name in WRITING if name not in offered]
    findings.notes += [f"Missing function, needed only for writing to Moodle: {name}" for name in unwritable]
    if not missing and not unwritable:
        findings.notes.append(f"Functions: all {len(READING) + len(WRITING)} are there")
    return not missing


def _courses(client: MoodleClient, mapped: Mapping[str, Collection[str]], findings: _Findings) -> list[str]:
    """The mapped courses that the site shows."""
    courses = contract.decode_courses(client.courses()).frame
    present = set(courses["source_course_id"])
    without_idnumber = set(courses.loc[courses["idnumber"].isna(), "source_course_id"])
    for course_id in mapped:
        if course_id not in present:
            findings.problems.append(
                f"Course {course_id} is not shown: it is gone, or hidden and the capability"
                " moodle/course:viewhiddencourses is missing"
            )
        elif course_id in without_idnumber:
            findings.lacks(
                "moodle/course:update", "the course's idnumber is not shown", f"course {course_id}"
            )
    return [course_id for course_id in mapped if course_id in present]


def _course(client: MoodleClient, course_id: str, activities: Collection[str], findings: _Findings) -> None:
    where = f"course {course_id}"
    try:
        users = _participants(client, course_id, findings)
        students = users.loc[users["is_student"], "user_id"]
        if students.empty:
            findings.notes.append(f"Course {course_id} has no active student: its activities are not tested")
            return
        _activities(client, course_id, str(students.iloc[0]), activities, findings)
        _completion(client, course_id, str(students.iloc[0]), findings)
    except RejectRecord as problem:
        findings.problems.append(f"Problem with {where}: {problem}: {reason(problem.reason_code)}")


def _participants(client: MoodleClient, course_id: str, findings: _Findings) -> pd.DataFrame:
    where = f"course {course_id}"
    try:
        body = client.enrolled_users(course_id, _FIELDS)
    except CapabilityMissing:
        findings.lacks("moodle/course:enrolreview", "active enrolments cannot be told from others", where)
        body = client.enrolled_users(course_id, _FIELDS, only_active=False)
    users = contract.decode_enrolled_users(body).frame
    if len(users) and users["email"].isna().all():
        findings.lacks("moodle/site:viewuseridentity", "mail addresses are not shown", where)
    if len(users) and users["idnumber"].isna().all():
        findings.notes.append(
            f"No participant of {where} shows an idnumber: none can be matched by client code"
        )
    return users


def _activities(
    client: MoodleClient, course_id: str, user_id: str, activities: Collection[str], findings: _Findings
) -> None:
    """One student's report shows the same activities as the whole one, for a fraction of the site's time."""
    try:
        report = contract.decode_grade_report(client.grade_report(course_id, user_id))
    except (RejectRecord, CapabilityMissing):
        capabilities = "gradereport/user:view or moodle/grade:viewall"
        findings.lacks(capabilities, "grades are not shown", f"course {course_id}")
        return
    answered = set(report.frame["activity_id"].astype(str))
    if len(report.rejected):
        findings.problems.append(
            f"Course {course_id}: {len(report.rejected)} grade records are not readable;"
            " does its user report show the grade?"
        )
    for activity in activities:
        _activity(client, activity, course_id, activity in answered, findings)


def _activity(
    client: MoodleClient, activity: str, course_id: str, answered: bool, findings: _Findings
) -> None:
    where = f"activity {activity} of course {course_id}"
    try:
        module = contract.decode_course_module(client.course_module(activity))
    except RejectRecord as problem:
        if problem.reason_code == "access_denied":
            findings.lacks("to view the activity (mod/...:view)", "it is left out without a word", where)
        else:
            findings.problems.append(f"Problem with {where}: {reason(problem.reason_code)}")
        return
    if module.module not in SUPPORTED_MODULES:
        findings.problems.append(f"Problem with {where}: activities of type {module.module} cannot be mapped")
    elif not answered:
        capabilities = f"mod/{module.module}:view or moodle/grade:viewhidden"
        findings.lacks(capabilities, "the grade is left out without a word", where)
    if module.grade_pass is None and module.module in SUPPORTED_MODULES:
        findings.lacks("moodle/course:manageactivities", "pass grades are not shown", where)


def _completion(client: MoodleClient, course_id: str, user_id: str, findings: _Findings) -> None:
    try:
        client.completion(course_id, user_id)
    except CapabilityMissing:
        findings.lacks("report/completion:view", "completion is not shown", f"course {course_id}")
    except RejectRecord as problem:
        if problem.reason_code == "no_completion_criteria":
            findings.notes.append(f"Course {course_id} has no completion conditions")
        elif problem.reason_code == "access_denied":
            findings.notes.append(
                f"Course {course_id} shows no completion: it is switched off there, or the capability"
                " report/completion:view is missing"
            )
