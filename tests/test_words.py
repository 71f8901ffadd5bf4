"""Counts as sentences say them."""

import pytest

from etl.words import counted


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (12_000, "12,000 rows")]
)
def test_one_is_said_as_one(number, words):
    assert counted(number, "row") == words


@pytest.mark.parametrize(("number", "words"), [(1, "1 person is"), (3, "3 people are")])
def test_what_is_not_counted_by_an_s_is_given(number, words):
    assert counted(number, "person is", "people are") == words
