"""The DAG files: each is one flow, read within its budget, with the pools, retries and words that all share."""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace

import pytest
from airflow.sdk import TriggerRule
from learning_results_airflow import DEFAULT_ARGS, HICCUP, RETRY_POLICY, begin_run, red_before, work

from etl import db
from etl.connectors import registry
from etl.connectors.moodle import flow as moodle_results
from etl.errors import GiveUp
from etl.load import runs
from etl.pages.render import MENU

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "dags").glob("*.py"))
BUDGET = 0.3  # seconds of the processor that one file may cost Airflow, every time that it is read

MEASURE = """
import sys, time
from runpy import run_path
import airflow.sdk
sys.path.append(sys.argv[1])
for path in sys.argv[2:]:
    costs = []
    for _ in range(3):
        started = time.process_time()
        run_path(path)
        costs.append(time.process_time() - started)
    print(path, min(costs))
"""


@pytest.fixture(scope="module")
def dags():
    """The DAG of each file, by the file's name: the function that is named after it makes it."""
    return {path.stem: run_path(str(path))[path.stem]() for path in FILES}


def test_there_is_one_file_for_each_flow_and_its_dag_has_the_same_name(dags):
    assert set(dags) == set(registry.FLOWS)
    assert {name: dag.dag_id for name, dag in dags.items()} == {name: name for name in dags}


def test_the_pools_of_the_tasks_are_those_of_the_connectors(dags):
    used = {task.pool for dag in dags.values() for task in dag.tasks} - {"default_pool"}
    assert used == set(registry.pools())


def test_every_task_retries_by_error_class_within_seconds_at_first(dags):
    for dag in dags.values():
        for task in dag.tasks:
            given = task.partial_kwargs if task.is_mapped else vars(task)
            assert given["retries"] == DEFAULT_ARGS["retries"], task.task_id
            assert given["retry_policy"] is RETRY_POLICY, task.task_id
            assert given["retry_delay"] == HICCUP <= timedelta(seconds=15), task.task_id


def test_only_a_green_report_sets_off_what_follows(dags):
    loaded = {name: task for name, dag in dags.items() for task in dag.tasks if task.outlets}
    assert set(loaded) == {"moodle_results", "ilias_completions", "coachview_requests"}
    for task in loaded.values():
        assert (task.task_id, task.upstream_task_ids) == ("loaded", {"report"})
        assert task.trigger_rule == TriggerRule.ALL_SUCCESS


def test_a_report_waits_for_every_other_task(dags):
    for dag in dags.values():
        report = dag.get_task("report")
        others = {task.task_id for task in dag.tasks} - {"report", "loaded"}
        assert report.get_flat_relative_ids(upstream=True) == others


def test_every_field_of_a_form_is_explained(dags):
    for dag in dags.values():
        for name in dag.params:
            assert dag.params.get_param(name).description, (dag.dag_id, name)


def test_airflow_reads_each_file_within_its_budget():
    command = [sys.executable, "-c", MEASURE, str(ROOT / "plugins"), *map(str, FILES)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    costs = {line.split()[0]: float(line.split()[1]) for line in done.stdout.splitlines() if ".py " in line}
    assert set(costs) == set(map(str, FILES))
    assert max(costs.values()) <= BUDGET, costs


# What tasks have in common


class Instance(SimpleNamespace):
    """A task instance whose run has so many red tasks before it."""

    def get_ti_count(self, **asked):
        self.asked = asked
        return self.red


def context(rule, red=0, map_index=-1):
    task = SimpleNamespace(trigger_rule=rule, get_flat_relative_ids=lambda upstream: {"land", "open_run"})
    instance = Instance(red=red, map_index=map_index, try_number=1, max_tries=3)
    return {"task": task, "ti": instance, "dag_run": SimpleNamespace(dag_id="d", run_id="r")}


@pytest.fixture
def run(warehouse, monkeypatch):
    """A closed run in the warehouse."""
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    engine = db.engine(warehouse)
    with engine.begin() as session:
        run_id = runs.open_run(session, "moodle_results", "scheduled__1")
        runs.close_run(session, run_id)
    yield run_id
    engine.dispose()


def test_a_task_that_waits_for_others_however_they_end_works_and_is_red_as_they_are(run):
    done = []
    with (
        pytest.raises(GiveUp, match="2 tasks before this one are red"),
        work(run, context(TriggerRule.ALL_DONE, 2)),
    ):
        done.append(run)
    assert done
    with work(run, context(TriggerRule.ALL_DONE)):
        done.append(run)
    assert done == [run, run]


def test_a_mapped_task_looks_at_what_stands_before_it_at_its_own_index(run):
    given = context(TriggerRule.ALL_DONE, red=1, map_index=7)
    assert red_before(given) == 1
    assert given["ti"].asked["map_index"] == 7
    assert given["ti"].asked["task_ids"] == ["land", "open_run"]


def test_a_cleared_task_opens_its_closed_run_again(run):
    with work(run, context(TriggerRule.ALL_SUCCESS)) as engine, engine.connect() as session:
        found = session.exec_driver_sql("select status, attempts from mart.runs").one()
    assert tuple(found) == ("running", 2)


@pytest.mark.parametrize(("going_on", "status"), [(0, "abandoned"), (1, "running")])
def test_a_run_that_airflow_has_ended_without_its_report_is_closed_by_the_next_one(run, going_on, status):
    with work(run, context(TriggerRule.ALL_SUCCESS)) as engine:
        pass  # it was cleared, and its report never came
    given = context(TriggerRule.ALL_SUCCESS) | {"run_id": "scheduled__2", "params": {}}
    given["dag_run"].dag_id = "moodle_results"
    given["ti"].get_dr_count = lambda **asked: going_on * (asked["run_ids"] == ["scheduled__1"])
    assert begin_run(moodle_results, given) != run
    with engine.connect() as session:
        found = session.exec_driver_sql(f"select status from mart.runs where run_id = '{run}'").scalar_one()
    assert found == status


def test_a_run_that_was_never_opened_is_said_instead_of_worked_on(warehouse, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    with (
        pytest.raises(GiveUp, match="look at its task open_run first"),
        work(None, context(TriggerRule.ALL_DONE)),
    ):
        raise AssertionError("there is no run to work on")


def test_a_failed_task_says_what_was_seen_and_what_to_do_on_lines_of_their_own(run, caplog):
    with pytest.raises(GiveUp), work(run, context(TriggerRule.ALL_SUCCESS)):
        raise GiveUp("Moodle (connection moodle_main): the token is not valid")
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "Moodle (connection moodle_main): the token is not valid",
        "What the run did and met: /dags/d/runs/r/plugin/learning-results-report",
        "What to do: change what the sentence names, then clear the run's failed tasks or start it again",
    ]


def test_the_page_of_a_flow_in_airflow_links_to_pages_that_there_are(dags):
    for name, dag in dags.items():
        linked = re.findall(r"/learning-results/pages/([^)]*)\)", dag.doc_md)
        assert {"tonight", "rejections"} <= set(linked) <= set(MENU), name
