"""Pupils' test results from messages of a school's supplier (docs/connectors/iep_lvs.md, Results and versions)."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from etl.connectors.iep_lvs import test_levels
from etl.connectors.iep_lvs.reasons import REASONS
from etl.transform.reasons import reason
from etl.transform.rejected import combined, rejected_rows

RESOURCE: Final = "test_result"
MESSAGES: Final = ["scope", "brin6", "school_year", "is_test"]
RESULTS: Final = ["scope", "number", "result_key", "pupil_id", "eck_id", "taken_on", "test_code", "test_part"]
MEASURES: Final = ["number", "value_type", "value", "scale", "comparison_group", "qualification"]
TESTS: Final = ["scope", "test_code", "test_name", "test_version", "year_group", "subject", "category"]
NORMS: Final = ["scope", "test_code", "test_part", "term", "lower", "upper"]
UNREADABLE: Final = ["scope", "result_key", "reason", "about"]
DERIVED: Final = [
    "scope", "number", "result_key", "pupil_key", "test_code", "test_part", "test_name", "test_version",
    "year_group", "subject", "taken_on", "school_year", "level", "warnings",
]  # fmt: skip
_PUPIL_NUMBER: Final = "leerlingid"  # scheme of a number of which the school is not known; it is not used
_ARITHMETIC: Final = "reken|wiskunde"
_REFERENCE_LEVEL: Final = "RNTRM"
_NOT_FOUND: Final = ("unmatched_learner", "pupil_school_unknown", "eck_id_differs")
_WHAT_TO_ENTER: Final = (
    " Enter in client_numbers.csv the ECK iD as scheme eckid, or the number as scheme leerlingid:"
)
_FIRST_MONTH: Final = 8  # a school year starts on 1 August


@dataclass(frozen=True)
class Deliveries:
    """Messages as frames with the columns above; ``scope`` names the message, ``number`` the result.

    A test message (``is_test``) is known by its dummy pupils, who are left out without being listed.
    """

    messages: pd.DataFrame
    results: pd.DataFrame
    measures: pd.DataFrame
    tests: pd.DataFrame
    norms: pd.DataFrame
    unreadable: pd.DataFrame


@dataclass(frozen=True)
class Derived:
    """``results``: one row a result (DERIVED); ``measures``: one row a value (MEASURES); what was rejected; and how
    many results of each message (scope) are left out, be they listed or not.
    """

    results: pd.DataFrame
    measures: pd.DataFrame
    rejected: pd.DataFrame
    left_out: Counter[str]


def derive(deliveries: Deliveries, pupils: pd.DataFrame, excluded: pd.DataFrame) -> Derived:
    """Each result becomes a typed row, or is rejected with a reason; the pupil becomes the administration's key.

    ``pupils``: as ``match_pupils`` takes them. ``excluded``: pattern.
    """
    measures = deliveries.measures[deliveries.measures["value"].notna()]
    about = deliveries.results.merge(deliveries.messages, on="scope")
    about = about.merge(_judged(deliveries.tests, excluded), on=["scope", "test_code"], how="left")
    about = about.join(match_pupils(about, pupils))
    code = about["code"].mask(~about["number"].isin(measures["number"]), "no_value")
    about["code"] = code.mask(about["excluded"].fillna(value=False).astype(bool), "excluded_test")
    good, bad = about[about["code"] == ""], about[about["code"] != ""]
    dummy = bad["is_test"].astype(bool) & bad["pupil_key"].isna()
    kept = measures[measures["number"].isin(good["number"])]
    return Derived(
        results=_described(good, kept, deliveries.norms).reset_index(drop=True),
        measures=kept[MEASURES].reset_index(drop=True),
        rejected=combined([_rejected(bad[~dummy]), _unreadable(deliveries)]),
        left_out=Counter([*bad["scope"], *deliveries.unreadable["scope"]]),
    )


def names_excluded_test(tests: pd.DataFrame, excluded: pd.DataFrame) -> pd.Series:
    """Final tests are known by code or name, never by score.

    A pattern without letters is a whole code or category; words stand anywhere in code or name.
    """
    found = pd.Series(data=False, index=tests.index)
    for pattern in excluded["pattern"].str.strip().str.casefold():
        for name in ("test_code", "test_name", "category"):
            text = tests[name].fillna("").str.casefold()
            found |= text.str.contains(pattern, regex=False) if _has_letters(pattern) else text == pattern
    return found


def match_pupils(results: pd.DataFrame, pupils: pd.DataFrame) -> pd.DataFrame:
    """The client of each result (pupil_key), why there is none (code), whether its number is another's (warned).

    An ECK iD is unique everywhere and decides; a leerlingid counts within its school only, and never against an
    ECK iD. Nobody is guessed. ``results``: brin6, pupil_id, eck_id; ``pupils``: scheme (``eckid``,
    ``leerlingid:<brin6>``, or ``leerlingid`` where no school is known), value, client_code.
    """
    schemes = pd.Series(_PUPIL_NUMBER + ":" + results["brin6"])
    clients = _clients(pupils)
    eck, eck_doubtful = _looked_up(results["eck_id"], "eckid", clients)
    number, number_doubtful = _looked_up(results["pupil_id"], schemes, clients)
    schoolless, _ = _looked_up(results["pupil_id"], _PUPIL_NUMBER, clients)
    others = results["eck_id"].notna() & number.isin(pupils.loc[pupils["scheme"] == "eckid", "client_code"])
    code = pd.Series("unmatched_learner", index=results.index, dtype="str")
    code = code.mask(schoolless.notna(), "pupil_school_unknown").mask(number.notna(), "")
    code = code.mask(others, "eck_id_differs").mask(number_doubtful, "ambiguous_learner")
    code = code.mask(eck.notna(), "").mask(eck_doubtful, "ambiguous_learner")
    client = eck.fillna(number).where(code == "")
    warned = eck.notna() & number.notna() & (eck != number)
    return pd.DataFrame({"pupil_key": client, "code": code, "warned": warned})


def _clients(pupils: pd.DataFrame) -> pd.DataFrame:
    """By scheme and value the first client that has it, and whether several have it."""
    held = pd.DataFrame({
        "key": pupils["scheme"] + " " + pupils["value"],  # a scheme holds no blanks
        "client_code": pupils["client_code"],
    }).drop_duplicates()  # fmt: skip
    several = held.loc[held["key"].duplicated(), "key"]
    first = held.drop_duplicates("key").set_index("key")
    return first.assign(several=first.index.isin(several))


def _looked_up(
    identifier: pd.Series, scheme: "pd.Series[str] | str", clients: pd.DataFrame
) -> tuple[pd.Series, pd.Series]:
    """The client of each identifier in its scheme, and whether several clients have it."""
    place = clients.index.get_indexer(pd.Index(scheme + " " + identifier))  # -1: nobody
    found = pd.Series(clients["client_code"].to_numpy(), dtype="str").reindex(place)
    doubtful = np.append(clients["several"].to_numpy(bool), False)[place]
    return found.set_axis(identifier.index), pd.Series(doubtful, identifier.index)


def _has_letters(pattern: str) -> bool:
    return any(character.isalpha() for character in pattern)


def _judged(tests: pd.DataFrame, excluded: pd.DataFrame) -> pd.DataFrame:
    named = tests["subject"].fillna("") + " " + tests["test_name"].fillna("") + " " + tests["test_code"]
    return tests.assign(
        excluded=names_excluded_test(tests, excluded),
        arithmetic=named.str.contains(_ARITHMETIC, case=False),
    )


def _described(good: pd.DataFrame, measures: pd.DataFrame, norms: pd.DataFrame) -> pd.DataFrame:
    arithmetic = good["arithmetic"].astype(bool)
    level, told = _levels(good, measures, norms)
    year = _school_year(pd.to_datetime(good["taken_on"]))
    warnings = {
        "school_year_mismatch": year != good["school_year"],
        "level_unusual_for_subject": test_levels.is_unusual(level, arithmetic),
        "level_not_known": told & ~test_levels.is_known(level),
        "pupil_number_of_another": good["warned"].astype(bool),
    }
    return good.assign(school_year=year, level=level, warnings=_joined(warnings, good.index))[DERIVED]


def _levels(good: pd.DataFrame, measures: pd.DataFrame, norms: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The level of each result, and whether the supplier told it.

    As the supplier tells it, else by the norm rows of the test, else by the development score.
    """
    told = measures[measures["value_type"] == _REFERENCE_LEVEL].drop_duplicates("number")
    told_level = test_levels.canonical(told.set_index("number")["value"])
    scores = measures.loc[measures["value_type"] == "score", ["number", "value"]]
    by_norm = test_levels.of_norms(scores.merge(good[["scope", "number", "test_code", "test_part"]]), norms)
    by_score = test_levels.of_development_scores(measures.merge(good[["number", "arithmetic"]]))
    first, second, third = (
        good["number"].map(levels).astype("str") for levels in (told_level, by_norm, by_score)
    )
    return first.fillna(second).fillna(third), good["number"].isin(told["number"])


def _school_year(taken_on: pd.Series) -> pd.Series:
    """A school year runs from 1 August to 31 July."""
    first = taken_on.dt.year - (taken_on.dt.month < _FIRST_MONTH)
    return pd.Series(first.astype("str") + "-" + (first + 1).astype("str"))


def _joined(warnings: dict[str, pd.Series], index: pd.Index) -> pd.Series:
    """The names of the warnings that hold, joined by commas; empty = none."""
    text = pd.Series("", index=index, dtype="str")
    for name, holds in warnings.items():
        text = text.mask(holds, text + "," + name)
    return text.str.removeprefix(",").where(text != "")


def _rejected(bad: pd.DataFrame) -> pd.DataFrame:
    bad = bad.reset_index(drop=True)
    keys = bad["brin6"], bad["result_key"]
    listed = rejected_rows(bad["scope"], RESOURCE, keys, bad["code"], own=REASONS)
    told = _WHAT_TO_ENTER + bad["brin6"] + "."
    return listed.assign(reason=listed["reason"].mask(bad["code"].isin(_NOT_FOUND), listed["reason"] + told))


def _unreadable(deliveries: Deliveries) -> pd.DataFrame:
    rows = deliveries.unreadable.merge(deliveries.messages, on="scope")
    rows = rows[~rows["is_test"].astype(bool)].reset_index(drop=True)
    keys = rows["brin6"], rows["result_key"]
    listed = rejected_rows(rows["scope"], RESOURCE, keys, "malformed_record")
    return listed.assign(reason=reason("malformed_record") + " " + rows["reason"])
