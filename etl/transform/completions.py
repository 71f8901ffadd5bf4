"""Course completions and the enrolments they complete (spec/moodle.md, Course completion)."""

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from etl.transform.dates import local_dates
from etl.transform.rejected import rejected_rows

RESOURCE = "course_completion"


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
    theirs = enrolments[enrolments["user_id"].isin(people["user_id"])]
    active = theirs.loc[theirs["status"] == "active", ["scope", "user_id", "enrolment_code"]]
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


def late_completions(
    completed: pd.DataFrame, enrolments: pd.DataFrame, counted: Collection[str]
) -> pd.DataFrame:
    """Completions that count for points or a competence, of enrolments that were completed before they were seen.

    They are not recorded, since the enrolment is not active any more; a person is told, since a point may hang on it.
    ``counted``: the scopes that are accredited or give a competence. Returns rejected rows (enrolment_not_active).
    """
    learner = ["scope", "user_id"]
    counting = completed[completed["scope"].isin(list(counted))]
    theirs = enrolments[enrolments["user_id"].isin(counting["user_id"])]
    seen = theirs[(theirs["status"] == "active") | theirs["completed_here"]]
    found = counting.merge(theirs, on=learner)
    shown = pd.MultiIndex.from_frame(found[learner]).isin(pd.MultiIndex.from_frame(seen[learner]))
    late = found[~shown]
    keys = late["occurrence_code"] + "/" + late["user_id"].astype("str")
    return rejected_rows(late["scope"], RESOURCE, keys, "enrolment_not_active")
