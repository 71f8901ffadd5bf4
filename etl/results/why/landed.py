"""The answers that something was derived from, as they were when it was recorded, and the runs."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection as Session

from etl import db
from etl.load import landing
from etl.results.why.shape import Row

_OF_ACTIVITIES: Final = "module"  # the resource whose keys are activities; those of others are learners


def of_learner(
    session: Session,
    source: str,
    scopes: Sequence[str],
    client_code: str,
    run_id: str | None,
    recorded_at: datetime,
    activities: Iterable[str] = (),
) -> list[Row]:
    """The answers of a source about a learner, some activities, and these courses as a whole, which counted when a run
    recorded. A run that derived several past nights recorded by one of them: the answers of each are listed.
    """
    accounts = db.rows(
        session, "results/why.accounts", source=source, scopes=list(scopes), client_code=client_code
    )
    learner = {"", client_code, *(row["user_id"] for row in accounts)}
    counted = set(activities)
    nights = db.rows(session, "results/why.nights", run_id=run_id, recorded_at=recorded_at)
    moments = [row["moment"] for row in nights] or [recorded_at]
    found = landing.counted(session, source, scopes, sorted(learner | counted), moments)
    return [one for one in found if one["key"] in (counted if one["resource"] == _OF_ACTIVITIES else learner)]


def runs(session: Session, run_ids: Iterable[str | None]) -> list[Row]:
    """Runs, newest first."""
    return db.rows(session, "results/why.runs", run_ids=sorted({one for one in run_ids if one}))
