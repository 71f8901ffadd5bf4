"""The connection test of one Moodle course: what would get lost of it, and the capability or setting that does that.

Facts: docs/connectors/moodle.md, What a role does not see. What is mapped is compared with what comes back.
"""

import re
from collections.abc import Collection, Sequence
from typing import Final

import pandas as pd

from etl.connectors.moodle import contract
from etl.connectors.moodle.client import MoodleClient
from etl.connectors.moodle.contract import CourseState
from etl.connectors.moodle.findings import Findings
from etl.connectors.moodle.grades import decode_grade_report
from etl.connectors.moodle.participants import decode_enrolled_users
from etl.connectors.moodle.reasons import REASONS
from etl.errors import CapabilityMissing, RejectRecord, Unusable
from etl.transform.activity_outcomes import HIDDEN, SUPPORTED_MODULES
from etl.transform.reasons import reason

_FIELDS: Final = ("idnumber", "email", "roles", "lastcourseaccess")
_SMALL: Final = 50  # learners whose whole report costs the site less than a second
_SAMPLE: Final = 3  # learners of a larger course who are looked at
_TOTAL: Final = re.compile(rb'"itemtype"\s*:\s*"course"')


class CourseCheck:
    """Looks at one course with as few and as cheap calls as show what is left out."""

    def __init__(
        self,
        client: MoodleClient,
        course_id: str,
        state: CourseState,
        counted: bool,
        findings: Findings,
    ) -> None:
        self._client = client
        self._id = course_id
        self._state = state
        self._counted = counted  # points or a competence hang on its completion
        self._findings = findings
        self._where = f"course {course_id}"

    def look(self, activities: Collection[str]) -> None:
        """Participants, grades of the mapped activities, completion."""
        users = self._participants()
        bodies = self._reports(users)
        if not bodies:
            return
        reports = [decode_grade_report(body) for body in bodies]
        learners = pd.concat([report.learners for report in reports], ignore_index=True)
        if learners.empty:
            self._nobody(users)
            return
        self._told(users, learners)
        if not any(_TOTAL.search(body) for body in bodies):
            self._findings.wrong(
                "The course total is not shown: completions are recorded without their grade. Show it in the course's"
                " user report (Grades > Setup), or give the role moodle/grade:viewhidden if it is hidden",
                self._where,
            )
        unread = sum(len(report.rejected) for report in reports)
        if unread:
            self._findings.problems.append(
                f"Course {self._id}: {unread} grade records are not readable;"
                " does its user report show the grade?"
            )
        self._activities(pd.concat([report.frame for report in reports], ignore_index=True), activities)
        self._completion(str(learners["user_id"].iloc[0]))

    def _participants(self) -> pd.DataFrame:
        try:
            body = self._client.enrolled_users(self._id, _FIELDS)
        except CapabilityMissing:
            effect = "active enrolments cannot be told from others"
            self._findings.lacks("moodle/course:enrolreview", effect, self._where)
            body = self._client.enrolled_users(self._id, _FIELDS, only_active=False)
        users = decode_enrolled_users(body).frame
        if self._state.separate:
            self._groups()
        if users.empty:
            return users
        if users["email"].isna().all():
            self._findings.lacks("moodle/site:viewuseridentity", "mail addresses are not shown", self._where)
        if users["idnumber"].isna().all():
            self._findings.notes.append(
                f"No participant of {self._where} shows an idnumber: none can be matched by client code"
            )
        if (users["last_course_access"] < 0).any():
            effect = (
                "last access is hidden (setting hiddenuserfields), so that every night asks for all grades"
                " instead of those of who was there"
            )
            self._findings.lacks("moodle/course:viewhiddenuserfields", effect, self._where)
        return users

    def _groups(self) -> None:
        try:
            self._client.check_groups(self._id)
        except CapabilityMissing:
            effect = "the course is in separate groups, and who is in another one is left out without a word"
            self._findings.lacks("moodle/site:accessallgroups", effect, self._where)

    def _reports(self, users: pd.DataFrame) -> list[bytes]:
        """The whole report of a small course, or where no learner is seen; else those of a few learners."""
        students = users.loc[users["is_student"], "user_id"].tolist()
        try:
            if len(users) <= _SMALL or not students:
                return [self._client.grade_report(self._id, class_size=len(users))]
            return [self._client.grade_report(self._id, str(user)) for user in _spread(students)]
        except CapabilityMissing:
            self._no_grades()
        except RejectRecord as problem:
            if problem.reason_code != "access_denied":
                raise
            self._no_grades()
        return []

    def _no_grades(self) -> None:
        capabilities = "gradereport/user:view or moodle/grade:viewall"
        self._findings.lacks(capabilities, "grades are not shown", self._where)

    def _nobody(self, users: pd.DataFrame) -> None:
        if users["is_student"].any():
            self._findings.wrong(REASONS["report_empty"], self._where)
        else:
            self._findings.notes.append(
                f"Course {self._id} has no active student: its activities are not tested"
            )

    def _told(self, users: pd.DataFrame, learners: pd.DataFrame) -> None:
        """Whether those who have a grade report can be seen among the participants, and by which role."""
        unseen = learners[~learners["user_id"].isin(users["user_id"])]
        if not unseen.empty:
            effect = (
                "learners with grades are not shown as participants, so that they can only be matched by idnumber,"
                " and every night asks for all grades"
            )
            self._findings.lacks("moodle/user:viewdetails", effect, self._where)
        seen = users[users["user_id"].isin(learners["user_id"])]
        if seen["roles"].isna().any():
            self._findings.wrong(
                "The roles of participants are not shown, so that teachers are not told from new learners: learners"
                " are told by their grade report; let the service account see roles",
                self._where,
            )
        elif not seen.empty and not seen["is_student"].any():
            self._findings.note(
                "No learner has the role student here: learners are told by their grade report", self._where
            )

    def _activities(self, grades: pd.DataFrame, activities: Collection[str]) -> None:
        shown = grades.groupby(grades["activity_id"].astype("str"))["user_id"].nunique()
        everybody = grades["user_id"].nunique()
        hidden = set(grades.loc[grades["withheld"] == HIDDEN, "activity_id"].astype("str"))
        for activity in activities:
            self._activity(activity, int(shown.get(activity, 0)), everybody, activity in hidden)

    def _activity(self, activity: str, shown: int, everybody: int, hidden: bool) -> None:
        where, findings = f"activity {activity} of {self._where}", self._findings
        try:
            module = contract.decode_course_module(self._client.course_module(activity))
        except RejectRecord as problem:
            if problem.reason_code == "access_denied":
                findings.lacks("to view the activity (mod/...:view)", "it is left out without a word", where)
            else:
                findings.problems.append(f"Problem with {where}: {reason(problem.reason_code, REASONS)}")
            return
        except (CapabilityMissing, Unusable) as problem:
            findings.problems.append(f"Problem with {where}: {problem}")
            return
        if module.module not in SUPPORTED_MODULES:
            findings.problems.append(
                f"Problem with {where}: activities of type {module.module} cannot be mapped"
            )
            return
        if not shown:
            capabilities = f"mod/{module.module}:view or moodle/grade:viewhidden"
            findings.lacks(capabilities, "the grade is left out without a word", where)
        elif shown < everybody or hidden:
            findings.lacks("moodle/grade:viewhidden", "grades of some learners are hidden", where)
        if module.grade_pass is None:
            findings.lacks("moodle/course:manageactivities", "pass grades are not shown", where)

    def _completion(self, user_id: str) -> None:
        try:
            self._client.completion(self._id, user_id)
        except CapabilityMissing:
            self._no_completion()
        except RejectRecord as problem:
            if problem.reason_code == "no_completion_criteria":
                self._without_completion("has no completion conditions")
            elif problem.reason_code == "access_denied":
                self._no_completion()
            elif problem.reason_code != "not_enrolled":
                raise

    def _no_completion(self) -> None:
        """A course without completion refuses in the same words as one whose completion is not for us to see."""
        if self._state.tracked is False:
            self._without_completion("keeps no completion (a setting of the course)")
            return
        self._findings.lacks(
            "report/completion:view", "completion is not shown, or is switched off in the course", self._where
        )

    def _without_completion(self, why: str) -> None:
        if self._counted:
            self._findings.problems.append(
                f"Course {self._id} {why}: nobody can complete it, though points or a competence hang on that"
            )
        else:
            self._findings.notes.append(f"Course {self._id} {why}")


def _spread(students: Sequence[int]) -> list[int]:
    """Some of them, from first to last."""
    return list(students[:: max(1, len(students) // _SAMPLE)])[:_SAMPLE]
