"""Which client of the administration a learner of the source is; never guessed (docs/results.md, Learners)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from etl.transform.normal_form import folded
from etl.transform.positions import filled, pairs_of, shared_codes, shared_keys
from etl.transform.rejected import rejected_rows

RESOURCE = "learner"
_NO_CANDIDATES = pd.DataFrame({"user_id": [], "client_code": [], "rank": []}).astype(
    {"user_id": "int64", "client_code": "str", "rank": "int64"}
)
NOBODY = pd.DataFrame({"scope": [], "user_id": [], "client_code": [], "reason": []}).astype(
    {"scope": "str", "user_id": "int64", "client_code": "str", "reason": "str"}
)


def match_learners(
    users: pd.DataFrame,
    clients: pd.DataFrame,
    stored: pd.DataFrame,
    match_code: bool,
    match_fields: str | None,
    others: pd.DataFrame = _NO_CANDIDATES,
) -> pd.DataFrame:
    """Whose learners are, judged over all accounts of their site: a client that several claim is nobody's.

    ``users``: scope, user_id, idnumber, username, email, given_name, surname, one row a learner of a course (scope).
    ``clients``, ``stored`` and the settings: see learner_candidates. ``others``: the candidates of the site's accounts,
    which count beside those of ``users``. Returns scope, user_id, client_code (missing = nobody), reason (missing =
    matched, else unmatched_learner or ambiguous_learner).
    """
    learners = users.drop_duplicates(["scope", "user_id"], ignore_index=True)
    theirs = learner_candidates(learners, clients, stored, match_code, match_fields)
    others = others[~others["user_id"].isin(learners["user_id"])]
    candidates = pd.concat([theirs, others], ignore_index=True)
    sure = candidates[~_ambiguous(candidates)]
    place = pd.Index(sure["user_id"]).get_indexer(learners["user_id"])
    persons = learners[["scope", "user_id"]].assign(client_code=filled(sure["client_code"], place))
    met = persons["user_id"].isin(theirs["user_id"])
    code = pd.Series(np.where(met, "ambiguous_learner", "unmatched_learner"), persons.index, "str")
    return persons.assign(reason=code.where(persons["client_code"].isna()))


def matched_and_not(persons: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Matched learners (scope, user_id, client_code), and the others as rejected rows; ``persons``: see
    match_learners, with the ``label`` that names the course in them.
    """
    nobody = persons["client_code"].isna()
    missed = persons[nobody]
    keys = missed["label"], missed["user_id"]
    matched = persons.loc[~nobody, ["scope", "user_id", "client_code"]].reset_index(drop=True)
    return matched, rejected_rows(missed["scope"], RESOURCE, keys, missed["reason"], missed["user_id"])


def used_fields(match_code: bool, match_fields: str | None) -> list[str]:
    """The fields that learners are matched by."""
    return (["idnumber"] if match_code else []) + (match_fields.split("+") if match_fields else [])


def hiding(participants: pd.DataFrame, used: Sequence[str]) -> list[str]:
    """Courses in which a used field is shown of nobody."""
    scopes = set(participants["scope"].unique())
    return sorted(set().union(*(scopes - _showing(participants, name) for name in used)))


def hidden_fields(participants: pd.DataFrame, accounts: pd.DataFrame, used: Sequence[str]) -> pd.DataFrame:
    """Courses in which a field that learners are matched by was known and is shown of nobody now; the known one is
    used, and that is said (identity_hidden). ``participants``: scope, user_id and fields; ``accounts``: the same
    fields as they are known.
    """
    known = participants[["scope", "user_id"]].merge(accounts, on="user_id")
    hidden = [
        pd.Series(
            sorted(set(known.loc[known[name].fillna("") != "", "scope"]) - _showing(participants, name))
        )
        for name in used
    ]
    scopes = pd.concat([pd.Series(dtype="str"), *hidden], ignore_index=True).drop_duplicates().astype("str")
    return rejected_rows(scopes, "course", scopes, "identity_hidden")


def _showing(participants: pd.DataFrame, name: str) -> set[str]:
    """Courses in which the field is shown of somebody."""
    return set(participants.loc[participants[name].notna(), "scope"].unique())


def learner_candidates(
    users: pd.DataFrame,
    clients: pd.DataFrame,
    stored: pd.DataFrame,
    match_code: bool,
    match_fields: str | None,
) -> pd.DataFrame:
    """The stored user id first, then idnumber = client code, then configured fields combined with AND.

    ``users``: user_id, idnumber, username, email, given_name, surname. ``clients``: client_code and the same fields.
    ``stored``: user_id (text), client_code. Text is compared in its normal form.
    Returns user_id, client_code, rank (of the first rule that found any).
    """
    if users.empty:
        return _NO_CANDIDATES
    learners = users.drop_duplicates("user_id", ignore_index=True)
    attempts = [_by_stored_id(learners, stored)]
    if match_code:
        attempts.append(_by_fields(learners, clients, [("idnumber", "client_code")]))
    if match_fields:
        attempts.append(_by_fields(learners, clients, [(name, name) for name in match_fields.split("+")]))
    found = _first_that_matches(attempts)
    return found.assign(user_id=learners["user_id"].to_numpy()[found["learner"]])[
        list(_NO_CANDIDATES.columns)
    ]


def _by_stored_id(learners: pd.DataFrame, stored: pd.DataFrame) -> pd.DataFrame:
    """By text: as a number 2.041 would be user 2."""
    learner, row = pairs_of(*shared_codes(learners["user_id"].astype("str"), stored["user_id"]))
    return _found(learner, stored, row)


def _by_fields(
    learners: pd.DataFrame, clients: pd.DataFrame, pairs: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """By fields that are known of both, and equal."""
    ours, theirs = (
        _folded(learners, [name for name, _ in pairs]),
        _folded(clients, [name for _, name in pairs]),
    )
    learner, row = pairs_of(*shared_keys(list(ours.columns), ours, theirs))
    return _found(ours.index.to_numpy()[learner], clients, theirs.index.to_numpy()[row])


def _folded(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The named columns, folded, as key0, key1 ..., of the rows (by position) that have all of them."""
    keys = {f"key{position}": folded(frame[name]).array for position, name in enumerate(names)}
    return pd.DataFrame(keys).dropna()


def _found(learner: np.ndarray, clients: pd.DataFrame, row: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"learner": learner, "client_code": clients["client_code"].take(row).array})


def _first_that_matches(attempts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """For each learner (a number) the candidates of the first rule that found any, with the rank of that rule."""
    ranked = pd.concat([found.assign(rank=rank) for rank, found in enumerate(attempts)], ignore_index=True)
    first = ranked.drop_duplicates("learner")
    place = pd.Index(first["learner"]).get_indexer(ranked["learner"])
    of_it = ranked["rank"].to_numpy() == first["rank"].to_numpy()[place]
    best: pd.DataFrame = ranked[of_it].drop_duplicates(["learner", "client_code"])
    return best


def _ambiguous(candidates: pd.DataFrame) -> pd.Series:
    """Accounts with several candidates, and accounts that claim one client.

    Of the latter one is not: the only one whose user id is stored with the client.
    """
    shared = candidates.duplicated("client_code", keep=False)
    stored = candidates[candidates["rank"] == 0]
    owners = stored.index[~stored.duplicated("client_code", keep=False)]
    return candidates.duplicated("user_id", keep=False) | (shared & ~candidates.index.isin(owners))
