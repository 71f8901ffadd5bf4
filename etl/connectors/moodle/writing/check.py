"""The connection test of a site that is written to: what is missing for that (docs/connectors/moodle.md, Writing).

A right shows only in use, so each is tried by a call that Moodle refuses for another reason once the right is there:
an account that nobody has, a user name and a short name that are taken, a course that ends before it starts.
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import Final

from etl.connectors.moodle import contract
from etl.connectors.moodle.findings import Findings
from etl.connectors.moodle.writing.answers import NotWritten
from etl.connectors.moodle.writing.client import MoodleWriter
from etl.connectors.moodle.writing.records import ManualEnrolment
from etl.connectors.moodle.writing.settings import WritingSettings
from etl.errors import CapabilityMissing

FUNCTIONS: Final = (
    "core_course_get_categories",
    "core_course_get_contents",
    "core_course_create_courses",
    "core_course_update_courses",
    "core_course_import_course",
    "core_user_get_users",
    "core_user_create_users",
    "core_user_update_users",
    "enrol_manual_enrol_users",
    "enrol_manual_unenrol_users",
)
_NOBODY: Final = "2147483647"  # an id that no account has
_CATEGORIES: Final = 20  # that are asked whether courses may be made in them


def check_writing(
    writer: MoodleWriter, sites: Collection[WritingSettings], courses: Collection[str], findings: Findings
) -> None:
    """Name every function and capability that is missing for writing, and what else would keep it from being done.

    ``courses``: those that are linked. Whether a template may be imported cannot be tried without importing it.
    """
    info = contract.decode_site_info(writer.site_info())
    offered = {function.name for function in info.functions}
    missing = [name for name in FUNCTIONS if name not in offered]
    findings.problems += [f"Missing function, needed for writing to Moodle: {name}" for name in missing]
    if missing:
        return
    if info.userissiteadmin:
        findings.problems.append(
            "The service account is an administrator of the site, so that Moodle would let it change those of other"
            " administrators: use an account of its own"
        )
    _accounts(writer, findings)
    for role_id in sorted({site.role_id for site in sites}):
        for course in courses:
            _enrolments(writer, role_id, course, findings)
    _new_courses(writer, findings)
    findings.notes.append(
        "Not tried: changing the visibility of a course (moodle/course:visibility), and importing a template"
        " (moodle/backup:backuptargetimport there, moodle/restore:restoretargetimport in the course)"
    )


def _accounts(writer: MoodleWriter, findings: Findings) -> None:
    if not writer.sees_accounts():
        effect = "nobody is found, so that a second account would be made for whoever has one"
        findings.lacks("moodle/user:viewalldetails", effect, "the site")
    _tried(writer.try_creating_account, "moodle/user:create", "no account can be made", "the site", findings)
    change = partial(writer.update_account, _NOBODY, {"suspended": False})
    _tried(change, "moodle/user:update", "changes of people are not sent", "the site", findings)


def _enrolments(writer: MoodleWriter, role_id: str, course: str, findings: Findings) -> None:
    where = f"course {course}"
    enrolling = partial(writer.enrol, ManualEnrolment(_NOBODY, course, role_id))
    refused = _tried(enrolling, "enrol/manual:enrol", "nobody can be enrolled", where, findings)
    if refused == "role_not_assignable":
        findings.wrong(
            f"Role {role_id} may not be given by the service account: allow it to assign that role", where
        )
    if refused == "no_manual_enrolment":
        findings.wrong("Manual enrolment is not in use: add it among the enrolment methods", where)
    leaving = partial(writer.unenrol, _NOBODY, course)
    _tried(leaving, "enrol/manual:unenrol", "nobody can be taken out", where, findings)


def _new_courses(writer: MoodleWriter, findings: Findings) -> None:
    categories = writer.categories()[:_CATEGORIES]
    for category in categories:
        try:
            writer.try_creating_course(str(category.id))
        except NotWritten:
            return
        except CapabilityMissing:
            continue
    findings.lacks("moodle/course:create", "no course can be made", f"{len(categories)} categories")


def _tried(
    call: Callable[[], None], capability: str, effect: str, where: str, findings: Findings
) -> str | None:
    """Why Moodle refused once the right was there; None where the right is missing, which is found."""
    try:
        call()
    except NotWritten as refused:
        return refused.reason_code
    except CapabilityMissing:
        findings.lacks(capability, effect, where)
    return None
