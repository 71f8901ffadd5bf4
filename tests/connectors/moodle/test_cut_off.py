"""A first night that was killed goes on where it was cut off: what was landed is not asked again."""

import os
import signal

import pytest

from etl import db
from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options
from etl.http.width import CALLS_AT_ONCE


def run_until_the_first_course_is_landed(warehouse, connections):
    """What the process that gets killed does."""
    os.environ["ETL_FAILPOINT"] = "land.committed"
    moodle_results.run(db.engine(warehouse), connections.__getitem__, Options())


@pytest.mark.long
def test_a_killed_first_night_costs_one_call_for_each_course_that_it_had_landed(
    warehouse, connect, processes, night, calls, read, sandbox
):
    connections = {"moodle_main": connect("moodle_main")}
    killed = processes.Process(target=run_until_the_first_course_is_landed, args=(warehouse, connections))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    spent = calls()
    [landed] = read("select distinct scope from raw.landings where resource = 'grades'")["scope"]
    run_id, status = night()
    assert sandbox.counters.peak["moodle"] <= CALLS_AT_ONCE
    again = calls()
    steps = f"select scope, calls from mart.run_steps where run_id = '{run_id}' and step = 'land'"
    cost = dict(read(steps).to_numpy().tolist())
    assert (status, cost[f"moodle_main/{landed}"]) == ("success", 1)
    others = len(cost) - 1
    assert again["grade_items"] == others * spent["grade_items"] > 0
