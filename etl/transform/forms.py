"""Forms of numbers as regular expressions of a person: matched in time that grows with the text, never for ever.

RE2's syntax (Arrow's engine): what needs backtracking, such as look-ahead and back references, is not in it.
"""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def is_form(pattern: str) -> bool:
    """Whether ``pattern`` is a regular expression that can be matched."""
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid:
        return False
    return True


def of_form(values: "pd.Series[str]", pattern: str) -> "pd.Series[bool]":
    """Which values have, as a whole, the form ``pattern``; missing ones do not, and nothing has one that is none."""
    if not is_form(pattern):
        return pd.Series(False, values.index)
    whole = pc.match_substring_regex(pa.array(values, pa.string()), rf"\A(?:{pattern})\z")
    return pd.Series(whole.fill_null(False).to_numpy(zero_copy_only=False), values.index)
