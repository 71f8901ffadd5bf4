"""From landed answers to passes: who passed which course when."""

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors.infocaption.landed import FLOW, inputs_of, newest, read_attempts
from etl.connectors.infocaption.mapping import Participants
from etl.engine import failpoint
from etl.engine.course_derivation import Lot, WholeCourses
from etl.engine.sources import Source
from etl.load import rejections
from etl.load.merge import merge
from etl.load.runs import Counts
from etl.transform.competences import course_passes
from etl.transform.rejected import combined


class InfoCaptionDerivation(WholeCourses[pd.DataFrame]):
    """Passes are facts of the source, which a dry run records too; what it holds back is what they give."""

    flow = FLOW
    holds_back = False

    def __init__(self, engine: Engine, source: Source, listing: Participants) -> None:
        super().__init__(engine, source)
        self._listing = listing

    def newest(self, found: pd.DataFrame) -> pd.DataFrame:
        """The last whole list of each course, and the changes since."""
        return newest(found)

    def inputs(self, session: Session, found: pd.DataFrame) -> dict[str, str]:
        """For each course a hash over all that it is derived from."""
        return inputs_of(session, found, self._listing, self.source.timezone)

    def again(self, session: Session, courses: Sequence[str]) -> set[str]:
        """Courses with completions that lay in the future: they count when their time has come."""
        rejected = rejections.open_of(session, FLOW, self.source.source, courses)
        return set(rejected.loc[rejected["reason_code"] == "completed_in_future", "scope"])

    def answers(self, session: Session, found: pd.DataFrame) -> pd.DataFrame:
        """They are read when they are derived: no more than the index is held until then."""
        return found

    def load(self, session: Session, run_id: str, lot: Lot[pd.DataFrame], *, tonight: bool) -> Counts:
        """Record the passes; rows are attempts, and rows that are malformed."""
        source = self.source.source
        attempts, malformed = read_attempts(session, lot.answers, self._listing, self.source.timezone)
        failpoint.point("derive.decoded")
        now = db.rows(session, "load/derivations.reference_version")[0]["read_at"]
        done = course_passes(attempts, db.query(session, "results/administration.clients"), now)
        failpoint.point("derive.done")
        passes = done.passes.rename(columns={"scope": "source_course_id"})
        merged = merge(
            session,
            "core.course_passes",
            passes,
            "results/recording.course_passes",
            source=source,
            run_id=run_id,
        )
        if tonight:
            listed = combined([malformed, done.rejected])
            rejections.replace(session, run_id, FLOW, source, lot.scopes, listed)
        return Counts(
            read=len(attempts) + len(malformed),
            written=merged.written,
            unchanged=merged.unchanged + done.repeated,
            rejected=done.refused + len(malformed),
            ignored=done.ignored,
        )
