"""Who earned which competence, from when until when (docs/results.md, Competences)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pandas as pd

from etl.transform.competence_corrections import PERSON, corrections
from etl.transform.dates import local_dates
from etl.transform.normal_form import folded
from etl.transform.rejected import combined, rejected_rows

RULE: Final = (
    "Whoever passed a course that a competence is linked to has it from the day of the pass, in the time zone of the"
    " source, for the days that the competence was valid for when that was recorded (for good where it says none); a"
    " link reaches back to passes from before it. While a period lasts a new pass changes nothing; after its end one"
    " gives a new period."
)
PERIOD_COLUMNS: Final = [*PERSON, "valid_from", "valid_to", "source", "source_course_id"]
SCORE, MASTERY_SCORE, TIME = "score", "mastery_score", "time"  # what of an attempt may be unreadable
_ATTEMPT: Final = "participant"
_PASSED, _COMPLETED, _NO_STATUS = "passed", "completed", ""
_STATUSES: Final = (_PASSED, _COMPLETED, "failed", "incomplete", "browsed", "not attempted")  # of SCORM 1.2
_MALFORMED: Final = "malformed_record"


@dataclass(frozen=True)
class Passes:
    """Who passed which course when, each once; the rejected; how many attempts said the same or were not approved."""

    passes: pd.DataFrame  # scope, client_code, passed_at (UTC)
    rejected: pd.DataFrame
    refused: int
    repeated: int
    ignored: int


def course_passes(attempts: pd.DataFrame, clients: pd.DataFrame, now: datetime) -> Passes:
    """A participant with an approved result is the client with the same e-mail address; nobody is guessed.

    ``attempts``: scope, user_id, email, status, score, mastery_score, completed_at (UTC), unreadable (names of
    values, see SCORE). ``clients``: client_code, email. Addresses are compared in their normal form. An archived
    client counts like any other: when its address was given to somebody else, an attempt may be the one's or the
    other's, so it is ambiguous until the archived client's address is emptied.

    Rejected are approved attempts without a match, with several clients of that address, without a time of
    completion or with one after ``now``; those with a status that is unknown; and those that cannot be judged
    because a value that decides is unreadable.
    """
    judged = attempts.assign(code=verdicts(attempts, now), email=folded(attempts["email"]))
    judged = judged.assign(code=judged["code"].mask(judged["code"] == "", _matched(judged["email"], clients)))
    earned = judged[judged["code"] == ""]
    found = earned.merge(clients.assign(email=folded(clients["email"])), on="email")
    once = found[["scope", "client_code", "completed_at"]].drop_duplicates(ignore_index=True)
    refused = judged[~judged["code"].isin(["", "not_approved"])]
    return Passes(
        passes=once.rename(columns={"completed_at": "passed_at"}),
        rejected=combined([_listed(refused)]),
        refused=len(refused),
        repeated=len(found) - len(once),
        ignored=int((judged["code"] == "not_approved").sum()),
    )


def approved(attempts: pd.DataFrame) -> "pd.Series[bool]":
    """Passed; completed, where there is no test or the mastery score is reached; or just reached, without a status.

    Everything else is not approved.
    """
    status = _words(attempts["status"])
    reached = attempts["score"] >= attempts["mastery_score"]  # False where either is missing
    no_test = attempts["mastery_score"].isna()
    return (
        (status == _PASSED)
        | ((status == _COMPLETED) & (no_test | reached))
        | ((status == _NO_STATUS) & reached)
    )


def verdicts(attempts: pd.DataFrame, now: datetime) -> "pd.Series[str]":
    """For each attempt an empty code where it counts for whoever it belongs to, else why not."""
    status = _words(attempts["status"])
    code = pd.Series("", index=attempts.index, dtype="str")
    code = code.mask(attempts["completed_at"] > now, "completed_in_future")
    code = code.mask(attempts["completed_at"].isna(), "needs_completion_time")
    code = code.mask(_unreadable(attempts, TIME), _MALFORMED)
    code = code.mask(~approved(attempts), "not_approved")
    code = code.mask(_undecided(attempts, status), _MALFORMED)
    return code.mask((status != _NO_STATUS) & ~status.isin(_STATUSES), "status_unknown")


def _undecided(attempts: pd.DataFrame, status: "pd.Series[str]") -> "pd.Series[bool]":
    """A score that cannot be read and that decides: ``passed`` decides by itself, and so does what is not passed."""
    tested = attempts["mastery_score"].notna() & _unreadable(attempts, SCORE)
    return status.isin([_COMPLETED, _NO_STATUS]) & (tested | _unreadable(attempts, MASTERY_SCORE))


def _unreadable(attempts: pd.DataFrame, name: str) -> "pd.Series[bool]":
    named: pd.Series[bool] = attempts["unreadable"].str.contains(rf"\b{name}\b")
    return named


def _matched(addresses: "pd.Series[str]", clients: pd.DataFrame) -> "pd.Series[str]":
    """For each address an empty code where one client has it, else why not."""
    matches = addresses.map(folded(clients["email"]).value_counts()).fillna(0)
    code = pd.Series("", index=addresses.index, dtype="str")
    return code.mask(matches > 1, "ambiguous_learner").mask(matches == 0, "unmatched_learner")


def _listed(refused: pd.DataFrame) -> pd.DataFrame:
    keys = refused["scope"], refused["user_id"]
    rows = rejected_rows(refused["scope"], _ATTEMPT, keys, refused["code"])
    if rows.empty:
        return rows
    unreadable = refused["unreadable"].reset_index(drop=True).str.replace(" ", ", ").str.replace("_", " ")
    named = rows["reason"] + " Not readable: " + unreadable + "."
    return rows.assign(reason=rows["reason"].mask(rows["reason_code"] == _MALFORMED, named))


def _words(status: pd.Series) -> "pd.Series[str]":
    """A status as SCORM spells it; empty where it is missing."""
    return folded(status).str.replace("_", " ").fillna("")


@dataclass(frozen=True)
class Earned:
    """New periods; those they correct; passes that a revocation holds back; how many passes changed nothing."""

    periods: pd.DataFrame  # PERIOD_COLUMNS
    corrected: pd.DataFrame  # client_code, competence_code, valid_from
    rejected: pd.DataFrame
    refused: int
    standing: int


def new_competences(
    passes: pd.DataFrame, held: pd.DataFrame, revoked: pd.DataFrame, readings: pd.DataFrame
) -> Earned:
    """Whoever passed a linked course gets the competence, valid for its default days; what is held stays as it is.

    While a period is valid a new pass changes nothing; after it has ended, one gives a new period. A period that
    was decided while a course could not be read is corrected (see ``corrections``). What was revoked for a person
    (``client_code`` missing: for everyone) is neither given again nor corrected, and listed.
    ``passes``: client_code, competence_code, validity_days (missing = no end), source, source_course_id, timezone
    (of the source), passed_at, recorded_at, linked_at. ``held``: client_code, competence_code, valid_from,
    valid_to, recorded_at (missing: the administration's). ``readings``: see ``corrections``. Times are UTC.
    """
    candidates = possible_periods(passes)
    blocked = _is_revoked(candidates, revoked)
    changed = corrections(candidates[~blocked], held[~_is_revoked(held, revoked)], readings)
    concerned = pd.MultiIndex.from_frame(candidates[PERSON]).isin(changed.people)
    free = candidates[~concerned & ~_overlaps(candidates, held)]
    periods = pd.concat([_chained(free[~blocked[free.index]]), changed.given])
    stopped = free[blocked[free.index]]
    keys = stopped["client_code"], stopped["source"], stopped["source_course_id"]
    rejected = rejected_rows(stopped["competence_code"], "competence", keys, "competence_revoked")
    return Earned(
        periods=periods[PERIOD_COLUMNS].reset_index(drop=True),
        corrected=changed.fallen[[*PERSON, "valid_from"]].reset_index(drop=True),
        rejected=combined([rejected]),
        refused=len(stopped),
        standing=len(candidates) - len(periods) - len(stopped),
    )


def nothing_earned(rejected: pd.DataFrame) -> Earned:
    """No decision was taken, for the reasons that are listed."""
    periods = pd.DataFrame(columns=PERIOD_COLUMNS)
    return Earned(periods, periods[[*PERSON, "valid_from"]], rejected, refused=len(rejected), standing=0)


def possible_periods(passes: pd.DataFrame) -> pd.DataFrame:
    """The period that each pass would give by itself, in one order whatever order they came in."""
    parts = [
        rows.assign(valid_from=local_dates(rows["passed_at"], str(zone)).dt.as_unit("s"))
        for zone, rows in passes.groupby("timezone")
    ]
    dated = pd.concat(parts) if parts else passes.assign(valid_from=pd.Series(dtype="datetime64[s]"))
    days = pd.to_timedelta(dated["validity_days"], unit="D").dt.as_unit("s")
    dated = dated.assign(valid_to=dated["valid_from"] + days)
    return dated.sort_values(["valid_from", "source", "source_course_id", "passed_at"], ignore_index=True)


def _overlaps(candidates: pd.DataFrame, held: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a person already has the competence during (part of) the period."""
    return candidates.index.to_series().isin(overlapping(candidates, held)["row"])


def overlapping(candidates: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Each candidate (``row``: its label) with every period (``_held``) that its person has during part of it."""
    pairs = candidates.reset_index(names="row").merge(held, on=PERSON, suffixes=("", "_held"))
    starts_in_time = pairs["valid_to"].isna() | (pairs["valid_from_held"] <= pairs["valid_to"])
    lasts = pairs["valid_to_held"].isna() | (pairs["valid_from"] <= pairs["valid_to_held"])
    return pairs[starts_in_time & lasts]


def _is_revoked(rows: pd.DataFrame, revoked: pd.DataFrame) -> "pd.Series[bool]":
    everyone = revoked.loc[revoked["client_code"].isna(), "competence_code"]
    people = pd.MultiIndex.from_frame(revoked[PERSON])
    one = pd.MultiIndex.from_frame(rows[PERSON]).isin(people)
    return rows["competence_code"].isin(everyone) | one


def _chained(candidates: pd.DataFrame) -> pd.DataFrame:
    """Of each person's candidates the first, then the first after its end, and so on."""
    return pd.concat([candidates.iloc[:0], *_links_of_the_chain(candidates)])


def _links_of_the_chain(candidates: pd.DataFrame) -> Iterator[pd.DataFrame]:
    while not candidates.empty:
        first = candidates.drop_duplicates(PERSON)
        yield first
        ends = first[[*PERSON, "valid_to"]].rename(columns={"valid_to": "end"})
        rest = candidates.merge(ends, on=PERSON)
        candidates = rest[rest["valid_from"] > rest["end"]].drop(columns="end")  # no end: never again
