"""The night of InfoCaption: passed courses, and the competences they give (docs/connectors/infocaption.md).

Its tasks are those of CourseNight, and ``award`` after all of them.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connections import Connection
from etl.connectors.infocaption.client import InfoCaptionClient
from etl.connectors.infocaption.contract import decode_courses, is_empty
from etl.connectors.infocaption.derive import InfoCaptionDerivation
from etl.connectors.infocaption.landed import CHANGES, FLOW, NO_CHANGES, PARTICIPANTS, SYSTEM, landed_at
from etl.connectors.infocaption.mapping import mapping_of
from etl.connectors.infocaption.people import PEOPLE
from etl.db.turns import Turns
from etl.engine import night
from etl.engine.course_night import CourseNight, Wanted
from etl.engine.decoding import Decoded
from etl.engine.night import Connect
from etl.engine.options import Options
from etl.engine.polling import PolledCourse, Polling
from etl.engine.sources import Source
from etl.errors import GiveUp, RejectRecord
from etl.load import landing, rejections
from etl.results import competences
from etl.transform.rejected import rejected_rows
from etl.transform.sweep import sweep_due

# What was reached without a connection reaches the site later; what comes later still, the weekly sweep finds.
_LATE: Final = timedelta(days=2)


class InfoCaptionPolling(Polling[PolledCourse]):
    """Asks for the participants of courses: the whole list, or what came since the last poll."""

    people = PEOPLE

    def __init__(self, engine: Engine, source: Source, client: InfoCaptionClient, full: bool) -> None:
        self._engine = engine
        self._source = source
        self._client = client
        self._full = full
        with engine.connect() as session:
            gone = db.rows(session, "results/courses.gone_when_asked", source=source.source)
        self._gone = {row["source_course_id"] for row in gone}

    def begin(self, scope: str) -> PolledCourse:
        """A course that nothing was asked about yet."""
        return PolledCourse(self._client, scope)

    def ask(self, poll: PolledCourse) -> None:
        """The whole list when it was never asked (a new link), a week has passed, or rows of it are open as rejected
        (they may be put right whenever they were entered); else what came since the last poll.
        """
        since = self._since(poll)
        try:
            body = poll.others(PARTICIPANTS, self._client.participants(poll.scope, since))
        except RejectRecord as problem:
            if problem.reason_code != "course_gone":
                raise
            course = pd.Series([poll.scope])
            poll.rejected.append(rejected_rows(course, "course", course, "course_gone"))
            self._mark(poll.scope, gone=True)
            return
        self._mark(poll.scope, gone=False)
        if since is None:
            poll.keep(PARTICIPANTS, "", body)
        elif is_empty(body):
            poll.keep(NO_CHANGES, "", body)
        else:
            poll.decision = "few"
            poll.keep(CHANGES, since, body)

    def ask_site(self) -> bytes:
        """The list of courses."""
        return self._client.courses()

    def _mark(self, scope: str, *, gone: bool) -> None:
        """The link of one that is gone stays and shows it; what the course gave stays."""
        if gone == (scope in self._gone):
            return
        known = {"source": self._source.source, "source_course_id": scope, "gone": gone}
        with self._engine.begin() as session:
            db.execute(session, "results/courses.is_gone", **known)

    def _since(self, poll: PolledCourse) -> str | None:
        """The day from which attempts are asked; None: all of them, for the reason that the poll notes."""
        with self._engine.connect() as session:
            found = landing.index(session, self._source.source, [poll.scope])
            at = db.rows(session, "load/derivations.reference_version")[0]["read_at"]
            rejected = rejections.open_of(session, FLOW, self._source.source, [poll.scope])
        polled_at, swept_at = (
            landed_at(found, PARTICIPANTS, CHANGES, NO_CHANGES),
            landed_at(found, PARTICIPANTS),
        )
        if self._full:
            poll.decision = "full"
        elif polled_at is None or swept_at is None:
            poll.decision = "first"
        elif not rejected.empty:
            poll.decision = "unread"
        elif sweep_due(swept_at, at):
            poll.decision = "sweep"
        else:
            poll.decision = "quiet"
            return (polled_at.astimezone(ZoneInfo(self._source.timezone)) - _LATE).date().isoformat()
        return None


class InfoCaptionNight(CourseNight[InfoCaptionClient]):
    """Courses that give a competence and are published."""

    system = SYSTEM
    flow = FLOW

    def client(self, engine: Engine, connection: Connection) -> InfoCaptionClient:
        """A client of one site."""
        return InfoCaptionClient(connection, Turns(engine, connection.site(), 1))

    def courses(self, client: InfoCaptionClient) -> bytes:
        """The site's list of courses, as it answers."""
        return client.courses()

    def listed(self, client: InfoCaptionClient, source: Source, body: bytes) -> Decoded:
        """The site's list of courses, which have no idnumber; only published ones can be asked about."""
        listed = decode_courses(body, client.mapping.courses)
        published = listed.frame["published"]
        shown = listed.frame.assign(idnumber=None, visible=published, can_be_asked=published)
        return Decoded(shown, None, listed.rejected)

    def wanted(self, session: Session, source: Source) -> Wanted:
        """The linked courses, of which those can be asked about that have no problem."""
        rows = db.query(session, "results/competences.courses", source=source.source)
        there = frozenset(rows.loc[rows["problem"].isna(), "scope"])
        return Wanted(rows, there, due=there)

    def unreachable(
        self, session: Session, source: Source, shown: pd.DataFrame, wanted: Wanted
    ) -> list[pd.DataFrame]:
        """Links to courses that are gone, not published or no courses; they give nothing."""
        if shown.empty and not wanted.rows.empty:
            raise GiveUp(
                f"{source.source}: the site's list of courses is empty or unreadable, so that no linked course is"
                " there: look at the client's access and at the connection's mapping"
            )
        problems = wanted.rows[wanted.rows["problem"].notna()]
        nowhere = pd.Series("", index=problems.index)
        return [rejected_rows(nowhere, "course", problems["scope"], problems["problem"])]

    def polling(
        self, engine: Engine, source: Source, client: InfoCaptionClient, scopes: list[str], options: Options
    ) -> InfoCaptionPolling:
        """How these courses are asked about."""
        return InfoCaptionPolling(engine, source, client, options.full)

    def derivation(
        self, engine: Engine, run_id: str, source: Source, connect: Connect
    ) -> InfoCaptionDerivation:
        """How what was landed becomes passes; the connection says what its fields are called."""
        with night.problem_recorded(engine, run_id, "derive", source.source):
            listing = mapping_of(connect(source.connection_id)).participants
        return InfoCaptionDerivation(engine, source, listing)

    def afterwards(self, engine: Engine, run_id: str, options: Options) -> Iterable[Callable[[], None]]:
        """The competences, once all courses were read."""
        return [partial(award, engine, run_id, options)]


def award(engine: Engine, run_id: str, options: Options) -> None:
    """Give the competences that were earned, here and in the other systems whose courses are linked."""
    competences.award(engine, run_id, options, f"{FLOW}/award")


__all__ = ["again", "award", "derive", "finish", "land", "open_run", "plan", "run"]
_NIGHT: Final = InfoCaptionNight()
open_run, plan, land = _NIGHT.open_run, _NIGHT.plan, _NIGHT.land
derive, finish, run, again = _NIGHT.derive, _NIGHT.finish, _NIGHT.run, _NIGHT.again
