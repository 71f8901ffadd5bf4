"""Course completions and the enrolments they complete (spec/moodle.md, Course completion)."""

from dataclasses import dataclass

import pandas as pd

from etl.transform.dates import local_dates


@dataclass(frozen=True)
class Completions:
    """Rows for core.course_completions and core.enrolment_completions, with the scope they come from."""

    courses: pd.DataFrame
    enrolments: pd.DataFrame


def course_completions(
    completed: pd.DataFrame, matched: pd.DataFrame, enrolments: pd.DataFrame, linked: pd.Series, timezone: str
) -> Completions:
    """A completion shows only while the enrolment is active and the source says completed.

    ``completed``: scope, user_id, completed_at (UTC), grade_percent. ``matched``: scope, user_id, client_code.
    ``enrolments``: see learner_enrolments. ``linked``: the scopes that occurrences are linked to; a course
    outside them (one that is only accredited, or only gives a competence) counts for every matched client.
    """
    people = completed.merge(matched, on=["scope", "user_id"])
    active = enrolments.loc[enrolments["status"] == "active", ["scope", "user_id", "enrolment_code"]]
    enrolled = people.merge(active, on=["scope", "user_id"])
    free = people[~people["scope"].isin(linked)]
    courses = pd.concat([enrolled, free]).drop_duplicates(["scope", "client_code"])
    days = local_dates(enrolled["completed_at"], timezone)
    return Completions(
        courses=courses[["scope", "client_code", "completed_at", "grade_percent"]]
        .assign(
            passed=True
        )  # the source's own verdict: it says completed only when the course's conditions are met
        .reset_index(drop=True),
        enrolments=enrolled.assign(completed_on=days)[
            ["scope", "enrolment_code", "completed_on"]
        ].drop_duplicates("enrolment_code", ignore_index=True),
    )
