"""What is known of a Moodle course before a poll: what is landed, what is open, what cannot have changed."""

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors.moodle import contract
from etl.connectors.moodle.contract import CourseState
from etl.connectors.moodle.due import inputs_of
from etl.connectors.moodle.grade_report import decode_learners
from etl.connectors.moodle.landed import ACCESS, COMPLETION, FLOW, GRADES, MODULE, USER_GRADES, USERS, newest
from etl.connectors.moodle.participants import decode_enrolled_users
from etl.connectors.moodle.poll_plan import ACCESS_MARGIN, NOT_TOLD, changed_since, there_just_before
from etl.engine.decoding import MALFORMED
from etl.engine.polling import COURSE
from etl.engine.sources import Source
from etl.load import derivations, landing, rejections
from etl.load.landing import Answer
from etl.transform.sweep import sweep_due
from etl.transform.unit_rejections import RESOURCE as UNIT_RESULT

_COURSES: Final = "courses"
_A_NIGHT: Final = timedelta(hours=20)  # runs of one day do not ask twice
_USER: Final = re.compile(r"/user ([0-9]+)")


class CourseList:
    """The site's newest list of courses, and the lists before it: whether a course was changed since some moment."""

    def __init__(self, engine: Engine, source: Source) -> None:
        self._engine = engine
        self._source = source
        self._read: dict[int, dict[str, CourseState]] = {}

    def state(self, course: str) -> CourseState:
        """What the newest list says of a course; nothing where the course is not in it."""
        return self._newest.get(course, CourseState())

    def unchanged(self, course: str, since: datetime) -> bool | None:
        """Whether neither settings nor activities were changed; None where the site does not tell us."""
        now, then = self.state(course), self._states(since).get(course, CourseState())
        if now.changed is None or then.changed is None:
            return None
        return now.changed == then.changed

    @cached_property
    def _newest(self) -> dict[str, CourseState]:
        return self._states(datetime.max.replace(tzinfo=UTC))

    @cached_property
    def _lists(self) -> list[tuple[datetime, int]]:
        """When each list was landed, the newest first."""
        with self._engine.connect() as session:
            return landing.moments(session, self._source.source, "", _COURSES)

    def _states(self, as_of: datetime) -> dict[str, CourseState]:
        found = next((landing_id for moment, landing_id in self._lists if moment <= as_of), None)
        if found is None:
            return {}
        if found not in self._read:
            with self._engine.connect() as session:
                [answer] = landing.read(session, [found])
            self._read[found] = contract.decode_course_states(answer.body)
        return self._read[found]


@dataclass(frozen=True)
class Before:
    """What is landed of a course: when and what, and what could not be read or is missing since."""

    landed: pd.DataFrame  # of one scope, as etl.load.landing.index gives it
    derived: bool  # whether exactly this was derived already
    unread: pd.DataFrame  # open rejections of the last polls
    missing: frozenset[str]  # activities that are mapped and were not in the grade report
    lacking: str | None  # a learner whose own report lacks an activity that others have
    malformed: frozenset[str]  # learners with grades that could not be read ("" = nobody knows whose)
    unknown: bool  # whether somebody is listed of whom it is not known which client they are
    swept_at: datetime | None  # when all of it was read last; a finished course is not read whole every week
    unchanged: bool | None  # whether it was left as it was since its pass grades were read; None = not told

    def settled(self, at: datetime) -> bool:
        """Nothing is left to be asked again or derived: a poll that meets nobody needs to ask nothing."""
        told = not (self.missing or self.lacking or self.malformed)
        read = self.unread.empty and told and self.unchanged is not False
        return read and self.derived and not sweep_due(self.swept_at, at)

    @property
    def polled_at(self) -> datetime | None:
        """When it was asked last who was there when."""
        return max(filter(None, (self.at(USERS), self.at(ACCESS))), default=None)

    def same_access(self, body: bytes) -> bool:
        """Whether the last poll had this answer to who was there when."""
        rows = self._of(ACCESS)
        same = not rows.empty and rows["sha256"].iloc[-1] == hashlib.sha256(body).hexdigest()
        return same and self.at(ACCESS) == self.polled_at

    def differs(self, resource: str, answers: Iterable[Answer]) -> bool:
        """Whether one of these answers is not the one of before, about something of which there was one."""
        rows = self._of(resource)
        held = dict(zip(rows["key"], rows["sha256"], strict=True))
        fresh = {
            one.key: hashlib.sha256(one.body).hexdigest()
            for one in answers
            if one.resource == resource and one.body
        }
        return any(held.get(key, digest) != digest for key, digest in fresh.items())

    def nobody_was_there(self, now: pd.DataFrame, held: pd.DataFrame | None = None) -> bool:
        """Whether nobody has been in the course since the last poll, whose participants are ``held`` (none: the same).

        Where the site hides when people were there, that is not known.
        """
        if self.polled_at is None or access_hidden(now):
            return False
        if held is None:
            return not there_just_before(now, self.polled_at).any()
        return changed_since(now, held, self.polled_at).empty and len(now) == len(held)

    def profiles_due(self, period: timedelta, at: datetime) -> bool:
        """Whether it is to be asked anew who the participants are: after a period, and with each sweep.

        While somebody is listed whom no client was found for, each night: people mend that on the site.
        """
        asked_at = self.at(USERS)
        if asked_at is None or self.broken or sweep_due(self.swept_at, at):
            return True
        return at - asked_at >= (min(period, _A_NIGHT) if self.unknown else period)

    def at(self, resource: str) -> datetime | None:
        """When this resource was landed last."""
        moments = self._of(resource)["landed_at"]
        return None if moments.empty else moments.max().to_pydatetime()

    def moments(self, resource: str) -> dict[str, datetime]:
        """Of which activities or learners there is an answer, and since when."""
        rows = self._of(resource)
        return {
            key: moment.to_pydatetime() for key, moment in zip(rows["key"], rows["landed_at"], strict=True)
        }

    def again(self, resource: str) -> set[str]:
        """The activities or learners that could not be read when they were asked last ("" = the course itself)."""
        keys = self.unread.loc[self.unread["resource"] == resource, "record_key"]
        return {str(key).partition("/")[2] for key in keys}

    def completions_due(
        self, learners: Sequence[int], single: Collection[int], now: pd.DataFrame
    ) -> list[int]:
        """Of learners those whose completion was never asked for or not read, who were in the course since (``now``),
        or have a newer grade report (``single``: of tonight).
        """
        asked, again, graded = self.moments(COMPLETION), self.again(COMPLETION), self.at(GRADES)
        reports = self.moments(USER_GRADES)
        seen = dict(zip(now["user_id"].tolist(), now["last_course_access"].tolist(), strict=True))
        return [
            user
            for user in learners
            if user in single
            or str(user) in again
            or (moment := asked.get(str(user))) is None
            or (graded is not None and moment < graded)
            or moment < reports.get(str(user), moment)
            or seen.get(user, -1) >= (moment - ACCESS_MARGIN).timestamp()
        ]

    @property
    def broken(self) -> bool:
        """Whether the course could not be read as a whole, or its learners cannot be told by who is in it."""
        return bool(self.again(COURSE) | self.again(USERS)) or "" in self.malformed

    def learners(self, session: Session) -> pd.DataFrame:
        """Who stands in the landed grade reports: user_id, user_idnumber."""
        found = newest(self.landed)
        whole = found.loc[found["resource"] == GRADES, "landing_id"].tolist()
        single = found.loc[found["resource"] == USER_GRADES, "key"].astype("int64")
        reported = [decode_learners(answer.body) for answer in landing.read(session, whole)]
        others = pd.DataFrame({"user_id": single, "user_idnumber": pd.Series("", single.index, dtype="str")})
        return pd.concat([*reported, others]).drop_duplicates("user_id", ignore_index=True)

    def participants(self, session: Session) -> pd.DataFrame | None:
        """Who was in the course at the last poll, and was there when: profiles of when they were asked last."""
        found = self.landed[self.landed["resource"].isin([USERS, ACCESS])]
        held: pd.DataFrame | None = None
        for answer in landing.read(session, found["landing_id"].tolist()):  # oldest first
            shown = decode_enrolled_users(answer.body).frame
            held = shown if answer.resource == USERS else None if held is None else as_seen(held, shown)
        return held

    def _of(self, resource: str) -> pd.DataFrame:
        return self.landed[self.landed["resource"] == resource]


def before_poll(
    session: Session,
    source: Source,
    scope: str,
    courses: CourseList,
    mapped: Collection[str],
    occurrences: Collection[str],
    finished: bool,
) -> tuple[Before, datetime]:
    """What is known of a course with these mapped activities and occurrences, and what time the database has."""
    landed = landing.index(session, source.source, [scope])
    inputs = inputs_of(session, source, [scope]).get(scope)
    held = derivations.derived_inputs(session, FLOW, source.source, [scope]).get(scope)
    unread = rejections.open_of(session, f"{FLOW}/poll", source.source, [scope])
    listed = rejections.open_of(session, FLOW, source.source, [scope])
    modules = landed.loc[(landed["resource"] == MODULE) & landed["key"].isin(list(mapped)), "landed_at"]
    unchanged = None if modules.empty else courses.unchanged(scope, modules.min().to_pydatetime())
    at: datetime = db.rows(session, "load/derivations.reference_version")[0]["read_at"]
    moments = landed.loc[landed["resource"] == GRADES, "landed_at"]
    swept_at = None if moments.empty else at if finished else moments.max().to_pydatetime()
    derived = inputs is not None and inputs == held
    unclear = _missing(listed), _lacking(listed, occurrences), _malformed(listed), _unknown(listed)
    return Before(landed, derived, unread, *unclear, swept_at, unchanged), at


def as_seen(profiles: pd.DataFrame, access: pd.DataFrame) -> pd.DataFrame:
    """These profiles, with the moments at which each was there by a newer answer about the same people."""
    seen = access.set_index("user_id")["last_course_access"]
    shown = profiles["user_id"].map(seen).fillna(NOT_TOLD).astype("int64")
    return profiles.assign(last_course_access=shown)


def access_hidden(users: pd.DataFrame) -> bool:
    """Whether the site does not tell of somebody when they were in the course last."""
    return bool((users["last_course_access"] == NOT_TOLD).any())


def _missing(listed: pd.DataFrame) -> frozenset[str]:
    gone = listed["reason_code"] == "activity_missing"
    links = listed[gone & (listed["resource"] == "activity_link")]  # missing for everybody
    return frozenset(str(key).rpartition("/")[2] for key in links["record_key"])


def _lacking(listed: pd.DataFrame, occurrences: Collection[str]) -> str | None:
    """Of keys OCCURRENCE/USER/UNIT, in which codes may hold any character, a user."""
    units = (listed["reason_code"] == "activity_missing") & (listed["resource"] == UNIT_RESULT)
    for key in map(str, listed.loc[units, "record_key"]):
        for code in occurrences:
            user = key.removeprefix(f"{code}/").partition("/")[0]
            if key.startswith(f"{code}/") and user.isascii() and user.isdecimal():
                return user
    return None


def _unknown(listed: pd.DataFrame) -> bool:
    return bool(listed["reason_code"].isin(["unmatched_learner", "ambiguous_learner"]).any())


def _malformed(listed: pd.DataFrame) -> frozenset[str]:
    """As ``etl.engine.decoding.key_of`` names them."""
    grades = listed["resource"].isin([GRADES, USER_GRADES]) & (listed["reason_code"] == MALFORMED)
    named = (_USER.search(str(key)) for key in listed.loc[grades, "record_key"])
    return frozenset(found[1] if found else "" for found in named)
