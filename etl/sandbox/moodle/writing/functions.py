"""The functions that write, by name, and who may not use them."""

from collections.abc import Callable, Mapping
from typing import Any

from etl.sandbox.moodle.protocol import MoodleError, recording
from etl.sandbox.moodle.site import MoodleSite
from etl.sandbox.moodle.writing.courses import create_courses, import_course, update_courses
from etl.sandbox.moodle.writing.enrolments import enrol_users, unenrol_users
from etl.sandbox.moodle.writing.people import create_users, update_users

WRITES: Mapping[str, Callable[[MoodleSite, Mapping[str, str]], Any]] = {
    "core_user_create_users": create_users,
    "core_user_update_users": update_users,
    "enrol_manual_enrol_users": enrol_users,
    "enrol_manual_unenrol_users": unenrol_users,
    "core_course_create_courses": create_courses,
    "core_course_update_courses": update_courses,
    "core_course_import_course": import_course,
}
_NO_PERMISSION = "core_user_create_users__rest_only_user"


def written(site: MoodleSite, function: str, params: Mapping[str, str], role: str) -> Any:
    """What the site answers after it has done it; only a full role may, and not what it is lacking."""
    if role != "full" or function in site.books.lacking:
        own = f"{function}__rest_only_user"
        raise MoodleError(own if own in recording().exchanges else _NO_PERMISSION)
    return WRITES[function](site, params)
