"""When courses that give competences were read: what is decided for good waits for each of them.

See docs/design.md, What is recorded stands.
"""

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db


def remember(session: Session, flow: str, source: str, found: pd.DataFrame, people: Sequence[str]) -> None:
    """Say that everything landed of some courses is derived.

    ``found``: an index of landings (see ``landing.index``) of courses that were landed whole once. ``people``: the
    resources that ``flow`` asks person by person; while one of them is open as not read, the course is not whole.
    """
    moments = found.groupby("scope")["landed_at"].max()
    db.execute(
        session,
        "load/courses.readings_merge",
        source=source,
        poll=f"{flow}/poll",
        people=list(people),
        scopes=[str(scope) for scope in moments.index],
        moments=[moment.to_pydatetime() for moment in moments],
    )
