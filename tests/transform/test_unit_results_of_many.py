"""Whatever the grades are: neither the order of rows nor who else is there changes a result."""

from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures.properties import examples
from tests.transform.unit_results import DAY, PASS_50, SEP_22, derive

GRADES = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.one_of(st.none(), st.floats(0, 100, width=32)),
        st.integers(SEP_22, SEP_22 + 30 * DAY),
        st.sampled_from([-1, 0, 1]),
        st.integers(1, 5),
    ),
    min_size=1,
    max_size=20,
    unique_by=lambda row: (row[0], row[4]),
)
LINKS = [("U1", 1), ("U1", 2), ("U2", 2), ("U2", 3), ("U3", 4)]


def outcome(grades):
    found = derive(grades, links=LINKS, passes={a: PASS_50 for a in range(1, 5)})
    results = found.results.drop(columns="grade_percent")
    return {tuple(map(str, row)) for row in results.to_numpy()}


@examples(20)
@given(GRADES, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(grades, random):
    shuffled = random.sample(grades, len(grades))
    assert outcome(shuffled) == outcome(grades)


@examples(20)
@given(GRADES)
def test_any_split_of_the_learners_gives_the_same(grades):
    # every learner's report names all activities, so give each part the activities that the whole has
    blank = [(activity, None, 0, 0, 99) for activity in {row[0] for row in grades}]
    parts = [[row for row in grades if row[4] == user] for user in {row[4] for row in grades}]
    assert set().union(*(outcome(part + blank) for part in parts)) == outcome(grades + blank)
