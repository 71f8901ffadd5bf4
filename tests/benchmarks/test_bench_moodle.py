"""The benchmark of the Moodle path runs, on a site so small that it takes seconds."""

import json
import re
from io import StringIO

import pytest
from rich.console import Console

from etl.sandbox.moodle.generated_site import GeneratedSettings
from tests.benchmarks import bench_standing
from tests.benchmarks.bench_moodle import measure

pytestmark = pytest.mark.long

TINY = GeneratedSettings(courses=2, students=20, activities=6, changed=0.2)


def test_a_tiny_site_gives_every_figure_and_an_identical_night_writes_nothing(postgres_url, tmp_path):
    report = measure(postgres_url, TINY, TINY, TINY, laps=1)
    assert report.parts["decode"].rows == report.parts["derive"].rows == 240
    assert report.parts["load: first"].rows == report.parts["COPY, keyed"].rows > 0
    notes = {name: part.note for name, part in report.parts.items()}
    assert notes["load: identical"] == notes["night: identical"] == "0 written"
    assert re.fullmatch(r"calls, .* bytes, 0 written", notes["over HTTP: identical"])
    assert report.parts["over HTTP: identical"].rows == 1 + TINY.courses  # the participants of each
    assert {goal.what for goal in report.goals if "writes" in goal.what and goal.reached}
    shown = StringIO()
    report.show(Console(file=shown, width=200))
    lines = [json.loads(line) for line in report.save(tmp_path).read_text().splitlines()]
    assert [line["part"] for line in lines if "part" in line] == list(report.parts)
    assert all(name in shown.getvalue() for name in report.parts)


def test_a_tiny_site_with_results_of_earlier_years_gives_the_ratio(postgres_url):
    report = bench_standing.measure(postgres_url, TINY, [1, 500])
    assert [goal.found > 0 for goal in report.goals] == [True]
    [few, many] = [part for name, part in report.parts.items() if "standing" in name]
    assert few.rows == many.rows > 0
