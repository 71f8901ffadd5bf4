"""Reference levels of language and arithmetic: one spelling each (docs/connectors/iep_lvs.md, Levels)."""

import re
from decimal import Decimal
from typing import Final

import numpy as np
import pandas as pd

BELOW_1F: Final = "BELOW_1F"
_SPELLINGS: Final = {
    "<1f": BELOW_1F, "-1f": BELOW_1F, "<-1f": BELOW_1F, "onder1f": BELOW_1F, "lagerdan1f": BELOW_1F,
    "below_1f": BELOW_1F, "1f": "1F", "1s": "1S", "2f": "2F",
}  # fmt: skip
_KNOWN: Final = {BELOW_1F, "1F", "1S", "2F"}
_DASHES: Final = re.compile(
    "[\u2010-\u2015\u2212]"
)  # hyphens, dashes and the minus sign that word processors write
_DEVELOPMENT_SCALE: Final = "ontwikkel|iep"  # names of the scale on which 60 is 1F and 80 is 2F or 1S
_FIRST_LEVEL, _SECOND_LEVEL = 60, 80


def canonical(text: pd.Series) -> pd.Series:
    """``<1F``, ``-1F``, ``onder 1F`` and ``Lager dan 1F`` are one level, BELOW_1F; other texts stay as they are."""
    return text.map({value: _canonical(value) for value in text.dropna().unique()})


def _canonical(text: str) -> str:
    spelled = _DASHES.sub("-", "".join(text.split())).casefold()
    return _SPELLINGS.get(spelled, text.strip())


def is_known(level: pd.Series) -> pd.Series:
    """Whether a level is one of the reference levels."""
    return level.isin(_KNOWN)


def is_unusual(level: pd.Series, arithmetic: pd.Series) -> pd.Series:
    """A level that its subject does not use: 2F for arithmetic, 1S for language. It counts all the same."""
    return (arithmetic & (level == "2F")) | (~arithmetic & (level == "1S"))


def of_norms(scores: pd.DataFrame, norms: pd.DataFrame) -> pd.Series:
    """The level of each score by the norm rows of its test or part: of those that fit, the highest one.

    ``scores``: scope, number, test_code, test_part, value; ``norms``: scope, test_code, test_part, term, lower,
    upper. Returns levels by number.
    """
    bounds = norms.assign(
        lower=_exact(norms["lower"].fillna("-Infinity")),
        upper=_exact(norms["upper"].fillna("Infinity")),
    )
    keys = ["scope", "test_code", "test_part"]
    pairs = scores.fillna({"test_part": ""}).merge(bounds.fillna({"test_part": ""}), on=keys)
    score = _exact(pairs["value"])
    fitting = pairs[(score >= pairs["lower"]) & (score <= pairs["upper"])].sort_values("lower")
    return canonical(fitting.drop_duplicates("number", keep="last").set_index("number")["term"])


def of_development_scores(measures: pd.DataFrame) -> pd.Series:
    """The level of each development score: from 60 it is 1F, from 80 it is 2F, for arithmetic 1S.

    ``measures``: number, value_type, value, scale, arithmetic. Returns levels by number.
    """
    on_scale = measures["scale"].fillna("").str.contains(_DEVELOPMENT_SCALE, case=False)
    wanted = measures[on_scale & (measures["value_type"] == "vaardigheidsscore")]
    score = _exact(wanted["value"])
    second = np.where(wanted["arithmetic"].astype(bool), "1S", "2F")
    level = np.select([score < _FIRST_LEVEL, score < _SECOND_LEVEL], [BELOW_1F, "1F"], second)
    return pd.Series(level, index=wanted["number"], dtype="str")


def _exact(text: pd.Series) -> pd.Series:
    """Numbers of any length; a float would take 59.99999999999999999 for 60."""
    return pd.Series([Decimal(value) for value in text], index=text.index, dtype="object")
