"""The benchmark of the pages runs as a whole, in small."""

import pytest

from etl.pages.render import MENU
from tests.benchmarks.bench_pages import bench

pytestmark = pytest.mark.long


def test_every_page_of_the_menu_is_asked():
    report = bench(rows=3_000, requests=20)

    assert set(MENU) <= set(report.parts)
    assert len(report.goals) == len(report.parts)
