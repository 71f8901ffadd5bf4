"""Courses that a person asks for: one that no site can be asked about is named, not passed over."""

import pytest

from etl.connectors import registry
from etl.connectors.infocaption import flow as infocaption_competences
from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options
from etl.errors import InvalidInput


@pytest.mark.parametrize("flow", [moodle_results, infocaption_competences])
def test_a_course_that_matches_nothing_is_an_error_that_names_it(engine, connect, read, flow):
    with pytest.raises(InvalidInput, match=r"course 999: no (moodle|infocaption) site has such a course"):
        flow.run(engine, connect, Options(courses=frozenset({"999"})))

    problems = read("select step, scope, problem_code from mart.run_steps where problem is not null")
    assert problems.values.tolist() == [["plan", "course 999", "invalid_input"]]


def test_the_other_courses_that_were_asked_for_are_polled_and_the_run_is_red(engine, connect, read):
    run_id, status = moodle_results.run(engine, connect, Options(courses=frozenset({"2", "999"})))

    steps = read(f"select step, scope, problem_code from ops.run_steps where run_id = '{run_id}'")
    assert status == "incomplete"
    assert steps.loc[steps["problem_code"].notna(), "scope"].tolist() == ["course 999"]
    assert steps.loc[steps["step"] == "land", "scope"].str.endswith("/2").all()


@pytest.mark.parametrize(
    ("flow", "courses", "nights"),
    [
        ("iep_test_results", True, False),
        ("pe_online_attendance", True, False),
        ("pe_online_attendance", False, True),
    ],
)
def test_what_a_flow_does_not_know_is_refused_and_not_left_out_silently(flow, courses, nights):
    with pytest.raises(InvalidInput, match="leave out"):
        registry.check_options(flow, courses, nights)
