"""Courses: made and changed row by row; an import adds every activity again, each time."""

import copy
import time
from collections.abc import Mapping
from typing import Any

from etl.sandbox.moodle.protocol import MoodleError
from etl.sandbox.moodle.site import MoodleSite, course_total
from etl.sandbox.moodle.writing.rows import Kind, Row, rows

_CREATE, _UPDATE, _IMPORT = (
    "core_course_create_courses__",
    "core_course_update_courses__",
    "core_course_import_course__",
)
_FIELDS: Mapping[str, Kind] = {
    "fullname": "text",
    "shortname": "text",
    "categoryid": "int",
    "idnumber": "text",
    "startdate": "int",
    "enddate": "int",
    "visible": "int",
}
_DEFAULT_LENGTH = 365 * 86_400


def create_courses(site: MoodleSite, params: Mapping[str, str]) -> list[dict[str, Any]]:
    """All rows or none."""
    given = rows(params, "courses", _FIELDS, ("fullname", "shortname", "categoryid"))
    for row in given:
        _check_new(site, row)
    made = [_created(site, row) for row in given]
    site.books.created["courses"] += len(made)
    site.changes += 1
    return [{"id": course["id"], "shortname": course["shortname"]} for course in made]


def update_courses(site: MoodleSite, params: Mapping[str, str]) -> dict[str, Any]:
    """Row by row, with warnings; dates are compared only with what is sent."""
    given = rows(params, "courses", {**_FIELDS, "id": "int"}, ("id",))
    found = [_updated(site, row) for row in given]
    site.changes += 1
    return {"warnings": [warning for warning in found if warning]}


def import_course(site: MoodleSite, params: Mapping[str, str]) -> None:
    """Every activity of one course, once more, into another."""
    for name in ("importfrom", "importto"):
        if name not in params:
            raise MoodleError(_IMPORT + "missing_parameter", {"importto": name})
    source, target = int(params["importfrom"]), int(params["importto"])
    if not {source, target} <= site.courses.keys():
        raise MoodleError(_IMPORT + "nonexistent_source")
    site.books.imports.append((source, target))
    copies = {module["id"]: site.next_cmid() + n for n, module in enumerate(_modules(site, source))}
    _copy_sections(site, source, target, copies)
    for old, new in copies.items():
        if old in site.modules:
            site.modules[new] = {**site.modules[old], "id": new, "course": target}
        if old in site.gradepass:
            site.gradepass[new] = site.gradepass[old]
    items = [item for item in _items(site, source) if item.get("cmid") in copies]
    for report_items in [site.blank_items[target], *(r["gradeitems"] for r in site.reports[target].values())]:
        report_items[-1:-1] = [_blank(item, copies[item["cmid"]]) for item in items]
    _touch(site, target)
    site.changes += 1


def _check_new(site: MoodleSite, row: Row) -> None:
    if int(row["categoryid"]) not in {category["id"] for category in site.categories}:
        raise MoodleError(_CREATE + "nonexistent_category", {"999999": row["categoryid"]})
    if _taken(site, "shortname", row["shortname"]):
        raise MoodleError(_CREATE + "duplicate_shortname", {"NEW-1": row["shortname"]})
    if row.get("idnumber") and _taken(site, "idnumber", row["idnumber"]):
        raise MoodleError(_CREATE + "duplicate_idnumber", {"OCC-9001": row["idnumber"]})
    if _ends_before(row):
        raise MoodleError(_CREATE + "end_before_start")


def _created(site: MoodleSite, row: Row) -> dict[str, Any]:
    number, now = max(site.courses) + 1, int(time.time())
    start = int(row.get("startdate") or now)
    category = next(one for one in site.categories if one["id"] == int(row["categoryid"]))
    told = {
        "id": number,
        "shortname": row["shortname"],
        "fullname": row["fullname"],
        "displayname": row["fullname"],
        "categoryid": category["id"],
        "idnumber": row.get("idnumber", ""),
        "startdate": start,
        "enddate": int(row.get("enddate", str(start + _DEFAULT_LENGTH))),
        "visible": int(row.get("visible", str(category["visible"]))),
        "timecreated": now,
        "timemodified": now,
    }
    like = copy.deepcopy(site.courses[2])
    empty = {"summary": "", "contacts": [], "enrollmentmethods": ["manual"], "newsitems": 5, "cacherev": now}
    shown = {"showactivitydates": True, "enablecompletion": 1, "categoryname": category["name"]}
    site.courses[number] = {**like, **empty, **shown, **told}
    listed = site.course_list[2]
    site.course_list[number] = {**listed, **{key: value for key, value in told.items() if key in listed}}
    site.contents[number] = [
        {**section, "id": section["id"] + 1000 * number, "modules": []} for section in site.contents[5]
    ]
    site.enrolled[number] = []
    site.reports[number] = {}
    site.blank_items[number] = course_total({"gradeitems": site.blank_items[5]}, number)
    return site.courses[number]


def _updated(site: MoodleSite, row: Row) -> dict[str, Any] | None:
    number = int(row["id"])
    if number not in site.courses:
        return _warning("nonexistent", {"999999": number})
    if row.get("idnumber") and _taken(site, "idnumber", row["idnumber"], but=number):
        return _warning("duplicate_idnumber_warning", {"OCC-1001": row["idnumber"], ":8,": f":{number},"})
    if _ends_before(row):
        return _warning("end_before_start_warning", {":8,": f":{number},"})
    numbers = {key: int(row[key]) for key in ("categoryid", "startdate", "enddate", "visible") if key in row}
    words = {key: row[key] for key in ("fullname", "shortname", "idnumber") if key in row}
    site.courses[number].update(**words, **numbers)
    if number in site.course_list:
        site.course_list[number].update(**words, **numbers)
    _touch(site, number)
    return None


def _warning(case: str, told: Mapping[str, object]) -> dict[str, Any]:
    body = MoodleError(_UPDATE + case, told).answer()
    found: dict[str, Any] = body["warnings"][0]
    return found


def _taken(site: MoodleSite, key: str, value: str, but: int | None = None) -> bool:
    folded = value.casefold()
    return any(
        str(course.get(key, "")).casefold() == folded and course["id"] != but
        for course in site.courses.values()
    )


def _ends_before(row: Row) -> bool:
    start, end = int(row.get("startdate", 0)), int(row.get("enddate", 0))
    return bool(start and end and end < start)


def _touch(site: MoodleSite, course: int) -> None:
    """A change shows, though nothing may have changed."""
    now = max(int(time.time()), site.courses[course]["timemodified"] + 1)
    site.courses[course].update(timemodified=now, cacherev=now)


def _modules(site: MoodleSite, course: int) -> list[dict[str, Any]]:
    return [module for section in site.contents.get(course, []) for module in section["modules"]]


def _copy_sections(site: MoodleSite, source: int, target: int, copies: Mapping[int, int]) -> None:
    sections = copy.deepcopy(site.contents.get(target, []))
    for place, section in enumerate(site.contents.get(source, [])):
        if place >= len(sections):
            sections.append({**section, "id": section["id"] + 1000 * target, "modules": []})
        for module in section["modules"]:
            number = copies[module["id"]]
            url = module.get("url", "").replace(f"id={module['id']}", f"id={number}")
            sections[place]["modules"].append({**copy.deepcopy(module), "id": number, "url": url})
    site.contents[target] = sections


def _items(site: MoodleSite, course: int) -> list[dict[str, Any]]:
    report = next(iter(site.reports[course].values()), None)
    return report["gradeitems"] if report else site.blank_items[course]


def _blank(item: Mapping[str, Any], cmid: int) -> dict[str, Any]:
    nothing = {"graderaw": None, "gradedatesubmitted": None, "gradedategraded": None}
    return {**item, **nothing, "gradeformatted": "-", "percentageformatted": "-", "cmid": cmid}
