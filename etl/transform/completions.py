"""Course completions and the enrolments they complete (docs/results.md, Course completion)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from etl.transform.dates import local_dates
from etl.transform.positions import pairs_of, shared_keys
from etl.transform.rejected import rejected_rows

RESOURCE = "course_completion"
_LEARNER = ["scope", "user_id"]
_PERSON = ["scope", "client_code"]
_SECONDS: Final = "datetime64[s, UTC]"
_MOMENT: Final = "datetime64[s]"  # the same for numpy
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
    day = local_dates(people["completed_at"], timezone)
    theirs = _theirs(people, day, enrolments, places)
    refused = _refused(people, theirs, places)
    listed = _those(people, refused["row"].to_numpy())
    moved = _for(people["moved"].to_numpy() & _within(people, places.counted) & ~listed, "completion_moved")
    ended, free = theirs[theirs["counts"]], ~_within(people, places.belonging) & _fresh(people)
    row = ended["row"].to_numpy()
    rows = np.concatenate([row, np.flatnonzero(free)])
    counting = people.take(rows[~pd.Series(rows).duplicated()]).drop_duplicates(_PERSON)
    left = ~_those(people, counting.index.to_numpy())
    held = _those(people, theirs["row"].to_numpy()) | people["known"].to_numpy()
    stands = left & ~listed & held  # else the learner is listed
    return Completions(
        # the source's own verdict, until a person revokes it: it says completed only when the conditions are met
        courses=counting[[*_PERSON, "completed_at", "grade_percent"]]
        .assign(passed=True)
        .reset_index(drop=True),
        enrolments=pd.DataFrame(
            {
                "scope": people["scope"].take(row).array,
                "enrolment_code": ended["enrolment_code"].array,
                "completed_on": day.take(row).array,
            }
        ).drop_duplicates("enrolment_code", ignore_index=True),
        standing=int(stands.sum()),
        refused=len(completed) - len(people) + int((left & ~stands).sum()),
        rejected=_listed(people, pd.concat([refused, moved], ignore_index=True)),
    )


def _of(completed: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of those who completed something, some more than these: most learners have not."""
    return rows.take(np.flatnonzero(rows["user_id"].isin(completed["user_id"])))


def _matched(completed: pd.DataFrame, matched: pd.DataFrame) -> pd.DataFrame:
    """Completions with the client of their learner, in their order."""
    matched = _of(completed, matched)
    row, place = pairs_of(*shared_keys(_LEARNER, completed, matched))
    people = completed.take(row).reset_index(drop=True)
    return people.assign(client_code=matched["client_code"].take(place).array)


def _theirs(people: pd.DataFrame, day: pd.Series, enrolments: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Each completion (``row``: its position) with an enrolment of its learner; why it does not complete the enrolment
    (``reason``), empty where it does (``counts``), or where nothing hangs on it.
    """
    row, place = pairs_of(*shared_keys(_LEARNER, people, enrolments))
    active = (enrolments["status"] == "active").to_numpy()[place]
    start = pd.to_datetime(enrolments["start_date"]).to_numpy()[place]
    known, fresh = people["known"].to_numpy()[row], _fresh(people)[row]
    counted = _within(people, places.counted)[row]
    # Without a start date, a completion that was recorded before this enrolment came belongs to another one.
    early = (start > day.to_numpy()[row]) | (np.isnat(start) & known)
    late = ~active & ~known & ~_those(people, row[active])[row]
    reasons = {
        "completion_not_current": active & ~fresh,
        "completed_before_start": active & early,
        "enrolment_not_active": late & counted,
    }
    reason = np.select(list(reasons.values()), list(reasons), "")
    codes = {name: enrolments[name].take(place).array for name in ("enrolment_code", "occurrence_code")}
    return pd.DataFrame({"row": row, **codes, "reason": reason, "counts": active & (reason == "")})


def _refused(people: pd.DataFrame, theirs: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Completions (``row``) that are not taken, of an enrolment or of a course without one, with the reason."""
    belongs, linked = (_within(people, some) for some in (places.belonging, places.linked))
    parts = [
        theirs.loc[theirs["reason"] != "", ["row", "occurrence_code", "reason"]],
        _for(~belongs & ~_fresh(people), "completion_not_current"),
        _for(belongs & ~linked & ~people["known"].to_numpy(), "course_link_lost"),
    ]
    return pd.concat(parts, ignore_index=True)


def _within(people: pd.DataFrame, courses: Collection[str]) -> np.ndarray:
    within: np.ndarray = people["scope"].isin(list(courses)).to_numpy()
    return within


def _those(people: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
    """Whether each is among the rows, given by position."""
    found = np.zeros(len(people), dtype=bool)
    found[rows] = True
    return found


def _for(which: np.ndarray, reason: str) -> pd.DataFrame:
    """Completions that are not taken, with the reason, of no enrolment."""
    return pd.DataFrame({"row": np.flatnonzero(which), "occurrence_code": None, "reason": reason})


def _fresh(people: pd.DataFrame) -> np.ndarray:
    """What is recorded stands; another completion is taken from an answer as new as the learner's grades only."""
    fresh: np.ndarray = people["current"].to_numpy() | people["known"].to_numpy()
    return fresh


def unsettled(completed: pd.DataFrame, matched: pd.DataFrame, recorded: pd.DataFrame) -> pd.DataFrame:
    """Learners (scope, user_id) whose completion has another moment than any that is recorded of them."""
    if recorded.empty:
        return completed[_LEARNER].iloc[:0]
    people = _matched(completed, matched)
    row, _, exact = _held(people, recorded)
    return people[_LEARNER].take(np.unique(row[~exact[row]]))


def _held(people: pd.DataFrame, recorded: pd.DataFrame) -> tuple[np.ndarray, pd.Series, np.ndarray]:
    """The completions of which something is recorded, by position, and its moment; and whether each is recorded with
    its own.
    """
    row, place = pairs_of(*shared_keys(_PERSON, people, recorded))
    held_at = recorded["completed_at"].astype(_SECONDS).take(place)
    moment, held = (column.to_numpy(_MOMENT) for column in (people["completed_at"], held_at))
    same = moment[row] == held
    return row, held_at, _those(people, row[same])


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
    row, held_at, exact = _held(people, recorded)
    others = ~exact[row]
    if not others.any():
        return people.assign(known=exact, moved=False)
    pairs = people.take(row[others]).assign(row=row[others], held_at=held_at.array[others])
    pairs = pairs.reset_index(drop=True)
    pairs["earlier"] = pairs[["completed_at", "held_at"]].min(axis=1)
    pairs["later"] = pairs[["completed_at", "held_at"]].max(axis=1)
    same = pairs[~_reset_between(pairs, sightings) & ~_started_between(pairs, enrolments, timezone)]
    counts_as = same.groupby("row")["held_at"].max()
    moved = people.index.isin(counts_as.index)
    return people.assign(
        completed_at=counts_as.reindex(people.index).fillna(people["completed_at"]),
        known=moved | exact,
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


def _listed(people: pd.DataFrame, refused: pd.DataFrame) -> pd.DataFrame:
    theirs = people[_LEARNER].take(refused["row"].to_numpy()).reset_index(drop=True)
    place = refused["occurrence_code"].astype("str").fillna(theirs["scope"])
    keys = place, theirs["user_id"]
    return rejected_rows(theirs["scope"], RESOURCE, keys, refused["reason"], theirs["user_id"])
