"""The benchmark of what a night asks runs as a whole, in small."""

import pytest

from etl.sandbox.moodle.generated_site import GeneratedSettings
from tests.benchmarks.bench_polling import measure
from tests.benchmarks.site_time import of_naive_night

pytestmark = pytest.mark.long

TINY = GeneratedSettings(courses=2, students=60, activities=6, changed=0.02)


def test_a_quiet_night_asks_each_course_once_and_the_first_night_what_the_bare_calls_ask(postgres_url):
    report = measure(postgres_url, TINY)
    calls = {name: part.rows for name, part in report.parts.items()}
    naive = of_naive_night(TINY).calls
    assert calls["over HTTP: first"] == calls["bare calls of a first night"] == naive
    assert calls["over HTTP: quiet"] == 1 + TINY.courses
    assert {goal.what: goal.reached for goal in report.goals if goal.what.startswith("quiet")} == {
        "quiet night: the site's time / naive": False,  # so small a class
        "quiet night: calls a course": True,
        "quiet night: rows written": True,
    }
