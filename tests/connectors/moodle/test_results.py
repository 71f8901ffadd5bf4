"""A second night of the recorded Moodle site asks for little; what a night leaves: tests/conformance."""

from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options


def test_a_second_night_writes_nothing_and_asks_only_who_is_in_each_course(engine, connect, read, results):
    moodle_results.run(engine, connect, Options())
    first = results()
    second_run, status = moodle_results.run(engine, connect, Options())
    steps = read(f"select * from ops.run_steps where run_id = '{second_run}'")
    assert (status, steps["written"].sum(), results()) == ("success", 0, first)
    assert steps.loc[steps["step"] == "land", "calls"].tolist() == [1] * 3
    assert steps[steps["step"] == "derive"].empty
