"""Poll one Moodle course: as little as the night's changes ask for, all or nothing into the landing.

A call that fails concerns what it was about, a learner or an activity: that is listed and asked again next night.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Final, cast

import pandas as pd

from etl.connectors.moodle import contract
from etl.connectors.moodle.before_poll import Before
from etl.connectors.moodle.client import MoodleClient
from etl.connectors.moodle.contract import CourseState
from etl.connectors.moodle.grade_report import decode_learners, may_be_withheld
from etl.connectors.moodle.grades import decode_grade_report
from etl.connectors.moodle.landed import ACCESS, COMPLETION, GRADES, MODULE, USER_GRADES, USERS
from etl.connectors.moodle.participants import decode_enrolled_users
from etl.connectors.moodle.poll_plan import Poll, poll_plan
from etl.connectors.moodle.reasons import REASONS
from etl.engine.polling import PolledCourse, reason_of
from etl.errors import EtlError, RejectRecord
from etl.load.decisions import Decision
from etl.results.administration import Administration
from etl.transform.activity_outcomes import PENDING

USER_FIELDS: Final = (
    "id", "idnumber", "username", "email", "firstname", "lastname", "roles", "lastcourseaccess",
)  # fmt: skip
ACCESS_FIELDS: Final = ("id", "lastcourseaccess")  # a sixth of the bytes, half of the site's time
_TEXTS: Final = ("idnumber", "username", "email", "given_name", "surname")
_MATCHED: Final = ["user_id", *_TEXTS]
_THE_COURSE: Final = ""  # the key of what is true of the course and not of one learner


class CoursePoll(PolledCourse):
    """Asks a site about one course."""

    reasons = REASONS

    def __init__(
        self, client: MoodleClient, scope: str, administration: Administration, state: CourseState
    ) -> None:
        super().__init__(client, scope)
        self._client = client
        self.finished = scope in administration.finished
        self._administration = administration
        self._state = state
        self._idnumbers: dict[int, str] = {}  # as tonight's grade reports show them

    def ask_access(self) -> bytes:
        """Who is in the course and when each was there last: the one question of a quiet night."""
        body = self.others(ACCESS, self._client.enrolled_users(self.scope, ACCESS_FIELDS))
        self.keep(ACCESS, "", body)
        return body

    def ask_profiles(self) -> pd.DataFrame:
        """The same, and who they are. Raises CapabilityMissing where whoever is not shown may be in a group that the
        account may not see: nobody is taken for gone.
        """
        if self._state.separate:
            self._client.check_groups(self.scope)
        body = self.others(USERS, self._client.enrolled_users(self.scope, USER_FIELDS))
        self.keep(USERS, "", body)
        return decode_enrolled_users(body).frame

    def ask_changes(
        self,
        now: pd.DataFrame,
        before: Before,
        held: pd.DataFrame | None,
        reported: pd.DataFrame,
        at: datetime,
        full: bool,
    ) -> None:
        """Grades, pass grades and completions of those who have been in the course since the last good poll.

        ``now`` and ``held``: the participants of tonight and of the last good poll. ``reported``: who stands in the
        landed grade reports (user_id, user_idnumber).
        """
        poll = poll_plan(
            now,
            held,
            reported["user_id"].tolist(),
            [int(user) for user in before.again(USER_GRADES) | before.malformed if user],
            before.polled_at,
            before.swept_at,
            at,
        )
        self.decision = "full" if full else _decision(poll, before)
        unseen = not now["is_student"].any() and held is not None and held["is_student"].any()
        if poll.whole or full or before.broken or unseen or self._shows_again(before, reported):
            poll = Poll(whole=True)  # the report of the course tells whether they are gone, or not shown
        if not poll.whole:
            self._ask_reports(set(poll.users) - self._reported_alone())
            self._ask_modules(poll, before)
            if before.differs(MODULE, self.answers):
                # The verdicts in the reports of before were given on other pass grades.
                self.forget(MODULE)
                poll = Poll(whole=True)
        if poll.whole:
            reported = self._ask_whole(now)
        if self._known_otherwise(now):
            now = self.ask_profiles()
        matched, enrolments, _ = self._administration.match(self._people(now, reported))
        if poll.whole:  # whose role is not graded is left out, and answered for when asked about
            left_out = set(enrolments["user_id"]) - set(reported["user_id"])
            self._ask_reports(int(user) for user in left_out)
            self._ask_modules(poll, before)  # after the reports: no pass grade is older than its grades
        single = self._reported_alone()
        learners = self._open_learners(matched, enrolments, {*reported["user_id"], *single})
        due = learners if poll.whole else before.completions_due(learners, single, now)
        self._ask_completions(due, before, everybody=poll.whole)

    def _known_otherwise(self, now: pd.DataFrame) -> bool:
        """Whether a grade report shows another idnumber than the profiles do: no grade goes to whose it was before."""
        if not any(self._idnumbers.values()):
            return False  # nobody has one, or the reports do not show them
        known = dict(zip(now["user_id"].tolist(), now["idnumber"].tolist(), strict=True))
        shown = ((known.get(user), idnumber) for user, idnumber in self._idnumbers.items())
        return any(isinstance(before, str) and before != idnumber for before, idnumber in shown)

    def _shows_again(self, before: Before, reported: pd.DataFrame) -> bool:
        """Whether activities that units wait for are in the report again; the reports of two learners tell."""
        anybody = str(reported["user_id"].iloc[0]) if before.missing and not reported.empty else None
        if anybody is not None and before.missing & self._shown_to(anybody):
            return True
        return before.lacking is not None and self.mapped - before.missing <= self._shown_to(before.lacking)

    def _shown_to(self, user: str) -> set[str]:
        body = self.ask(USER_GRADES, user, self._report)
        if isinstance(body, EtlError):
            return set()  # the sweep will tell
        self._note(body)
        return set(decode_grade_report(body).frame["activity_id"].astype("str"))

    def _ask_whole(self, now: pd.DataFrame) -> pd.DataFrame:
        """The whole report; returns who stands in it."""
        body = self.others(GRADES, self._client.grade_report(self.scope, class_size=len(now)))
        reported = decode_learners(body)
        if reported.empty and now["is_student"].any():
            raise RejectRecord("report_empty", f"grade report of course {self.scope}: nobody is in it")
        self.keep(GRADES, "", body)
        self._note(body, reported)
        unseen = int((~reported["user_id"].isin(now["user_id"])).sum())
        if unseen:
            self.reject(USERS, _THE_COURSE, "participants_not_shown", f"They are {unseen}.")
        return reported

    def _reported_alone(self) -> set[int]:
        """Whose own report was read tonight."""
        return {int(answer.key) for answer in self.answers if answer.resource == USER_GRADES}

    def _ask_reports(self, users: Iterable[int]) -> None:
        for user, answer in self.ask_each(USER_GRADES, map(str, sorted(users)), self._report):
            if isinstance(answer, EtlError):
                self.reject_problem(USER_GRADES, user, answer)
            else:
                self._note(answer)

    def _report(self, user: str) -> bytes:
        """The grades of one learner, whom they have to be about."""
        body = self._client.grade_report(self.scope, user)
        if decode_learners(body)["user_id"].tolist() != [int(user)]:
            raise RejectRecord(
                "learner_not_in_report", f"course {self.scope}, learner {user}: not in the answer"
            )
        return body

    def _note(self, report: bytes, learners: pd.DataFrame | None = None) -> None:
        """What a report shows, of these learners, that decides on the next questions."""
        learners = decode_learners(report) if learners is None else learners
        numbers = zip(learners["user_id"].tolist(), learners["user_idnumber"].tolist(), strict=True)
        self._idnumbers |= dict(numbers)
        self._list_withheld(report)

    def _list_withheld(self, body: bytes) -> None:
        """Learners with a grade that is not told yet: they are asked again."""
        if not may_be_withheld(body):
            return
        grades = decode_grade_report(body).frame
        mapped = grades["activity_id"].astype("str").isin(list(self.mapped))
        found = grades[(grades["withheld"] > 0) & mapped].groupby("user_id")["withheld"].min()
        for user, why in found.items():
            self.reject(USER_GRADES, str(user), "grade_pending" if why == PENDING else "grade_hidden")

    @property
    def occurrences(self) -> list[str]:
        """The occurrences that the course is linked to."""
        linked = self._administration.courses
        return [str(code) for code in linked.loc[linked["scope"] == self.scope, "occurrence_code"]]

    @cached_property
    def mapped(self) -> set[str]:
        """The activities that results are read from."""
        links = self._administration.activity_links
        return {str(activity) for activity in links.loc[links["scope"] == self.scope, "activity_id"]}

    def _ask_modules(self, poll: Poll, before: Before) -> None:
        """The mapped activities whose pass grade is not known to be the one that tonight's grades are judged on."""
        held, mapped = before.moments(MODULE), self.mapped
        current = before.unchanged or (before.unchanged is None and not poll.users)
        asked = mapped if poll.whole or not current else mapped - held.keys() | mapped & before.again(MODULE)
        for activity, answer in self.ask_each(MODULE, sorted(asked, key=int), self._module):
            if not isinstance(answer, EtlError):
                continue
            if reason_of(answer) != "activity_missing":  # that one is found in the grade report
                self.reject_problem(MODULE, activity, answer)
            if activity in held and not before.unchanged:
                # The pass grade read before may be out of date: nothing is judged on it until it is read again.
                self.keep(MODULE, activity, b"")

    def _module(self, activity: str) -> bytes:
        body = self._client.course_module(activity)
        if contract.decode_course_module(body).activity_id != int(activity):
            raise RejectRecord("malformed_record", f"activity {activity}: the answer is about another one")
        return body

    def _ask_completions(self, due: Sequence[int], before: Before, everybody: bool) -> None:
        """Completion of these learners; of a course that keeps none, or shows nobody's, that is said once."""
        if self._state.tracked is False:
            self._say_no_completion()
            return
        refused: list[str] = []
        told = bool(before.moments(COMPLETION))
        # Where nobody's was shown last time, one is enough to see that this is still so.
        one_is_enough = _THE_COURSE in before.again(COMPLETION) and not everybody
        for user, answer in self.ask_each(COMPLETION, map(str, due), self._completion):
            code = reason_of(answer) if isinstance(answer, EtlError) else None
            told = told or code is None
            if code == "no_completion_criteria":
                self._say_no_completion()
                return
            if code == "access_denied":
                refused.append(user)
                if one_is_enough and not told:
                    break
            elif isinstance(answer, EtlError) and code != "not_enrolled":
                self.reject_problem(COMPLETION, user, answer)
        if refused and not told:
            self.reject(COMPLETION, _THE_COURSE, "completion_not_shown")
        else:
            for user in refused:
                self.reject(COMPLETION, user, "access_denied")

    def _completion(self, user: str) -> bytes:
        body = self._client.completion(self.scope, user)
        contract.decode_completion(body)
        return body

    def _say_no_completion(self) -> None:
        """Nothing is missing, unless points or a competence hang on it."""
        if self.scope in self._administration.counted:
            self.reject(COMPLETION, _THE_COURSE, "no_completion_criteria")

    def _people(self, now: pd.DataFrame, reported: pd.DataFrame) -> pd.DataFrame:
        """The participants, and whoever has a grade report without being shown as one."""
        unseen = reported[~reported["user_id"].isin(now["user_id"])]
        others = unseen.rename(columns={"user_idnumber": "idnumber"}).reindex(columns=now.columns)
        others = others.astype({name: now[name].dtype for name in _TEXTS})
        return pd.concat([now[_MATCHED], others[_MATCHED]], ignore_index=True).assign(scope=self.scope)

    def _open_learners(
        self, matched: pd.DataFrame, enrolments: pd.DataFrame, reported: Collection[int]
    ) -> list[int]:
        """Who may still complete the course for something."""
        if self.occurrences:
            # What counts for something may be completed again, and is at least listed.
            counts = self.scope in self._administration.counted
            asked = enrolments if counts else enrolments[enrolments["status"] == "active"]
            return sorted(int(user) for user in asked["user_id"].unique())
        return sorted(int(user) for user in matched.loc[matched["user_id"].isin(list(reported)), "user_id"])


def _decision(poll: Poll, before: Before) -> Decision:
    if poll.why:
        return cast(Decision, poll.why)
    return "changed" if before.unread.empty and before.unchanged is False else "unread"
