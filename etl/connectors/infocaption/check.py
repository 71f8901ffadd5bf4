"""The connection test of an InfoCaption site: whether its lists can be read as they are mapped.

Facts: docs/connectors/infocaption.md, Interface. Field names of courses and participants are a site's own, so
rows are decoded.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import pandas as pd

from etl import db
from etl.connections import CheckReport
from etl.connectors.infocaption import contract
from etl.connectors.infocaption.client import InfoCaptionClient
from etl.engine.connection_test import Tested
from etl.engine.decoding import Decoded
from etl.errors import RejectRecord, Unusable
from etl.transform.competences import verdicts
from etl.words import counted

_CORRECT: Final = "correct the connection's mapping of fields"
_LOST: Final = {
    "status_unknown": "a status that is none of SCORM's (passed, completed, failed ...)",
    "needs_completion_time": "no time of completion although they are passed",
    "malformed_record": "a score or a time that cannot be read",
}


def check_connection(tested: Tested) -> CheckReport:
    """The test of a connection to a site, with the courses that are linked."""
    with tested.reading() as engine, engine.connect() as session:
        ids = tested.known_as(engine)
        linked = [
            row["source_course_id"]
            for row in db.rows(session, "results/competences.courses_of", connection_ids=ids)
        ]
    with InfoCaptionClient(tested.at_once) as client:
        return check(client, linked)


def check(client: InfoCaptionClient, linked: Sequence[str]) -> CheckReport:
    """Count what can be read; name what is linked and not there, lists that are refused, and fields that are not
    where they should be.

    ``linked``: the courses that give a competence. Raises GiveUp or RetryLater when the site does not answer.
    """
    courses = contract.decode_courses(client.courses(), client.mapping.courses)
    published = courses.frame.loc[courses.frame["published"], "source_course_id"].tolist()
    notes = [f"Courses: {len(courses.frame)}, of which {len(published)} are published"]
    problems = _unreadable("course", courses)
    shown = set(courses.frame["source_course_id"])
    if linked and not shown:
        problems.append(
            f"The list of courses is empty, and {len(linked)} are linked: look at the client's access"
        )
    notes += [f"Linked course {course} is gone" for course in linked if course not in shown]
    hidden = shown - set(published)
    notes += [f"Linked course {course} is not published" for course in linked if course in hidden]
    asked = [course for course in linked if course in published] or published[:1]
    if not asked:
        notes.append("No course is published: participants are not tested")
    for position, course in enumerate(asked):
        _participants(client, course, notes, problems, whole=position == 0)
    return CheckReport(not problems, [*notes, *problems])


def _participants(
    client: InfoCaptionClient, course: str, notes: list[str], problems: list[str], whole: bool
) -> None:
    """Whether the list of a course is given to us; of the first course the fields are looked at too."""
    today = None if whole else datetime.now(UTC).date().isoformat()
    try:
        body = client.participants(course, today)
    except RejectRecord as problem:
        problems.append(f"{problem}: the course was removed, or the mapping's path of participants is wrong")
        return
    except Unusable as problem:
        problems.append(f"Nobody gets a competence for course {course}: {problem}")
        return
    attempts = contract.decode_participants(body, client.mapping.participants, "UTC")
    problems += _unreadable("participant", attempts)
    if whole:
        notes.append(f"Participants of course {course}: {len(attempts.frame)} attempts")
        missing = list(_missing(course, attempts.frame))
        problems += missing
        if not missing:
            _judged(course, attempts.frame, notes, problems)


def _missing(course: str, attempts: pd.DataFrame) -> Iterator[str]:
    """Without these nobody is matched and nothing is approved; one that is in no row at all has another name."""
    finished = attempts[attempts["status"].isin(["passed", "completed"])]
    needed = {
        "an e-mail address": attempts[["email"]],
        "a status or a score": attempts[["status", "score"]],
        "when it was completed": finished[["completed_at"]],
    }
    for what, columns in needed.items():
        if not columns.empty and bool(columns.isna().to_numpy().all()):
            yield f"No participant of course {course} shows {what}: {_CORRECT}"


def _judged(course: str, attempts: pd.DataFrame, notes: list[str], problems: list[str]) -> None:
    """Attempts that count for nobody as they are: some are noted, all of a course are a fault of the mapping."""
    counts = verdicts(attempts, datetime.now(UTC)).value_counts()
    for code, what in _LOST.items():
        lost = int(counts.get(code, 0))
        if lost == len(attempts) > 0:
            problems.append(f"Every attempt of course {course} has {what}: {_CORRECT}")
        elif lost:
            notes.append(
                f"{lost} of {len(attempts)} attempts of course {course} have {what}: they are listed"
            )


def _unreadable(what: str, decoded: Decoded) -> list[str]:
    if decoded.rejected.empty:
        return []
    reasons = " ".join(sorted(set(decoded.rejected["reason"]))[:2])
    return [
        f"{counted(len(decoded.rejected), f'{what} row is', f'{what} rows are')} not readable: {_CORRECT} ({reasons})"
    ]
