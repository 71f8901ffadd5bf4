"""Forms of numbers: a whole match, and an end in time whatever the expression and the number."""

import time

import pandas as pd
import pytest

from etl.transform.forms import is_form, of_form

V_AND_V = r"^(\d{6}|\d{11})$"


@pytest.mark.parametrize(
    ("pattern", "number", "fits"),
    [
        (V_AND_V, "052001", True),
        (V_AND_V, "52001", False),
        (V_AND_V, "052001\n", False),
        (V_AND_V, " 052001", False),
        (V_AND_V, "٠٥٢٠٠١", False),  # digits of another script
        (r"\d{6}", "0520011", False),  # the whole number, anchored or not
        (r"a|ab", "ab", True),
        (r"CIP-\d{6}", "CIP-123456", True),
        (r"CIP-\d{6}", "cip-123456", False),
        (r"(?i)CIP-\d{6}", "cip-123456", True),
        (r"(\d)\1", "11", False),  # an expression that is none here: nothing has its form
    ],
)
def test_a_number_has_a_form_as_a_whole(pattern, number, fits):
    values = pd.Series([number, None], index=[7, 9], dtype="str")
    assert of_form(values, pattern).to_dict() == {7: fits, 9: False}


@pytest.mark.parametrize("pattern", [r"(a+)+b", r"(a|a)*b", r"(.*a){12}b", r"([a-z]+)*\d", r"(a?){40}a{40}b"])
def test_an_expression_that_would_go_back_for_ever_ends(pattern):
    started = time.process_time()
    assert not of_form(pd.Series(["a" * 20_000], dtype="str"), pattern)[0]
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "pattern", ["(", "a)(b", r"(a)\1", "(?=a)a", "(?<!a)b", "(a{1000}){1000}", r"\d{1,2000}", "*"]
)
def test_what_cannot_be_matched_in_time_is_no_form(pattern):
    assert not is_form(pattern)
