"""What weaker roles get from the recorded Moodle site (docs/connectors/moodle.md, What a role does not see)."""

from collections.abc import Mapping
from typing import Any

from etl.sandbox.moodle.answers import ANSWERS
from etl.sandbox.moodle.protocol import MoodleError, recording, to_json
from etl.sandbox.moodle.site import MoodleSite

FIELDS_OF_MANAGER_FROM = "idnumber"  # in the recorded order; everybody else gets the fields before it
INVISIBLE_MODULE = "h5pactivity"  # the limited role lacks mod/h5pactivity:view


def weak(site: MoodleSite, function: str, params: Mapping[str, str]) -> str:
    """A user who may use REST and nothing else: enrolled nowhere, no capability."""
    if function == "core_course_get_courses_by_field":
        return to_json(_without_update(ANSWERS[function](site, params)))
    course = params.get("courseid") or params.get("options[ids][0]", "1")
    raise MoodleError(f"{function}__rest_only_user", {"course id:2": f"course id:{course}"})


def limited(function: str, answer: Any) -> Any:
    """Enrolled; lacks course:update, manageactivities, viewuseridentity, viewhidden and h5pactivity:view."""
    match function:
        case "core_course_get_courses_by_field":
            return _without_update(answer)
        case "core_course_get_courses":
            return _visible_only(answer)
        case "core_enrol_get_enrolled_users":
            return [{key: value for key, value in row.items() if key != "email"} for row in answer]
        case "core_course_get_course_module":
            return _without_manage(answer)
        case "gradereport_user_get_grade_items":
            return {**answer, "usergrades": [_without_hidden(report) for report in answer["usergrades"]]}
        case _:
            return answer


def _without_update(answer: dict[str, Any]) -> dict[str, Any]:
    recorded = recording().value("core_course_get_courses_by_field__rest_only_user")
    shown = recorded["courses"][0].keys()
    courses = [row for row in answer["courses"] if row["visible"]]
    return {
        "courses": [{key: value for key, value in row.items() if key in shown} for row in courses],
        "warnings": [],
    }


def _visible_only(courses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One hidden course fails the whole get_courses."""
    for course in courses:
        if not course["visible"]:
            raise MoodleError("core_course_get_courses__rest_only_user_hidden", {":6)": f":{course['id']})"})
    return courses


def _without_manage(answer: dict[str, Any]) -> dict[str, Any]:
    if answer["cm"]["modname"] == INVISIBLE_MODULE:
        raise MoodleError("core_course_get_course_module__rest_only_user")
    fields = list(answer["cm"])
    basic = fields[: fields.index(FIELDS_OF_MANAGER_FROM)]
    return {"cm": {key: answer["cm"][key] for key in basic}, "warnings": []}


def _without_hidden(report: dict[str, Any]) -> dict[str, Any]:
    items = [
        item
        for item in report["gradeitems"]
        if item["itemmodule"] != INVISIBLE_MODULE and not item["gradeishidden"]
    ]
    return {**report, "gradeitems": items}
