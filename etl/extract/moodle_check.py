"""The connection test of a Moodle site: what is missing, also what the site leaves out without saying so.

Facts: spec/moodle.md, Functions and Facts: grades. What is mapped is compared with what comes back.
"""

from collections.abc import Collection, Mapping
from typing import Final

from etl.connections import CheckReport
from etl.errors import CapabilityMissing, EtlError, RejectRecord, RetryLater, Unusable
from etl.extract import moodle_contract as contract
from etl.extract.moodle import MoodleClient
from etl.extract.moodle_check_course import CourseCheck
from etl.extract.moodle_contract import CourseState
from etl.extract.moodle_findings import Findings
from etl.transform.reasons import reason

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
_IN_A_ROW: Final = 2  # so many courses without an answer, and the rest is not asked


def check(
    client: MoodleClient, mapped: Mapping[str, Collection[str]], counted: Collection[str] = ()
) -> CheckReport:
    """Name the site, its release, and every function and capability that is missing for what is mapped.

    ``mapped``: the activities (cmid) that results are read from, by course id; a course may have none.
    ``counted``: the courses on which points or a competence hang.
    """
    findings = Findings()
    try:
        if _site(client, findings):
            _courses(client, mapped, counted, findings)
    except EtlError as problem:
        findings.problems.append(str(problem))
    return findings.report()


def _site(client: MoodleClient, findings: Findings) -> bool:
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


def _courses(
    client: MoodleClient,
    mapped: Mapping[str, Collection[str]],
    counted: Collection[str],
    findings: Findings,
) -> None:
    body = client.courses()
    courses, states = contract.decode_courses(body).frame, contract.decode_course_states(body)
    present = set(courses["source_course_id"])
    without_idnumber = set(courses.loc[courses["idnumber"].isna(), "source_course_id"])
    if len(courses) and courses["idnumber"].isna().all() and not mapped:
        effect = "no course shows its idnumber, so that none is linked to an occurrence by it"
        findings.lacks("moodle/course:update", effect, "all courses")
    unanswered = 0
    for course_id in mapped:
        if course_id not in present:
            findings.problems.append(
                f"Course {course_id} is not shown: it is gone, or hidden and the capability"
                " moodle/course:viewhiddencourses is missing"
            )
            continue
        if course_id in without_idnumber:
            effect = "the course's idnumber is not shown, nor when it was changed"
            findings.lacks("moodle/course:update", effect, f"course {course_id}")
        state = states.get(course_id, CourseState())
        course = CourseCheck(client, course_id, state, course_id in counted, findings)
        unanswered = 0 if _looked_at(course, course_id, mapped[course_id], findings) else unanswered + 1
        if unanswered == _IN_A_ROW:
            findings.problems.append("The courses after it are not tested: test again when the site answers")
            return


def _looked_at(course: CourseCheck, course_id: str, activities: Collection[str], findings: Findings) -> bool:
    """Whether the site answered; what goes wrong with one course says nothing of the others."""
    try:
        course.look(activities)
    except RejectRecord as problem:
        findings.problems.append(f"Problem with course {course_id}: {problem}: {reason(problem.reason_code)}")
    except (CapabilityMissing, Unusable) as problem:
        findings.problems.append(f"Problem with course {course_id}: {problem}")
    except RetryLater as problem:
        findings.problems.append(f"Problem with course {course_id}: {problem}")
        return False
    return True
