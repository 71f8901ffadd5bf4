"""The night of Moodle: unit results and course completions (docs/connectors/moodle.md).

Its tasks are those of CourseNight.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connections import Connection
from etl.connectors.moodle import accounts, contract
from etl.connectors.moodle.before_poll import Before, CourseList, as_seen, before_poll
from etl.connectors.moodle.client import MoodleClient
from etl.connectors.moodle.derive import MoodleDerivation
from etl.connectors.moodle.landed import ACCESS, FLOW, SYSTEM, USERS
from etl.connectors.moodle.participants import decode_enrolled_users
from etl.connectors.moodle.people import PEOPLE
from etl.connectors.moodle.poll import CoursePoll
from etl.connectors.moodle.reasons import REASONS
from etl.engine.course_night import CourseNight, Wanted
from etl.engine.decoding import Decoded
from etl.engine.night import Connect
from etl.engine.options import Options
from etl.engine.polling import Polling
from etl.engine.sources import Source
from etl.errors import GiveUp
from etl.results.administration import Administration
from etl.transform.rejected import rejected_rows
from etl.transform.sweep import sweep_due


class MoodlePolling(Polling[CoursePoll]):
    """Asks about courses what the night's changes ask for."""

    people = PEOPLE

    def __init__(
        self, engine: Engine, source: Source, client: MoodleClient, scopes: list[str], options: Options
    ) -> None:
        self._engine = engine
        self._source = source
        self._client = client
        self._options = options
        self._administration = Administration(engine, source, scopes)
        self._courses = CourseList(engine, source)

    def begin(self, scope: str) -> CoursePoll:
        """A course that nothing was asked about yet."""
        return CoursePoll(self._client, scope, self._administration, self._courses.state(scope))

    def ask(self, poll: CoursePoll) -> None:
        """What the night's changes ask for; of a course that a person names, too."""
        self._ask(poll)
        if poll.scope in self._options.courses:
            poll.decision = "asked_for"

    def _ask(self, poll: CoursePoll) -> None:
        """Who was in the course when, who they are where that is due, and unless all is quiet what may have changed."""
        with self._engine.connect() as session:
            facts = poll.mapped, poll.occurrences, poll.finished
            before, at = before_poll(session, self._source, poll.scope, self._courses, *facts)
        poll.decision = "quiet"
        settled = before.settled(at) and not self._options.full
        access = None
        if not self._profiles_due(before, poll.scope, at):
            body = poll.ask_access()
            access = decode_enrolled_users(body).frame
            if settled and before.same_access(body) and before.nobody_was_there(access):
                return
        held = self._of_last_poll(before)
        if access is None or held is None or set(access["user_id"]) != set(held["user_id"]):
            now = poll.ask_profiles()
        else:
            now = as_seen(held, access)
        if settled and held is not None and before.nobody_was_there(now, held):
            return
        with self._engine.connect() as session:
            reported = before.learners(session)
        poll.ask_changes(now, before, held, reported, at, self._options.full)

    def _profiles_due(self, before: Before, scope: str, at: datetime) -> bool:
        """Whoever asks for a course by name wants to know who is in it now."""
        asked_for = self._options.full or scope in self._options.courses
        return asked_for or before.profiles_due(self._client.profile_period, at)

    def _of_last_poll(self, before: Before) -> pd.DataFrame | None:
        with self._engine.connect() as session:
            return before.participants(session)

    def ask_site(self) -> bytes:
        """What the site says of itself."""
        return self._client.site_info()


class MoodleNight(CourseNight[MoodleClient]):
    """Courses that are linked to occurrences, accredited, give a competence, or are the part of a training."""

    system = SYSTEM
    flow = FLOW

    def client(self, engine: Engine, connection: Connection) -> MoodleClient:
        """A client of one site."""
        return MoodleClient(connection, engine)

    def courses(self, client: MoodleClient) -> bytes:
        """The site's list of courses, as it answers."""
        return client.courses()

    def listed(self, client: MoodleClient, source: Source, body: bytes) -> Decoded:
        """The site's list of courses. Raises GiveUp where it shows none: a site has its front page at least."""
        listed = contract.decode_courses(body)
        if listed.frame.empty:
            raise GiveUp(
                f"{source.source}: the site's list shows no course that can be read, not even its front page:"
                " look at the service account's role and at what core_course_get_courses_by_field answers"
            )
        return replace(listed, frame=listed.frame.assign(can_be_asked=True))

    def wanted(self, session: Session, source: Source) -> Wanted:
        """As often as ``core.asked_courses`` says; one that a competence waits for, at once."""
        rows = db.query(session, "results/courses.occurrences", source=source.source)
        current = set(rows.loc[rows["asked"] == "every night", "scope"])
        late = set(rows.loc[rows["asked"] == "every week", "scope"])
        there = frozenset(current | late)
        waited_for = set(rows.loc[rows["waited_for"], "scope"])
        due = there & (current | waited_for | _to_be_looked_at(session, source, late))
        return Wanted(rows, there, due, late=frozenset(late))

    def unreachable(
        self, session: Session, source: Source, shown: pd.DataFrame, wanted: Wanted
    ) -> list[pd.DataFrame]:
        """Links to courses that are gone, hidden idnumbers, and mapped occurrences to which no course is linked."""
        hidden = _hidden_idnumbers(session, source, shown)
        return [hidden, *_unlinked(session, source, wanted.rows)]

    def polling(
        self, engine: Engine, source: Source, client: MoodleClient, scopes: list[str], options: Options
    ) -> MoodlePolling:
        """How these courses are asked about."""
        return MoodlePolling(engine, source, client, scopes, options)

    def derivation(self, engine: Engine, run_id: str, source: Source, connect: Connect) -> MoodleDerivation:
        """How what was landed becomes results; the accounts that it shows are known first."""
        accounts.refresh(engine, run_id, source)
        return MoodleDerivation(engine, source)


_NIGHT: Final = MoodleNight()
open_run, plan, land = _NIGHT.open_run, _NIGHT.plan, _NIGHT.land
derive, finish, run, again = _NIGHT.derive, _NIGHT.finish, _NIGHT.run, _NIGHT.again


def _to_be_looked_at(session: Session, source: Source, late: Collection[str]) -> set[str]:
    """Courses of finished occurrences that were read before, a week ago or longer: grades may still come in."""
    at = db.rows(session, "load/derivations.reference_version")[0]["read_at"]
    asked = {"scopes": list(late), "resources": [USERS, ACCESS]}
    read = db.rows(session, "load/landing.last", source=source.source, **asked)
    return {row["scope"] for row in read if sweep_due(row["landed_at"], at)}


def _hidden_idnumbers(session: Session, source: Source, shown: pd.DataFrame) -> pd.DataFrame:
    """Courses whose idnumber was known and is not shown any more; the known one is used."""
    unshown = shown.loc[shown["idnumber"].isna(), "source_course_id"].tolist()
    found = db.rows(session, "moodle/courses.idnumbers_hidden", source=source.source, unshown=unshown)
    known = pd.Series([row["source_course_id"] for row in found], dtype="str")
    return rejected_rows(pd.Series("", index=known.index), "course", known, "idnumber_hidden", own=REASONS)


def _unlinked(session: Session, source: Source, wanted: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Links to courses that are gone, and mapped occurrences to which no course is linked."""
    gone = wanted.loc[wanted["gone"], "scope"].drop_duplicates()
    yield rejected_rows(pd.Series("", index=gone.index), "course", gone, "course_gone")
    linked = wanted["occurrence_code"].dropna().tolist()
    found = db.rows(session, "moodle/courses.occurrences_unlinked", source=source.source, linked=linked)
    unlinked = pd.Series([row["occurrence_code"] for row in found], dtype="str")
    yield rejected_rows(
        pd.Series("", index=unlinked.index), "occurrence", unlinked, "course_not_linked", own=REASONS
    )
