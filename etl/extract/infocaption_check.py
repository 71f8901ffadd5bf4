"""The connection test of an InfoCaption site: whether its lists can be read as they are mapped.

Facts: spec/infocaption_winlas.md. Field names of courses and participants are a site's own, so rows are decoded.
"""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from etl.connections import CheckReport
from etl.errors import RejectRecord
from etl.extract import infocaption_contract as contract
from etl.extract.contract import Decoded
from etl.extract.infocaption import InfoCaptionClient

_CORRECT: Final = "correct the connection's mapping of fields"


def check(client: InfoCaptionClient, linked: Sequence[str]) -> CheckReport:
    """Count what can be read; name what is linked and not there, and fields that are not where they should be.

    ``linked``: the courses that give a competence. Raises GiveUp or RetryLater when the site does not answer.
    """
    courses = contract.decode_courses(client.courses(), client.mapping.courses)
    published = courses.frame.loc[courses.frame["published"], "source_course_id"].tolist()
    notes = [f"Courses: {len(courses.frame)}, of which {len(published)} are published"]
    problems = _unreadable("course", courses)
    shown = set(courses.frame["source_course_id"])
    notes += [f"Linked course {course} is gone" for course in linked if course not in shown]
    hidden = shown - set(published)
    notes += [f"Linked course {course} is not published" for course in linked if course in hidden]
    sample = next((course for course in (*linked, *published) if course in published), None)
    if sample is None:
        notes.append("No course is published: participants are not tested")
    else:
        _participants(client, sample, notes, problems)
    return CheckReport(not problems, [*notes, *problems])


def _participants(client: InfoCaptionClient, course: str, notes: list[str], problems: list[str]) -> None:
    try:
        body = client.participants(course)
    except RejectRecord as problem:
        problems.append(str(problem))
        return
    attempts = contract.decode_participants(body, client.mapping.participants, "UTC")
    notes.append(f"Participants of course {course}: {len(attempts.frame)} attempts")
    problems += _unreadable("participant", attempts)
    problems += [
        f"No participant of course {course} shows {what}: {_CORRECT}"
        for what, missing in _missing(attempts.frame).items()
        if missing
    ]


def _missing(attempts: pd.DataFrame) -> dict[str, bool]:
    """Without these nobody is matched and nothing is approved; one that is in no row at all has another name."""
    finished = attempts[attempts["status"].isin(["passed", "completed"])]
    return {
        "an e-mail address": _absent(attempts[["email"]]),
        "a status or a score": _absent(attempts[["status", "score"]]),
        "when it was completed": _absent(finished[["completed_at"]]),
    }


def _absent(columns: pd.DataFrame) -> bool:
    return not columns.empty and bool(columns.isna().to_numpy().all())


def _unreadable(what: str, decoded: Decoded) -> list[str]:
    if decoded.rejected.empty:
        return []
    reasons = " ".join(sorted(set(decoded.rejected["reason"]))[:2])
    return [f"{len(decoded.rejected)} {what} rows are not readable: {_CORRECT} ({reasons})"]
