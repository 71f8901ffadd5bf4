"""What a course in groups shows to a service account that is in none of them and may not see all groups.

Read in Moodle's sources: core_enrol_get_enrolled_users (enrol/externallib.php), the grade report
(grade/report/user/classes/external/user.php, lib/grouplib.php), completion (completion/classes/external.php).
"""

from typing import Any

from etl.sandbox.moodle.protocol import MoodleError
from etl.sandbox.moodle.site import MoodleSite
from etl.sandbox.moodle.withheld import Withheld

Row = dict[str, Any]
SEPARATE, VISIBLE = 1, 2
_REFUSED = "core_enrol_get_enrolled_users__rest_only_user"
_LACKING = "core_user_create_users__rest_only_user"


def participants(site: MoodleSite, course: int, group: int, rows: list[Row]) -> list[Row]:
    """Nobody at all of a course in separate groups, without a word; a group that is named has to be seen."""
    if group and _blind(site):
        raise MoodleError(_LACKING, {"Create users": "Access all groups"})
    if group:
        return [row for row in rows if group in groups_of(row)]
    return [] if _blind(site) and _mode(site, course) == SEPARATE else rows


def reported(site: MoodleSite, course: int) -> set[int] | None:
    """Who is in the report of a course: of visible groups the first one alone, without a word; None: everybody."""
    if not _blind(site) or not _mode(site, course):
        return None
    if _mode(site, course) == SEPARATE:
        raise _error("notingroup", "Sorry, but you need to be part of a group to see this page.")
    first = min((group for row in site.enrolled[course] for group in groups_of(row)), default=None)
    return None if first is None else {row["id"] for row in site.enrolled[course] if first in groups_of(row)}


def check_person(site: MoodleSite, course: int, code: str, message: str) -> None:
    """Refused for everybody of a course in separate groups."""
    if _blind(site) and _mode(site, course) == SEPARATE:
        raise _error(code, message)


def groups_of(row: Row) -> set[int]:
    """The groups of a participant."""
    return {group["id"] for group in row.get("groups", [])}


def _blind(site: MoodleSite) -> bool:
    return Withheld.ALL_GROUPS in site.withheld


def _mode(site: MoodleSite, course: int) -> int:
    mode: int = site.courses[course]["groupmode"]
    return mode


def _error(code: str, message: str) -> MoodleError:
    said = (
        "You cannot execute functions in the course context (course id:2)."
        " The context error message was: Course or activity not accessible."
    )
    return MoodleError(_REFUSED, {"errorcoursecontextnotvalid": code, said: message})
