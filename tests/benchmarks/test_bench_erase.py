"""The benchmark of an erasure runs as a whole, in small."""

import pytest

from tests.benchmarks.bench_erase import bench

pytestmark = pytest.mark.long


def test_a_person_is_erased_with_what_answers_of_two_nights_say():
    report = bench(rows=5_000)
    assert len(report.goals) == 3
    assert report.parts["erase"].note == "4 answers"
