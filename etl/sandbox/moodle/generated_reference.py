"""The reference set that belongs to a generated Moodle site, as the files of docs/reference-files.md."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from etl.sandbox.moodle.generated_json import client_code, identity, occurrence_code
from etl.sandbox.moodle.generated_site import GeneratedSite

SOURCE = "moodle_generated"
ACTIVITIES_PER_UNIT = 3
STARTED = "2026-09-01"

Table = tuple[str, Iterable[tuple[object, ...]]]


def write_reference(folder: Path, site: GeneratedSite, source: str = SOURCE) -> None:
    """Write one CSV file per table: every student a client and enrolled, every three activities a unit."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (header, rows) in _tables(site, source).items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header.split(","))
            writer.writerows(rows)


def unit_codes(site: GeneratedSite) -> list[str]:
    """The units that every course has."""
    return [f"GU{number + 1:02d}" for number in range(-(-site.settings.activities // ACTIVITIES_PER_UNIT))]


def enrolment_code(course: int, user: int) -> str:
    """The enrolment of a student in the occurrence of a course."""
    return f"GE-{course}-{user}"


def _tables(site: GeneratedSite, source: str) -> dict[str, Table]:
    units = unit_codes(site)
    return {
        "sources": (
            "source,system,connection_id,timezone,match_code,match_fields,record_failed,allow_resit,"
            "use_enrolment_start,review",
            [(source, "moodle", source, "Europe/Amsterdam", "true", "", "true", "false", "true", "none")],
        ),
        "clients": (
            "client_code,external_id,username,given_name,other_name,surname,email,archived",
            (_client(user) for _, user in _students(site)),
        ),
        "occurrences": (
            "occurrence_code,name,start_date,finish_date,status",
            ((occurrence_code(c), f"Course {c}", STARTED, "2027-07-31", "active") for c in site.course_ids),
        ),
        "units": ("unit_code,kind,name", [(unit, "unit", unit) for unit in units]),
        "enrolments": (
            "enrolment_code,client_code,occurrence_code,status,start_date",
            (
                (enrolment_code(c, u), client_code(u), occurrence_code(c), "active", STARTED)
                for c, u in _students(site)
            ),
        ),
        "enrolment_units": (
            "enrolment_code,unit_code,expected_start_date",
            ((enrolment_code(c, u), unit, "") for c, u in _students(site) for unit in units),
        ),
        "activity_links": (
            "occurrence_code,unit_code,source,activity_id",
            (
                (occurrence_code(c), units[place // ACTIVITIES_PER_UNIT], source, cmid)
                for c in site.course_ids
                for place, cmid in enumerate(site.cmids(c))
            ),
        ),
    }


def _students(site: GeneratedSite) -> Iterator[tuple[int, int]]:
    return ((course, user) for course in site.course_ids for user in site.user_ids(course))


def _client(user: int) -> tuple[object, ...]:
    who = identity(user)
    names = (who["username"], who["firstname"], "", who["lastname"])
    return (client_code(user), user, *names, who["email"], "false")
