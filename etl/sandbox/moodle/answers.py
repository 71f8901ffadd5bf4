"""What the recorded Moodle site answers to each reading function, in the recorded shapes.

Whoever asks here may see everything; what weaker roles get is in moodle_recorded.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from etl.sandbox.moodle import groups
from etl.sandbox.moodle.protocol import MoodleError, pairs
from etl.sandbox.moodle.site import COMPLETION, GRADE, MoodleSite, Row

Params = Mapping[str, str]


def courses_by_field(site: MoodleSite, params: Params) -> Row:
    """Courses by id, ids, shortname, idnumber or category; all of them without a field."""
    field, value = params.get("field", ""), params.get("value", "")
    if field not in ("", "id", "ids", "shortname", "idnumber", "category"):
        raise MoodleError("core_course_get_courses_by_field__invalid_field")
    wanted = value.split(",") if field == "ids" else [value]
    key = {"ids": "id", "category": "categoryid"}.get(field, field)
    if field == "ids" and not {str(course) for course in site.courses}.issuperset(wanted):
        raise MoodleError("core_course_get_courses_by_field__ids")
    folded = {value.casefold() for value in wanted}
    rows = [row for row in site.courses.values() if not key or str(row.get(key, "")).casefold() in folded]
    return {"courses": rows, "warnings": []}


def courses(site: MoodleSite, params: Params) -> list[Row]:
    """The courses asked for by id, absent where there is none; all without ids."""
    wanted = {value for name, value in params.items() if name.startswith("options[ids]")}
    return [row for row in site.course_list.values() if not wanted or str(row["id"]) in wanted]


def categories(site: MoodleSite, params: Params) -> list[Row]:
    """Categories that meet all criteria, and what is below them."""
    criteria = pairs(params, "criteria", "key")
    for key in criteria:
        if key not in ("id", "ids", "name", "parent", "idnumber", "visible", "theme"):
            raise MoodleError("core_course_get_categories__unknown_key", {"colour": key})
    found = [row for row in site.categories if all(str(row[key]) == value for key, value in criteria.items())]
    if params.get("addsubcategories", "1") == "0":
        return found
    paths = [row["path"] for row in found]
    return [row for row in site.categories if any(f"{row['path']}/".startswith(f"{path}/") for path in paths)]


def contents(site: MoodleSite, params: Params) -> list[Row]:
    """Sections and activities of a course, filtered by cmid or modname."""
    course = _course(site, params)
    options = pairs(params, "options", "name")
    for option in options:
        if option not in ("cmid", "modname", "excludecontents", "excludemodules"):
            raise MoodleError("core_course_get_contents__invalid_option", {"bogus": option})

    def kept(module: Row) -> bool:
        return (
            module["id"] not in site.hidden
            and options.get("cmid", str(module["id"])) == str(module["id"])
            and options.get("modname", module["modname"]) == module["modname"]
        )

    def shown(module: Row) -> Row:
        without = options.get("excludecontents") == "1" and "contents" in module
        return {**module, "contents": []} if without else module

    return [
        {**section, "modules": [shown(module) for module in section["modules"] if kept(module)]}
        for section in site.contents.get(course, [])
    ]


def users(site: MoodleSite, params: Params) -> Row:
    """Users who meet all criteria; % and _ are wildcards; an unknown key is ignored with a warning."""
    criteria: dict[str, str] = {}
    for index in range(len(params)):
        key = params.get(f"criteria[{index}][key]")
        if key is None:
            break
        if f"criteria[{index}][value]" not in params:
            raise MoodleError("core_user_get_users__empty_criteria_missing_value")
        if key in criteria:
            raise MoodleError("core_user_get_users__same_key_twice", {"idnumber": key})
        criteria[key] = params[f"criteria[{index}][value]"]
    known = ("id", "lastname", "firstname", "idnumber", "username", "email", "auth")
    (template,) = site.recorded.value("core_user_get_users__unknown_key")["warnings"]
    warnings = [
        {**template, "item": key, "message": template["message"].replace("colour", key)}
        for key in criteria
        if key not in known
    ]
    usable = [(key, value) for key, value in criteria.items() if key in known]
    rows = [row for row in _candidates(site, usable) if all(_like(row, key, value) for key, value in usable)]
    return {"users": rows, "warnings": warnings}


def enrolled_users(site: MoodleSite, params: Params) -> list[Row]:
    """Everybody enrolled in a course, teachers too; filtered, sorted, paged and cut to fields by options."""
    course = _course(site, params)
    options = pairs(params, "options", "name")
    everybody = sorted(site.enrolled.get(course, []), key=lambda row: int(row["id"]))
    rows: Iterable[Row] = groups.participants(site, course, int(options.get("groupid") or 0), everybody)
    if options.get("onlyactive") == "1" and options.get("onlysuspended") == "1":
        raise MoodleError("core_enrol_get_enrolled_users__onlyactive_and_onlysuspended")
    if options.get("onlyactive") == "1":
        rows = [row for row in rows if _active(site, course, row)]
    if options.get("onlysuspended") == "1":
        rows = [row for row in rows if not _active(site, course, row)]
    if "withcapability" in options:  # the recorded one, mod/assign:submit, is a student's
        rows = [row for row in rows if _is_student(site, row)]
    rows = _sorted(rows, options.get("sortby", "id"), options.get("sortdirection", "ASC"))
    start, number = int(options.get("limitfrom") or 0), int(options.get("limitnumber") or 0)
    rows = rows[start : start + number] if number else rows[start:]
    if fields := options.get("userfields"):
        keep = {"id", "fullname", *fields.split(",")}
        rows = [{key: value for key, value in row.items() if key in keep} for row in rows]
    return rows


def course_module(site: MoodleSite, params: Params) -> Row:
    """One activity with its pass grade; one that the role may not view is not accessible."""
    cmid = int(params["cmid"])
    if cmid not in site.modules:
        raise MoodleError("core_course_get_course_module__nonexistent", {"999999": cmid})
    if cmid in site.hidden:
        raise MoodleError("core_course_get_course_module__rest_only_user")
    return {"cm": site.modules[cmid], "warnings": []}


def grade_items(site: MoodleSite, params: Params) -> Row:
    """Grades of one user, of a group, or of every active student of the course."""
    course = _course(site, params)
    user, group = int(params.get("userid", 0)), int(params.get("groupid", 0))
    if user:
        _person(site, user, GRADE)
        groups.check_person(
            site, course, "notingroup", "Sorry, but you need to be part of a group to see this page."
        )
        reports = [site.report(course, user) or site.empty_report(course, user)]
    else:
        seen = groups.reported(site, course)
        reports = [one for one in site.reports[course].values() if seen is None or one["userid"] in seen]
    if group:
        members = {row["id"] for row in site.enrolled[course] if group in groups.groups_of(row)}
        reports = [report for report in reports if report["userid"] in members]
    return {"usergrades": [_visible(site, report) for report in reports], "warnings": []}


def completion_status(site: MoodleSite, params: Params) -> Row:
    """Course completion of one student who is actively enrolled."""
    course, user = _course(site, params), int(params["userid"])
    _person(site, user, COMPLETION)
    if not site.courses[course]["enablecompletion"]:
        raise MoodleError(COMPLETION + "completion_disabled_course")
    groups.check_person(site, course, "accessdenied", "Access denied")
    if user not in site.reports[course]:
        raise MoodleError(COMPLETION + "user_not_enrolled")
    if (course, user) not in site.completions:
        raise MoodleError(COMPLETION + "no_criteria_set")
    return {"completionstatus": site.completions[course, user], "warnings": []}


ANSWERS: Mapping[str, Callable[[MoodleSite, Params], Any]] = {
    "core_course_get_courses_by_field": courses_by_field,
    "core_course_get_courses": courses,
    "core_course_get_categories": categories,
    "core_course_get_contents": contents,
    "core_user_get_users": users,
    "core_enrol_get_enrolled_users": enrolled_users,
    "core_course_get_course_module": course_module,
    "gradereport_user_get_grade_items": grade_items,
    "core_completion_get_course_completion_status": completion_status,
}


def _course(site: MoodleSite, params: Params) -> int:
    course = int(params["courseid"])
    if course not in site.courses:
        raise MoodleError("core_course_get_contents__nonexistent_course", {"999999": course})
    return course


def _person(site: MoodleSite, user: int, function: str) -> None:
    if user in site.recorded.deleted_users:
        raise MoodleError(function + "user_deleted")
    if user not in site.users:
        raise MoodleError(function + "nonexistent_user", {"999999": user})


def _visible(site: MoodleSite, report: Row) -> Row:
    if not site.hidden:
        return report
    return {**report, "gradeitems": [i for i in report["gradeitems"] if i.get("cmid") not in site.hidden]}


def _is_student(site: MoodleSite, row: Row) -> bool:
    return any(role["shortname"] == site.student_role for role in row["roles"])


def _active(site: MoodleSite, course: int, row: Row) -> bool:
    return row["id"] in site.reports[course] or not _is_student(site, row)


def _sorted(rows: Iterable[Row], sortby: str, direction: str) -> list[Row]:
    keys = {
        "id": ("id",),
        "firstname": ("firstname",),
        "lastname": ("lastname",),
        "siteorder": ("lastname", "firstname"),
    }
    if sortby not in keys:
        other = {"value: idnumber": f"value: {sortby}"}
        raise MoodleError("core_enrol_get_enrolled_users__sortby_invalid", other)
    return sorted(rows, key=lambda row: [row[key] for key in keys[sortby]], reverse=direction == "DESC")


def _candidates(site: MoodleSite, criteria: list[tuple[str, str]]) -> Iterable[Row]:
    for key, value in criteria:
        if key in site.users.INDEXED and not set("%_") & set(value):
            return site.users.having(key, value)
    return site.users.values()


def _like(row: Row, key: str, value: str) -> bool:
    if not value or key not in row:
        return False
    pattern = re.escape(value).replace("%", ".*").replace("_", ".")
    return re.fullmatch(pattern, str(row[key]), re.IGNORECASE) is not None
