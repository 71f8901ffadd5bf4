"""Pupils' test results from a message of the school's supplier (spec/iep_lvs_uwlr.md, Behaviour that must hold)."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from etl.transform import test_levels
from etl.transform.reasons import REASONS
from etl.transform.rejected import combined, rejected_rows

RESOURCE: Final = "test_result"
MEASURE: Final = ["result_key", "value_type", "value", "scale", "comparison_group", "qualification"]
RESULT: Final = [
    "result_key", "pupil_key", "test_code", "test_part", "test_name", "test_version", "year_group", "subject",
    "taken_on", "school_year", "level", "warnings",
]  # fmt: skip
_ABOUT: Final = ["result_key", "pupil_id", "eck_id", "taken_on", "test_code", "test_part"]
_ARITHMETIC: Final = "reken|wiskunde"
_REFERENCE_LEVEL: Final = "RNTRM"
_FIRST_MONTH: Final = 8  # a school year starts on 1 August


@dataclass(frozen=True)
class Delivery:
    """One message as frames.

    ``measures``: result_key, pupil_id, eck_id, taken_on, test_code, test_part, value_type, value, scale,
    comparison_group, qualification; ``tests``: test_code, test_name, test_version, year_group, subject, category;
    ``norms``: test_code, test_part, term, lower, upper; ``unreadable``: result_key, reason. All text.
    A test message (``is_test``) is known by its dummy pupil, who is left out without being listed.
    """

    scope: str
    brin6: str
    school_year: str
    measures: pd.DataFrame
    tests: pd.DataFrame
    norms: pd.DataFrame
    unreadable: pd.DataFrame
    is_test: bool = False


@dataclass(frozen=True)
class Derived:
    """``results``: one row a result (RESULT); ``measures``: one row a value (MEASURE); what was rejected, left out."""

    results: pd.DataFrame
    measures: pd.DataFrame
    rejected: pd.DataFrame
    ignored: int


def derive(delivery: Delivery, pupils: pd.DataFrame, excluded: pd.DataFrame) -> Derived:
    """Each result becomes a typed row, or is rejected with a reason; the pupil becomes the administration's key.

    ``pupils``: scheme (eckid, leerlingid, client_code), value, client_code. ``excluded``: pattern.
    """
    tests = delivery.tests.drop_duplicates("test_code")
    about = delivery.measures[_ABOUT].drop_duplicates("result_key").merge(tests, on="test_code", how="left")
    measures = delivery.measures[delivery.measures["value"].notna()]
    about["code"] = _verdict(about, measures, excluded)
    about = about.merge(_match(about, pupils), on="result_key", how="left")
    about["code"] = about["code"].mask(about["code"] == "", about.pop("match_code").fillna(""))
    good = about[about["code"] == ""].rename(columns={"client_code": "pupil_key"})
    bad = about[about["code"] != ""]
    dummies = bad["code"].eq("unmatched_learner") & delivery.is_test
    kept = measures[measures["result_key"].isin(good["result_key"])]
    return Derived(
        results=_described(good, kept, delivery).reset_index(drop=True),
        measures=kept[MEASURE].reset_index(drop=True),
        rejected=combined([_rejected(delivery, bad[~dummies]), _unreadable(delivery)]),
        ignored=int(dummies.sum()),
    )


def names_excluded_test(tests: pd.DataFrame, excluded: pd.DataFrame) -> pd.Series:
    """Final tests are known by code or name, never by score: a code without letters is the whole code or category,
    words stand anywhere in code or name."""
    wrong = pd.Series(data=False, index=tests.index)
    for pattern in excluded["pattern"].str.strip().str.casefold():
        for name in ("test_code", "test_name", "category"):
            text = tests[name].astype("str").str.casefold()
            found = text.str.contains(pattern, regex=False) if _has_letters(pattern) else text == pattern
            wrong |= found.fillna(value=False).astype(bool)
    return wrong


def _has_letters(pattern: str) -> bool:
    return any(character.isalpha() for character in pattern)


def _verdict(about: pd.DataFrame, measures: pd.DataFrame, excluded: pd.DataFrame) -> pd.Series:
    code = pd.Series("", index=about.index, dtype="str")
    code = code.mask(~about["result_key"].isin(measures["result_key"]), "no_value")
    return code.mask(names_excluded_test(about, excluded), "excluded_test")


def _match(about: pd.DataFrame, pupils: pd.DataFrame) -> pd.DataFrame:
    """By the numbers that the administration keeps for its pupils, else by its own key; nobody is guessed."""
    numbers = pd.concat([
        _candidates(about, "eck_id", pupils[pupils["scheme"] == "eckid"]),
        _candidates(about, "pupil_id", pupils[pupils["scheme"] == "leerlingid"]),
    ])  # fmt: skip
    own = _candidates(about, "pupil_id", pupils[pupils["scheme"] == "client_code"])
    found = pd.concat([numbers, own[~own["result_key"].isin(numbers["result_key"])]]).drop_duplicates()
    count = found.groupby("result_key")["client_code"].nunique()
    matches = about["result_key"].map(count).fillna(0)
    verdict = pd.DataFrame({"result_key": about["result_key"], "match_code": ""})
    verdict["match_code"] = verdict["match_code"].mask(matches == 0, "unmatched_learner")
    verdict["match_code"] = verdict["match_code"].mask(matches > 1, "ambiguous_learner")
    return verdict.merge(found.drop_duplicates("result_key"), on="result_key", how="left")


def _candidates(about: pd.DataFrame, identifier: str, pupils: pd.DataFrame) -> pd.DataFrame:
    known = about[["result_key", identifier]].dropna().rename(columns={identifier: "value"})
    return known.merge(pupils[["value", "client_code"]], on="value")[["result_key", "client_code"]]


def _described(good: pd.DataFrame, measures: pd.DataFrame, delivery: Delivery) -> pd.DataFrame:
    arithmetic = _is_arithmetic(good)
    level, told = _levels(good, measures, delivery.norms, arithmetic)
    year = _school_year(pd.to_datetime(good["taken_on"]))
    warnings = {
        "school_year_mismatch": year != delivery.school_year,
        "level_unusual_for_subject": test_levels.is_unusual(level, arithmetic),
        "level_not_known": told & ~test_levels.is_known(level),
    }
    described = good.assign(school_year=year, level=level, warnings=_joined(warnings, good.index))
    return described[RESULT]


def _is_arithmetic(results: pd.DataFrame) -> pd.Series:
    named = [results[name].astype("str") for name in ("subject", "test_name", "test_code")]
    found = pd.concat([text.str.contains(_ARITHMETIC, case=False, na=False) for text in named], axis=1)
    return found.any(axis=1)


def _levels(
    good: pd.DataFrame, measures: pd.DataFrame, norms: pd.DataFrame, arithmetic: pd.Series
) -> tuple[pd.Series, pd.Series]:
    """The level of each result: as the supplier tells it, else by the norm rows, else by the development score;
    and whether the supplier told it."""
    told = measures[measures["value_type"] == _REFERENCE_LEVEL].drop_duplicates("result_key")
    told_level = test_levels.canonical(told.set_index("result_key")["value"])
    scores = measures[measures["value_type"] == "score"][["result_key", "value"]]
    by_norm = test_levels.of_norms(
        scores.merge(good[["result_key", "test_code", "test_part"]], on="result_key"), norms
    )
    is_arithmetic = measures["result_key"].map(arithmetic.set_axis(good["result_key"])).astype(bool)
    by_score = test_levels.of_development_scores(measures, is_arithmetic)
    keys = good["result_key"]
    first, second, third = (keys.map(by).astype("str") for by in (told_level, by_norm, by_score))
    return first.fillna(second).fillna(third), keys.isin(told["result_key"])


def _school_year(taken_on: pd.Series) -> pd.Series:
    """A school year runs from 1 August to 31 July."""
    first = taken_on.dt.year - (taken_on.dt.month < _FIRST_MONTH)
    return first.astype("str") + "-" + (first + 1).astype("str")


def _joined(warnings: dict[str, pd.Series], index: pd.Index) -> pd.Series:
    """The names of the warnings that hold, joined by a comma; empty = none."""
    text = pd.Series("", index=index, dtype="str")
    for name, holds in warnings.items():
        text = text.mask(holds, text + "," + name)
    return text.str.removeprefix(",").where(text != "")


def _rejected(delivery: Delivery, bad: pd.DataFrame) -> pd.DataFrame:
    scope = pd.Series(delivery.scope, index=bad.index)
    return rejected_rows(scope, RESOURCE, delivery.brin6 + "/" + bad["result_key"].astype("str"), bad["code"])


def _unreadable(delivery: Delivery) -> pd.DataFrame:
    rows = delivery.unreadable
    listed = rejected_rows(
        pd.Series(delivery.scope, index=rows.index), RESOURCE,
        delivery.brin6 + "/" + rows["result_key"].astype("str"), "malformed_record",
    )  # fmt: skip
    return listed.assign(reason=REASONS["malformed_record"] + " " + rows["reason"].reset_index(drop=True))
