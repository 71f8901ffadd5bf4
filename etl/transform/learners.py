"""Which client of the administration a learner of the source is; never guessed (spec/moodle.md, Learners)."""

from collections.abc import Sequence

import pandas as pd

from etl.transform.rejected import rejected_rows

RESOURCE = "learner"


def match_learners(
    users: pd.DataFrame,
    clients: pd.DataFrame,
    stored: pd.DataFrame,
    match_code: bool,
    match_fields: str | None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The stored user id first, then idnumber = client code, then configured fields combined with AND.

    ``users``: scope, label, user_id, idnumber, username, email, given_name, surname, one row a learner of a course
    (scope); ``label`` names the course in rejections. ``clients``: client_code and the same fields. ``stored``:
    user_id (text), client_code. Text is compared trimmed and case-folded.
    Returns matched (scope, user_id, client_code) and rejected (unmatched_learner, ambiguous_learner).
    """
    attempts = [_by_stored_id(users, stored)]
    if match_code:
        attempts.append(_by_fields(users, clients, [("idnumber", "client_code")]))
    if match_fields:
        attempts.append(_by_fields(users, clients, [(name, name) for name in match_fields.split("+")]))
    candidates = _first_that_matches(attempts)
    verdict = _verdict(users[["scope", "label", "user_id"]], candidates)
    matched = verdict.loc[verdict["code"] == "", ["scope", "user_id", "client_code"]]
    missed = verdict[verdict["code"] != ""]
    keys = missed["label"] + "/" + missed["user_id"].astype("str")
    return matched.reset_index(drop=True), rejected_rows(missed["scope"], RESOURCE, keys, missed["code"])


def _by_stored_id(users: pd.DataFrame, stored: pd.DataFrame) -> pd.DataFrame:
    known = stored.assign(user_id=pd.to_numeric(stored["user_id"], errors="coerce")).dropna(
        subset=["user_id"]
    )
    known = known.astype({"user_id": "int64"})
    return users[["scope", "user_id"]].merge(known[["user_id", "client_code"]], on="user_id")


def _by_fields(users: pd.DataFrame, clients: pd.DataFrame, pairs: Sequence[tuple[str, str]]) -> pd.DataFrame:
    left = _folded(users, [ours for ours, _ in pairs]).join(users[["scope", "user_id"]])
    right = _folded(clients, [theirs for _, theirs in pairs]).join(clients["client_code"].rename("matched"))
    keys = [f"key{position}" for position in range(len(pairs))]
    found = left.dropna(subset=keys).merge(right.dropna(subset=keys), on=keys)
    return found.rename(columns={"matched": "client_code"})[["scope", "user_id", "client_code"]]


def folded(text: pd.Series) -> pd.Series:
    """Trimmed, case-folded; empty = unknown (missing)."""
    trimmed = text.astype("str").str.strip().str.casefold()
    return trimmed.where(trimmed != "")


def _folded(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The named columns as key0, key1 ..., folded."""
    keys = {f"key{position}": folded(frame[name]) for position, name in enumerate(names)}
    return pd.DataFrame(keys, index=frame.index)


def _first_that_matches(attempts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """For each learner the candidates of the first rule that found any, with the rank of that rule."""
    ranked = pd.concat(
        [found.assign(rank=rank) for rank, found in enumerate(attempts)], ignore_index=True
    ).drop_duplicates(["scope", "user_id", "client_code"])
    first = ranked.groupby(["scope", "user_id"])["rank"].transform("min")
    return ranked[ranked["rank"] == first]


def _verdict(users: pd.DataFrame, candidates: pd.DataFrame) -> pd.DataFrame:
    """One row a learner: its client and an empty code, or the reason code.

    Two learners who claim one client are both ambiguous, unless the user id of one is stored with the client.
    """
    per_learner = candidates.groupby(["scope", "user_id"])["client_code"]
    per_client = candidates.assign(is_stored=candidates["rank"] == 0).groupby(["scope", "client_code"])
    several = per_learner.transform("size") > 1
    shared = per_client["user_id"].transform("size") > 1
    owner = (candidates["rank"] == 0) & (per_client["is_stored"].transform("sum") == 1)
    ambiguous = several | (shared & ~owner)
    judged = candidates.assign(code=ambiguous.map({True: "ambiguous_learner", False: ""}))
    one = judged.drop_duplicates(["scope", "user_id"])[["scope", "user_id", "client_code", "code"]]
    verdict = users.merge(one, on=["scope", "user_id"], how="left")
    return verdict.assign(code=verdict["code"].fillna("unmatched_learner"))
