"""What landed answers say of courses, as the transforms take it."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from etl.connectors.moodle.activity_names import COLUMNS as NAME_COLUMNS
from etl.connectors.moodle.landed import LandedAnswers
from etl.transform.rejected import combined
from etl.transform.unit_results import shown_activities

_LEARNER: Final = ["scope", "user_id"]
MODULE_COLUMNS: Final = ["activity_id", "module", "grade_pass", "tolerance", "landing_id", "read_at"]


@dataclass(frozen=True)
class Answers:
    """Several courses, or some learners of them, as frames with a column scope, as the transforms take them.

    ``learners``: scope, user_id, user_idnumber, grade_percent, landing_id of everybody who has a report.
    ``answered``: scope, activity_id, module of what reports show of anybody in these courses (see shown_activities).
    ``completed``: scope, user_id, completed_at, grade_percent, current (read with or after the learner's report).
    ``participants``: scope, user_id and who their list says they are (see ParticipantLists).
    ``absent``: scope, user_id of participants who have neither: those of whom the site tells us nothing.
    ``names``: scope, activity_id (text), name, module, grade_pass of what whole reports name.
    """

    grades: pd.DataFrame
    learners: pd.DataFrame
    answered: pd.DataFrame
    modules: pd.DataFrame
    completed: pd.DataFrame
    participants: pd.DataFrame
    absent: pd.DataFrame
    rejected: pd.DataFrame
    malformed: int
    names: pd.DataFrame

    @property
    def people(self) -> pd.DataFrame:
        """scope, user_id, user_idnumber (missing without a report) of everybody something is told of."""
        told = [self.learners[[*_LEARNER, "user_idnumber"]], self.completed[_LEARNER]]
        return pd.concat(told, ignore_index=True).drop_duplicates(_LEARNER, ignore_index=True)


def answers_of(taken: LandedAnswers) -> Answers:
    """What was taken in of whole courses."""
    grades, learners, rejected = taken.reports()
    users = taken.participants()
    completed = completed_courses(taken, learners)
    modules = pass_grades(taken)
    return Answers(
        grades=grades,
        learners=learners,
        answered=shown_activities(grades),
        modules=modules,
        completed=completed,
        participants=users,
        absent=told_nothing(users, learners, completed),
        rejected=combined(rejected),
        malformed=sum(map(len, rejected)),
        names=_names(taken, modules),
    )


def completed_courses(taken: LandedAnswers, learners: pd.DataFrame) -> pd.DataFrame:
    """Who completed them: scope, user_id, completed_at, grade_percent, current; ``learners`` as Answers has them."""
    completions = pd.DataFrame(taken.completions, columns=[*_LEARNER, "completed_at", "read"]).astype(
        {"scope": "str", "user_id": "int64", "completed_at": "int64", "read": "int64"}
    )
    completions["completed_at"] = pd.to_datetime(completions["completed_at"], unit="s", utc=True).astype(
        "datetime64[s, UTC]"
    )
    completed = completions.merge(
        learners[[*_LEARNER, "grade_percent", "landing_id"]], on=_LEARNER, how="left"
    )
    completed["current"] = ~(completed["read"] < completed["landing_id"])
    return completed.drop(columns=["read", "landing_id"])


def pass_grades(taken: LandedAnswers) -> pd.DataFrame:
    """What was read of activities: scope and MODULE_COLUMNS."""
    numbers = dict.fromkeys(["grade_pass", "tolerance", "landing_id", "read_at"], "float64")
    return pd.DataFrame(taken.modules, columns=["scope", *MODULE_COLUMNS]).astype(
        {"scope": "str", "activity_id": "int64", **numbers}
    )


def told_nothing(users: pd.DataFrame, learners: pd.DataFrame, completed: pd.DataFrame) -> pd.DataFrame:
    """Participants of whom the site tells us nothing."""
    told = pd.concat([learners[_LEARNER], completed[_LEARNER]])
    return users[_LEARNER].drop_duplicates().merge(told, on=_LEARNER, how="left_anti")


def _names(taken: LandedAnswers, modules: pd.DataFrame) -> pd.DataFrame:
    named = pd.DataFrame(taken.named(), columns=["scope", *NAME_COLUMNS], dtype="str")
    return with_pass_grades(named.drop_duplicates(["scope", "activity_id"], keep="last"), modules)


def with_pass_grades(names: pd.DataFrame, modules: pd.DataFrame) -> pd.DataFrame:
    """``names`` (see Answers) with the pass grades that were read."""
    read = modules[["scope", "activity_id", "grade_pass"]].astype({"activity_id": "str"})
    return names.merge(read, on=["scope", "activity_id"], how="left")
