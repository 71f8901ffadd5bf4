"""Poll one Moodle course: as little as the night's changes ask for, all or nothing into the landing."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection

from etl import db
from etl.errors import RejectRecord
from etl.extract import moodle_contract as contract
from etl.extract.moodle import MoodleClient
from etl.flows.administration import Administration, Source
from etl.flows.moodle_landed import (
    COMPLETION,
    FLOW,
    GRADES,
    MODULE,
    USER_GRADES,
    USERS,
    Course,
    newest,
)
from etl.flows.polling import PolledCourse
from etl.load import derivations, landing
from etl.transform.poll_plan import Poll, poll_plan, sweep_due
from etl.transform.rejected import rejected_rows

USER_FIELDS: Final = (
    "id",
    "idnumber",
    "username",
    "email",
    "firstname",
    "lastname",
    "roles",
    "lastcourseaccess",
)
_SAME_FOR_THE_COURSE: Final = frozenset({"no_completion_criteria", "access_denied"})


@dataclass(frozen=True)
class Before:
    """What is landed of a course: when and what, and the decoded course where somebody has been since."""

    landed: pd.DataFrame  # of one scope, as etl.load.landing.index gives it
    derived: bool  # whether exactly this was derived already

    def quiet(self, users: bytes, at: datetime) -> bool:
        """Nobody has been in the course since the last good poll, all of it is derived, and no sweep is due."""
        same = self._holds(USERS, hashlib.sha256(users).hexdigest())
        return same and self.derived and not sweep_due(self.at(GRADES), at)

    def at(self, resource: str) -> datetime | None:
        """When this resource was landed last."""
        rows = self.landed.loc[self.landed["resource"] == resource, "landed_at"]
        return None if rows.empty else rows.max().to_pydatetime()

    def keys(self, resource: str) -> set[str]:
        """Of which activities or learners there is an answer."""
        return set(self.landed.loc[self.landed["resource"] == resource, "key"])

    def _holds(self, resource: str, digest: str) -> bool:
        """Whether the newest answer of this resource had these bytes."""
        rows = self.landed[self.landed["resource"] == resource]
        return not rows.empty and rows["sha256"].iloc[-1] == digest


def before_poll(connection: Connection, source: Source, scope: str) -> tuple[Before, datetime]:
    """What is landed of a course, and what time the database has."""
    landed = landing.index(connection, source.source, [scope])
    inputs = derivations.inputs_of(connection, newest(landed)).get(scope)
    held = derivations.derived_inputs(connection, FLOW, source.source, [scope]).get(scope)
    at: datetime = db.rows(connection, "load/reference_version")[0]["read_at"]
    return Before(landed, inputs is not None and inputs == held), at


class CoursePoll(PolledCourse):
    """Asks a site about one course."""

    def __init__(self, client: MoodleClient, scope: str, administration: Administration) -> None:
        super().__init__(client, scope)
        self._client = client
        self._administration = administration

    def ask_users(self) -> bytes:
        """Who is in the course and when each was there last: the one call of a quiet night."""
        body = self._client.enrolled_users(self.scope, USER_FIELDS)
        self.keep(USERS, "", body)
        return body

    def ask_changes(
        self, users: bytes, before: Before, held: Course | None, at: datetime, full: bool
    ) -> None:
        """Grades, pass grades and completions of those who have been in the course since the last good poll."""
        now = contract.decode_enrolled_users(users).frame
        known = held.users if held is not None else None
        poll = poll_plan(now, known, before.at(USERS), before.at(GRADES), at)
        if full:
            poll = Poll(whole=True)
        reports = self._ask_grades(poll, class_size=len(now))
        self._ask_modules(() if poll.whole else before.keys(MODULE))
        self._ask_completions(now, reports, poll, before, sweep=full or held is None)

    def _ask_grades(self, poll: Poll, class_size: int) -> list[bytes]:
        if poll.whole:
            body = self._client.grade_report(self.scope, class_size=class_size)
            self.keep(GRADES, "", body)
            return [body]
        reports = []
        for user in poll.users:
            try:
                body = self._client.grade_report(self.scope, str(user))
            except RejectRecord as problem:
                self._reject(USER_GRADES, str(user), problem)
                continue
            self.keep(USER_GRADES, str(user), body)
            reports.append(body)
        return reports

    def _ask_modules(self, known: Iterable[str]) -> None:
        links = self._administration.activity_links
        mapped = {str(activity) for activity in links.loc[links["scope"] == self.scope, "activity_id"]}
        for activity in sorted(mapped - set(known), key=int):
            try:
                body = self._client.course_module(activity)
            except RejectRecord as problem:
                if problem.reason_code != "activity_missing":  # that one is found in the grade report
                    self._reject(MODULE, activity, problem)
                continue
            self.keep(MODULE, activity, body)

    def _ask_completions(
        self, now: pd.DataFrame, reports: list[bytes], poll: Poll, before: Before, sweep: bool
    ) -> None:
        """Of learners whose enrolment is not completed: those never asked, and those with news."""
        open_users = self._open_learners(now)
        asked = before.keys(COMPLETION)
        news = set(open_users) if sweep or poll.whole else set(poll.users)
        for user in sorted(user for user in open_users if user in news or str(user) not in asked):
            try:
                body = self._client.completion(self.scope, str(user))
            except RejectRecord as problem:
                if problem.reason_code in _SAME_FOR_THE_COURSE:
                    return  # the course has no completion to show, whoever is asked about
                if problem.reason_code != "not_enrolled":
                    self._reject(COMPLETION, str(user), problem)
                continue
            self.keep(COMPLETION, str(user), body)

    def _open_learners(self, now: pd.DataFrame) -> list[int]:
        users = now[now["is_student"]].assign(scope=self.scope)
        matched, enrolments, _ = self._administration.match(users)
        if (self._administration.courses["scope"] == self.scope).any():
            asked = enrolments["status"] == "active"
            if self.scope in self._administration.counted:
                asked |= ~enrolments["completed_here"]  # what counts for something is at least listed
            return [int(user) for user in enrolments.loc[asked, "user_id"].unique()]
        return [int(user) for user in matched["user_id"]]

    def _reject(self, resource: str, key: str, problem: RejectRecord) -> None:
        record = pd.Series([f"{self.scope}/{key}"])
        self.rejected.append(rejected_rows(pd.Series([self.scope]), resource, record, problem.reason_code))
