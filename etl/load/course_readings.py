"""When courses that give competences were read: what is decided for good waits for each of them.

See docs/design.md, What is recorded stands.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection as Session

from etl import db


def landed(session: Session, source: str, courses: Sequence[str]) -> dict[str, datetime]:
    """Of the courses that give a competence and were landed whole once: when anything of them was landed last."""
    found = db.rows(session, "load/courses.landed", source=source, scopes=list(courses))
    return {row["scope"]: row["landed_at"] for row in found}


def remember(
    session: Session, flow: str, source: str, read: Mapping[str, datetime], people: Sequence[str]
) -> None:
    """Say that everything landed of some courses (see ``landed``) is derived.

    ``people``: the resources that ``flow`` asks person by person; while one of them is open as not read, the course is
    not whole.
    """
    db.execute(
        session,
        "load/courses.readings_merge",
        source=source,
        poll=f"{flow}/poll",
        people=list(people),
        scopes=list(read),
        moments=list(read.values()),
    )
