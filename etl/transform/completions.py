"""Course completions and the enrolments they complete (docs/results.md, Course completion)."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from etl.transform.dates import local_dates
from etl.transform.positions import among
from etl.transform.rejected import rejected_rows

RESOURCE = "course_completion"
_LEARNER = ["scope", "user_id"]
_PERSON = ["scope", "client_code"]
_ENROLMENT = ["enrolment_code", "occurrence_code", "status", "start_date"]
_SECONDS = "datetime64[s, UTC]"
NO_SIGHTINGS = pd.DataFrame(columns=[*_LEARNER, "completed_at", "first_round", "last_round"]).astype(
    {
        "scope": "str",
        "user_id": "int64",
        "completed_at": _SECONDS,
        "first_round": "int64",
        "last_round": "int64",
    }
)


@dataclass(frozen=True)
class Places:
    """What courses (scopes) are to the administration.

    ``linked``: to an occurrence; ``belonging``: those, and what was once, for a link may be hidden or renamed;
    ``counted``: accredited, giving a competence, or the part of a training.
    """

    linked: Collection[str]
    belonging: Collection[str]
    counted: Collection[str]


@dataclass(frozen=True)
class Completions:
    """Rows for core.course_completions and core.enrolment_completions, with the scope they come from, and rejected
    rows; and how many completions stand as they are, and are rejected (also with their learner).
    """

    courses: pd.DataFrame
    enrolments: pd.DataFrame
    standing: int
    refused: int
    rejected: pd.DataFrame


def course_completions(
    completed: pd.DataFrame,
    matched: pd.DataFrame,
    enrolments: pd.DataFrame,
    recorded: pd.DataFrame,
    sightings: pd.DataFrame,
    places: Places,
    timezone: str,
) -> Completions:
    """A completion shows only while the enrolment is active and the source says completed, each time once.

    ``completed``: scope, user_id, completed_at (UTC), grade_percent, current (False: older than what else is known
    of the learner). ``matched``: scope, user_id, client_code. ``enrolments``: see learner_enrolments. ``recorded``:
    scope, client_code, completed_at. ``sightings``: see completion_sightings. A course that never belonged to an
    occurrence (one that is only accredited, or only gives a competence) counts for every matched client.
    """
    enrolments = _of(completed, enrolments)
    people = _settled(_matched(completed, matched), recorded, sightings, enrolments, timezone)
    people["day"] = local_dates(people["completed_at"], timezone)
    theirs = people.merge(enrolments[[*_LEARNER, *_ENROLMENT]], on=_LEARNER)
    theirs["reason"] = _refusals(theirs, places)
    free = people[~people["scope"].isin(list(places.belonging))]
    ended = theirs[(theirs["status"] == "active") & (theirs["reason"] == "")]
    counting = pd.concat([ended, free[_fresh(free)]]).drop_duplicates(_PERSON)
    listed = _not_counting(people, theirs, free, places)
    left = people[~among(people, counting)]
    stands = ~among(left, listed) & (among(left, theirs) | left["known"])  # else the learner is listed
    return Completions(
        # the source's own verdict, until a person revokes it: it says completed only when the conditions are met
        courses=counting[[*_PERSON, "completed_at", "grade_percent"]]
        .assign(passed=True)
        .reset_index(drop=True),
        enrolments=ended.rename(columns={"day": "completed_on"})[
            ["scope", "enrolment_code", "completed_on"]
        ].drop_duplicates("enrolment_code", ignore_index=True),
        standing=int(stands.sum()),
        refused=len(completed) - len(people) + int((~stands).sum()),
        rejected=_listed(pd.concat([listed, _moved(people, listed, places)])),
    )


def _of(completed: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of those who completed something, some more than these: most learners have not."""
    return rows[rows["user_id"].isin(completed["user_id"])]


def _matched(completed: pd.DataFrame, matched: pd.DataFrame) -> pd.DataFrame:
    return completed.merge(_of(completed, matched), on=_LEARNER)


def _not_counting(
    people: pd.DataFrame, theirs: pd.DataFrame, free: pd.DataFrame, places: Places
) -> pd.DataFrame:
    """Completions that are not taken, of an enrolment or of a course without one, with the reason."""
    belongs, linked = (people["scope"].isin(list(some)) for some in (places.belonging, places.linked))
    return pd.concat(
        [
            theirs[theirs["reason"] != ""],
            free[~_fresh(free)].assign(reason="completion_not_current"),
            people[belongs & ~linked & ~people["known"]].assign(reason="course_link_lost"),
        ]
    )


def _moved(people: pd.DataFrame, listed: pd.DataFrame, places: Places) -> pd.DataFrame:
    """What stands under another moment than the source gives now, where a point or a competence may hang on it."""
    moved = people[people["moved"] & people["scope"].isin(list(places.counted))]
    return moved[~among(moved, listed)].assign(reason="completion_moved")


def _refusals(theirs: pd.DataFrame, places: Places) -> np.ndarray:
    """Why a completion does not complete an enrolment; empty where it does, or where nothing hangs on it."""
    active = theirs["status"] == "active"
    start = pd.to_datetime(theirs["start_date"])
    # Without a start date, a completion that was recorded before this enrolment came belongs to another one.
    early = (start > theirs["day"]) | (start.isna() & theirs["known"])
    late = ~active & ~theirs["known"] & ~among(theirs, theirs[active])
    reasons = {
        "completion_not_current": active & ~_fresh(theirs),
        "completed_before_start": active & early,
        "enrolment_not_active": late & theirs["scope"].isin(list(places.counted)),
    }
    return np.select(list(reasons.values()), list(reasons), "")


def _fresh(people: pd.DataFrame) -> pd.Series:
    """What is recorded stands; another completion is taken from an answer as new as the learner's grades only."""
    fresh: pd.Series = people["current"] | people["known"]
    return fresh


def unsettled(completed: pd.DataFrame, matched: pd.DataFrame, recorded: pd.DataFrame) -> pd.DataFrame:
    """Learners (scope, user_id) whose completion has another moment than any that is recorded of them."""
    people, seconds = _matched(completed, matched), _seconds(recorded)
    known = people.merge(seconds[_PERSON].drop_duplicates(), on=_PERSON)
    return known.merge(seconds, on=[*_PERSON, "completed_at"], how="left_anti")[_LEARNER].drop_duplicates()


def completion_sightings(seen: pd.DataFrame) -> pd.DataFrame:
    """In which rounds the source showed a completion; a round ends when it says that the learner has not completed.

    ``seen``: scope, user_id, completed_at (missing = not completed), every answer in the order it came.
    Returns scope, user_id, completed_at, first_round, last_round.
    """
    rounds = seen["completed_at"].isna().groupby([seen[name] for name in _LEARNER]).cumsum()
    met = seen.assign(first_round=rounds, last_round=rounds).dropna(subset="completed_at")
    moments = met.groupby([*_LEARNER, "completed_at"], as_index=False)
    return moments.agg({"first_round": "min", "last_round": "max"})


def _settled(
    people: pd.DataFrame,
    recorded: pd.DataFrame,
    sightings: pd.DataFrame,
    enrolments: pd.DataFrame,
    timezone: str,
) -> pd.DataFrame:
    """Each completion with the moment it counts by: ``known`` = recorded already, ``moved`` = under another moment.

    A source may give the latest time among the met conditions, which moves when a further condition is met or a grade
    is judged again: that is no second completion. Two moments are two completions when between them the source said
    "not completed" (the course was reset), or an enrolment of the learner started.
    """
    seconds = _seconds(recorded)
    people = people.reset_index(drop=True)
    held = people.reset_index(names="row").merge(
        seconds.rename(columns={"completed_at": "held_at"}), on=_PERSON
    )
    exact = set(held.loc[held["held_at"] == held["completed_at"], "row"])
    pairs = held[~held["row"].isin(exact)].reset_index(drop=True)
    if pairs.empty:
        return people.assign(known=people.index.isin(exact), moved=False)
    pairs["earlier"] = pairs[["completed_at", "held_at"]].min(axis=1)
    pairs["later"] = pairs[["completed_at", "held_at"]].max(axis=1)
    same = pairs[~_reset_between(pairs, sightings) & ~_started_between(pairs, enrolments, timezone)]
    counts_as = same.groupby("row")["held_at"].max()
    moved = people.index.isin(counts_as.index)
    return people.assign(
        completed_at=counts_as.reindex(people.index).fillna(people["completed_at"]),
        known=moved | people.index.isin(exact),
        moved=moved,
    )


def _reset_between(pairs: pd.DataFrame, sightings: pd.DataFrame) -> pd.Series:
    seen = sightings.astype({"completed_at": _SECONDS})
    for moment in ("earlier", "later"):
        named = {"completed_at": moment, "first_round": f"first_{moment}", "last_round": f"last_{moment}"}
        pairs = pairs.merge(seen.rename(columns=named), on=[*_LEARNER, moment], how="left")
    between: pd.Series = pairs["first_later"] > pairs["last_earlier"]
    return between


def _started_between(pairs: pd.DataFrame, enrolments: pd.DataFrame, timezone: str) -> pd.Series:
    started = pairs.reset_index(names="pair").merge(enrolments[[*_LEARNER, "start_date"]], on=_LEARNER)
    start = pd.to_datetime(started["start_date"])
    earlier, later = (local_dates(started[name], timezone) for name in ("earlier", "later"))
    between = started.loc[(earlier < start) & (start <= later), "pair"]
    return pd.Series(pairs.index.isin(between), index=pairs.index)


def _seconds(recorded: pd.DataFrame) -> pd.DataFrame:
    return recorded.astype({"completed_at": _SECONDS})


def _listed(rows: pd.DataFrame) -> pd.DataFrame:
    place = rows["occurrence_code"].fillna(rows["scope"])
    keys = place + "/" + rows["user_id"].astype("str")
    return rejected_rows(rows["scope"], RESOURCE, keys, rows["reason"], rows["user_id"])
