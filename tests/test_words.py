"""Words as sentences have them."""

import pytest

from etl.words import counted, full_stop


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (12_000, "12,000 rows")]
)
def test_one_is_said_as_one(number, words):
    assert counted(number, "row") == words


@pytest.mark.parametrize(("number", "words"), [(1, "1 person is"), (3, "3 people are")])
def test_what_is_not_counted_by_an_s_is_given(number, words):
    assert counted(number, "person is", "people are") == words


@pytest.mark.parametrize("words", ["It was refused.", "Is it there?", "Look!"])
def test_a_sentence_that_has_its_end_gets_no_other(words):
    assert full_stop(words) == words
    assert full_stop(words[:-1]) == words[:-1] + "."
