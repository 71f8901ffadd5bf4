"""The connection test of a Moodle site: what is missing, also what the site leaves out without saying so.

Facts: docs/connectors/moodle.md, What a role does not see. What is mapped is compared with what comes back.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Engine

from etl import db
from etl.connections import CheckReport
from etl.connectors.moodle import contract
from etl.connectors.moodle.check_course import CourseCheck
from etl.connectors.moodle.client import MoodleClient
from etl.connectors.moodle.contract import CourseState
from etl.connectors.moodle.findings import Findings
from etl.connectors.moodle.reasons import REASONS
from etl.connectors.moodle.writing.check import check_writing
from etl.connectors.moodle.writing.client import MoodleWriter
from etl.connectors.moodle.writing.settings import WritingSettings, written_sites
from etl.engine.connection_test import Tested
from etl.errors import CapabilityMissing, EtlError, RejectRecord, RetryLater, Unusable
from etl.transform.reasons import reason

READING: Final = (
    "core_webservice_get_site_info",
    "core_course_get_courses_by_field",
    "core_enrol_get_enrolled_users",
    "core_course_get_course_module",
    "gradereport_user_get_grade_items",
    "core_completion_get_course_completion_status",
)
_IN_A_ROW: Final = 2  # so many courses without an answer, and the rest is not asked


def check_connection(tested: Tested) -> CheckReport:
    """The test of a connection to a site, with what sources read from it."""
    with tested.reading() as engine, MoodleWriter(tested.at_once, engine) as client:
        known_as = tested.known_as(engine)
        rows = _mapped_rows(engine, known_as, _idnumbers(client))
        with engine.connect() as session:
            written = [site for site in written_sites(session) if site.connection_id in known_as]
        activities = _by_course(rows)
        counted = {row["source_course_id"] for row in rows if row["counted"]}
        report = check(client, activities, counted, written)
    if report.ok and not activities:
        report.lines.append("No course of a source with this connection is linked yet: test again then.")
    return report


def _idnumbers(client: MoodleClient) -> dict[str, str | None]:
    """What can be shown of the courses; why nothing can be is the check's to say."""
    try:
        courses = contract.decode_courses(client.courses()).frame
    except EtlError:
        return {}
    idnumbers = courses["idnumber"].astype("object").where(courses["idnumber"].notna(), None)
    return dict(zip(courses["source_course_id"].tolist(), idnumbers.tolist(), strict=True))


def mapped(
    engine: Engine, connection_ids: Sequence[str], idnumbers: Mapping[str, str | None]
) -> dict[str, list[str]]:
    """The activities (cmid) that results are read from, by course id, of the sources with these connections.

    ``idnumbers``: of the courses that the site shows now; a course that no night has read yet counts too.
    """
    return _by_course(_mapped_rows(engine, connection_ids, idnumbers))


def _mapped_rows(
    engine: Engine, connection_ids: Sequence[str], idnumbers: Mapping[str, str | None]
) -> list[Mapping[str, Any]]:
    shown = {"course_ids": list(idnumbers), "idnumbers": list(idnumbers.values())}
    with engine.connect() as session:
        return db.rows(session, "moodle/activities.mapped", connection_ids=list(connection_ids), **shown)


def _by_course(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        activities = found.setdefault(row["source_course_id"], [])
        if row["activity_id"] is not None:
            activities.append(row["activity_id"])
    return found


def check(
    client: MoodleWriter,
    mapped: Mapping[str, Collection[str]],
    counted: Collection[str] = (),
    written: Collection[WritingSettings] = (),
) -> CheckReport:
    """Name the site, its release, and every function and capability that is missing for what is mapped.

    ``mapped``: the activities (cmid) that results are read from, by course id; a course may have none.
    ``counted``: the courses on which points or a competence hang. ``written``: how the site is written to, if it is.
    """
    findings = Findings()
    try:
        if _site(client, findings):
            _courses(client, mapped, counted, findings)
        if written:
            check_writing(client, written, mapped, findings)
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
    if not missing:
        findings.notes.append(f"Functions: all {len(READING)} that read are there")
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
        findings.problems.append(
            f"Problem with course {course_id}: {problem}: {reason(problem.reason_code, REASONS)}"
        )
    except (CapabilityMissing, Unusable) as problem:
        findings.problems.append(f"Problem with course {course_id}: {problem}")
    except RetryLater as problem:
        findings.problems.append(f"Problem with course {course_id}: {problem}")
        return False
    return True
