"""The batches of a night: so many courses a task as are expected to cost about the same."""

import pytest

from etl.engine import night
from etl.engine.options import Options
from etl.engine.sources import sources
from etl.load import derivations

COURSES = [str(number) for number in range(1, 411)]
FLOW = "moodle_results"


def sizes(engine, run_id, options):
    batches = night.plan_sites(engine, run_id, "moodle", FLOW, options, lambda _: COURSES)
    assert [course for batch in batches for course in batch["courses"]] == COURSES
    return [len(batch["courses"]) for batch in batches]


def test_a_course_that_was_derived_before_weighs_a_fifth_of_a_new_one(engine):
    run_id = night.open_run(engine, FLOW, Options(), None)
    assert sizes(engine, run_id, Options()) == [80, 80, 80, 80, 80, 10]
    [source] = sources(engine, "moodle")
    with engine.begin() as session:
        derivations.remember(session, run_id, FLOW, source.source, dict.fromkeys(COURSES, "00"))
    assert sizes(engine, run_id, Options()) == [400, 10]
    assert sizes(engine, run_id, Options(full=True)) == [80, 80, 80, 80, 80, 10]


@pytest.mark.parametrize(
    ("scopes", "size", "batches"),
    [(0, 3, []), (3, 3, [3]), (7, 3, [3, 3, 1]), (2_500, 1, [3] * 833 + [1])],
)
def test_there_are_as_many_batches_as_airflow_can_map_over_at_most(scopes, size, batches):
    assert [len(one) for one in night.batches_of(["x"] * scopes, size)] == batches
