"""Enrolments at a site: transferred once, and suspended or removed when they are withdrawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.moodle.writing.client import MoodleWriter
from etl.connectors.moodle.writing.directory import Directory
from etl.connectors.moodle.writing.records import NO_TIME, ManualEnrolment
from etl.connectors.moodle.writing.settings import WritingSettings
from etl.connectors.moodle.writing.targets import ENROLMENTS, WITHDRAWALS
from etl.errors import RejectRecord


@dataclass(frozen=True)
class Enrolment:
    """Somebody who is to be in a course, or no longer.

    ``role_id``, ``timestart`` and ``already`` (in the course before us): of what was sent; ``before``: an earlier
    enrolment of the person in the course was withdrawn. ``how``: of a withdrawal.
    """

    item_id: int
    source_course_id: str
    enrolment_code: str
    client_code: str
    start_date: date | None
    user_id: str | None
    role_id: str | None = None
    timestart: int | None = None
    already: bool | None = None
    before: bool = False
    how: str | None = None


@dataclass(frozen=True)
class Enrolled:
    """With what somebody was enrolled; ``already``: was in the course, so that nothing was sent."""

    user_id: str
    role_id: str
    timestart: int = NO_TIME
    already: bool = False


class Roster:
    """Who is in a course, with which roles; of the course at hand."""

    def __init__(self, site: WritingSettings, writer: MoodleWriter, directory: Directory) -> None:
        self._site = site
        self._writer = writer
        self._directory = directory
        self._course = ""
        self._roles: dict[str, frozenset[str]] = {}

    def of(self, course_id: str) -> dict[str, frozenset[str]]:
        """By user id; asked once, however many of its enrolments follow each other.

        Raises CapabilityMissing where the site keeps some of them back: who is not shown would be taken for gone.
        """
        if course_id != self._course:
            self._directory.check_sight()
            self._writer.check_participants(course_id)
            holders = self._writer.role_holders(course_id)
            self._roles = {one.user_id: one.role_ids for one in holders}
            self._course = course_id
        return self._roles

    def forget(self) -> None:
        """The course is asked anew: what was sent may have been done, though no answer said so."""
        self._course = ""

    def check(self, row: Enrolment) -> None:
        """Raises RejectRecord where the account has another role than that of learners, here or elsewhere."""
        roles = self.of(row.source_course_id).get(str(row.user_id), frozenset())
        if roles - {self._site.role_id, row.role_id} or self._directory.is_staff(str(row.user_id)):
            raise _refused("account_is_staff", row)


class Enrolments:
    """Enrols people whose account is known, once."""

    target = ENROLMENTS

    def __init__(self, site: WritingSettings, writer: MoodleWriter, participants: Roster) -> None:
        self._site = site
        self._writer = writer
        self._participants = participants

    def rows(self, session: Session, item_ids: Sequence[int]) -> list[Enrolment]:
        """The enrolments of items whose account is known, course by course."""
        return read_enrolments(session, item_ids)

    def item_id(self, row: Enrolment) -> int:
        """The item of an enrolment."""
        return row.item_id

    def send(self, row: Enrolment) -> Enrolled:
        """Enrol, unless the person is in the course: enrolling again would overwrite times and status."""
        enrolled = self.judged(row)
        if enrolled.already:
            return enrolled
        self._writer.enrol(
            ManualEnrolment(
                enrolled.user_id, row.source_course_id, enrolled.role_id, timestart=enrolled.timestart
            )
        )
        self._participants.of(row.source_course_id)[enrolled.user_id] = frozenset({enrolled.role_id})
        return enrolled

    def judged(self, row: Enrolment) -> Enrolled:
        """With what the person would be enrolled. Raises RejectRecord where the account may not be."""
        self._participants.check(row)
        enrolled = self.enrolled(row)
        if row.before or enrolled.user_id not in self._participants.of(row.source_course_id):
            return enrolled
        return Enrolled(enrolled.user_id, enrolled.role_id, already=True)

    def enrolled(self, row: Enrolment) -> Enrolled:
        """With what the person is enrolled."""
        start = self._start(row) if self._site.send_start_date else NO_TIME
        return Enrolled(str(row.user_id), self._site.role_id, start)

    def arrived(self, rows: Sequence[Enrolment]) -> Mapping[int, Enrolled]:
        """Somebody is enrolled who is among the participants; who was suspended before, among the active ones."""
        self._participants.forget()
        found = {}
        for row in rows:
            if row.before:
                inside = self._writer.active_users(row.source_course_id)
            else:
                inside = set(self._participants.of(row.source_course_id))
            if str(row.user_id) in inside:
                found[row.item_id] = self.enrolled(row)
        return found

    def keep(self, session: Session, row: Enrolment, done: Enrolled) -> None:
        """Keep with what the person was enrolled, which Moodle does not show."""
        sent = {"role_id": done.role_id, "timestart": done.timestart, "already": done.already}
        db.execute(session, "moodle/enrolments.record", item_id=row.item_id, user_id=done.user_id, **sent)

    def _start(self, row: Enrolment) -> int:
        if row.start_date is None:
            return NO_TIME
        return int(datetime.combine(row.start_date, time(), ZoneInfo(self._site.timezone)).timestamp())


class Withdrawals:
    """Suspends or removes the enrolments of people who withdrew."""

    target = WITHDRAWALS

    def __init__(self, writer: MoodleWriter, participants: Roster) -> None:
        self._writer = writer
        self._participants = participants

    def rows(self, session: Session, item_ids: Sequence[int]) -> list[Enrolment]:
        """The enrolments of items."""
        return read_enrolments(session, item_ids)

    def item_id(self, row: Enrolment) -> int:
        """The item of a withdrawal."""
        return row.item_id

    def send(self, row: Enrolment) -> None:
        """Suspend with the role and times that were sent before, or remove; who is not in the course stays out."""
        self._participants.check(row)
        inside = self._participants.of(row.source_course_id)
        user_id = str(row.user_id)
        if user_id not in inside:
            return
        if row.how == "unenrol":
            self._writer.unenrol(user_id, row.source_course_id)
            del inside[user_id]
            return
        if row.already:
            raise _refused("enrolment_not_ours", row)
        sent = ManualEnrolment(user_id, row.source_course_id, str(row.role_id), row.timestart or NO_TIME)
        self._writer.enrol(sent, suspend=True)

    def arrived(self, rows: Sequence[Enrolment]) -> Mapping[int, None]:
        """Somebody is removed who is no participant, and suspended who is no active one."""
        self._participants.forget()
        found: dict[int, None] = {}
        for row in rows:
            if row.how == "unenrol":
                inside = set(self._participants.of(row.source_course_id))
            else:
                inside = self._writer.active_users(row.source_course_id)
            if str(row.user_id) not in inside:
                found[row.item_id] = None
        return found

    def keep(self, session: Session, row: Enrolment, done: None) -> None:
        """That it was done stands in the ledger."""


def read_enrolments(session: Session, item_ids: Sequence[int]) -> list[Enrolment]:
    """The enrolments of items, of people whose account is known, course by course."""
    asked = {"kind": ENROLMENTS.kind, "withdrawals": WITHDRAWALS.kind}
    rows = db.rows(session, "moodle/enrolments.rows", item_ids=list(item_ids), **asked)
    return [Enrolment(**row) for row in rows]


def _refused(code: str, row: Enrolment) -> RejectRecord:
    return RejectRecord(code, f"enrolment {row.enrolment_code}: {code}")
