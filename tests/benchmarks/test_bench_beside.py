"""The comparison and the page that is made of it, on a site so small that it takes seconds."""

import json

import pytest

from etl.sandbox.moodle.generated_site import GeneratedSettings
from tests.benchmarks import page
from tests.benchmarks.bench_beside import NIGHTS, measure

pytestmark = pytest.mark.long

TINY = GeneratedSettings(courses=2, students=8, activities=3, changed=0.2)
EVERYTHING = 1 + TINY.courses * (2 + TINY.activities + TINY.students)


def test_a_sequential_poller_asks_everything_every_night_and_the_product_what_changed():
    parts = measure(TINY).parts
    calls = {name: part.rows for name, part in parts.items()}
    assert [calls[f"sequential: {night}"] for night in NIGHTS] == [EVERYTHING] * 3
    assert calls["product: first"] == EVERYTHING
    assert calls["product: identical"] == 1 + TINY.courses
    assert parts["product: identical"].facts["bytes"] < parts["sequential: identical"].facts["bytes"]
    assert all(part.peak_mib > 0 and part.facts["written"] > 0 for part in parts.values())


def test_the_page_shows_the_newest_run_of_a_benchmark(tmp_path):
    lines = [{"at": at, "part": part} for at, part in (("2026-01-01", "old"), ("2026-01-02", "new"))]
    path = tmp_path / "moodle.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert [line["part"] for line in page.newest(path)] == ["new"]
