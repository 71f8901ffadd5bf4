"""Joins by position say the same as joins of frames."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from etl.transform.positions import among, numbered, numbered_rows, pairs_of, shared_codes
from tests.fixtures.properties import examples

NUMBERS = st.lists(st.integers(-3, 6), max_size=12).map(lambda given: np.array(given, dtype=np.int64))
LEARNERS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 4)), max_size=8)


@examples(60)
@given(NUMBERS, NUMBERS)
def test_every_two_that_are_equal_are_found_in_the_order_of_the_first(left, right):
    wanted = [(i, j) for i, one in enumerate(left) for j, other in enumerate(right) if one == other]
    assert list(zip(*(found.tolist() for found in pairs_of(left, right)), strict=True)) == wanted


@examples(60)
@given(NUMBERS)
def test_a_number_stands_for_the_same_value_wherever_it_is(values):
    codes, known = numbered(values)
    assert known[codes].tolist() == values.tolist()
    assert len(set(known)) == len(known)


@examples(60)
@given(LEARNERS, LEARNERS)
def test_a_learner_is_known_by_course_and_number_together(rows, others):
    frames = [
        pd.DataFrame(given, columns=["scope", "user_id"]).astype({"scope": "str", "user_id": "int64"})
        for given in (rows, others)
    ]
    assert among(*frames).tolist() == [row in others for row in rows]
    equal = numbered_rows(frames[0])
    assert [one == other for one in equal for other in equal] == [a == b for a in rows for b in rows]


def test_texts_of_a_category_have_the_numbers_of_the_same_texts():
    texts = pd.Series(["b", "a", "b"], dtype="str")
    plain, category = shared_codes(texts, texts.astype("category"))
    assert plain.tolist() == category.tolist() == [0, 1, 0]
