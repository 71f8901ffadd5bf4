"""The benchmark of the views runs as a whole, in small."""

import pytest

from tests.benchmarks.bench_views import bench

pytestmark = pytest.mark.long


def test_every_view_is_asked_and_finds_something_of_the_person():
    report = bench(rows=6_000)

    assert len(report.goals) == len(report.parts)
    empty = {name for name, part in report.parts.items() if name.startswith("person") and not part.rows}
    assert empty == set()
