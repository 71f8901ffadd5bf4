"""One night through Airflow's scheduler: each flow run once, in order, and waited for."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from etl.demo.airflow import Api
from etl.demo.progress import step
from etl.errors import GiveUp

# In the order of the report. Two are set off by the results of others, the rest by the clock or by us.
_WITH_THE_NIGHT = (
    "moodle_results",
    "pe_online_attendance",
    "ilias_completions",
    "coachview_results",
    "infocaption_competences",
    "iep_test_results",
)
_SET_OFF_BY_RESULTS = ("pe_online_attendance", "coachview_results")
# They send what the others found: they have their turn when those are done.
_TRANSFERS = ("moodle_enrolments",)
_AFTERWARDS = (*_TRANSFERS, "coachview_push")
FLOWS = (*_WITH_THE_NIGHT, *_AFTERWARDS)
_PATIENCE_SECONDS = 600
_SET_OFF_SECONDS = 20
_FINISHED = ("success", "failed")


def run(api: Api, check: Callable[[], None]) -> dict[str, str]:
    """Run the flows; ``check`` raises where a program that is needed has ended. Returns each one's state."""
    states = _run(api, _WITH_THE_NIGHT, check)
    _wait_for_the_rest(api, check)
    return states | _run(api, _AFTERWARDS, check)


def again(api: Api, check: Callable[[], None]) -> dict[str, str]:
    """Run what follows a change of the administration by day. Returns each one's state."""
    states = _run(api, _TRANSFERS, check)
    _wait_for_the_rest(api, check)  # nothing is under way when the report is made, and the way down may begin
    return states


def _run(api: Api, flows: Sequence[str], check: Callable[[], None]) -> dict[str, str]:
    """Switch on these flows and have each run once."""
    started = datetime.now(UTC)
    set_off_by = {flow: "scheduled" for flow in flows if _clock_is_due(api, flow, started)}
    set_off_by |= {flow: "asset_triggered" for flow in flows if flow in _SET_OFF_BY_RESULTS}
    for flow in flows:
        api.send("PATCH", f"dags/{flow}?update_mask=is_paused", {"is_paused": False})
    by_us = {flow: _trigger(api, flow) for flow in flows if flow not in set_off_by}
    states = {}
    for flow in flows:
        with step(flow) as report:
            run = (
                by_us.get(flow)
                or _set_off(api, flow, set_off_by[flow], started, report)
                or _trigger(api, flow)
            )
            states[flow] = _wait_for(api, flow, run["dag_run_id"], check, report)
    return states


def wait_for_flows(api: Api, check: Callable[[], None], report: Callable[[str], None]) -> None:
    """Wait until Airflow has read the files of all flows. Raises GiveUp with what is wrong with one."""
    for _ in _patiently(check):
        errors = api.get("importErrors")["import_errors"]
        if errors:
            raise GiveUp("\n".join(f"{error['filename']}:\n{error['stack_trace']}" for error in errors))
        missing = set(FLOWS) - {dag["dag_id"] for dag in api.get("dags", limit=100)["dags"]}
        if not missing:
            return
        report(f"reading {', '.join(sorted(missing))}")
    raise GiveUp(f"Airflow did not read {', '.join(sorted(missing))} in time")


def _clock_is_due(api: Api, flow: str, now: datetime) -> bool:
    """Will the flow's own clock set it off at once?"""
    flow_now = api.get(f"dags/{flow}")
    due = flow_now["next_dagrun_run_after"]
    return bool(flow_now["is_paused"] and due and datetime.fromisoformat(due) <= now)


def _set_off(
    api: Api, flow: str, kind: str, started: datetime, report: Callable[[str], None]
) -> dict[str, Any] | None:
    """The run that the clock or the results of another flow set off, if there is one."""
    until = datetime.now(UTC) + timedelta(seconds=_SET_OFF_SECONDS)
    report(f"waiting for its run ({kind.replace('_', ' ')}) until {until:%H:%M:%S} UTC, then it is triggered")
    give_up_at = time.monotonic() + _SET_OFF_SECONDS
    while time.monotonic() < give_up_at:
        answer = api.get(f"dags/{flow}/dagRuns", run_type=kind, order_by="-id", limit=1)
        runs: list[dict[str, Any]] = answer["dag_runs"]
        if runs and datetime.fromisoformat(runs[0]["queued_at"]) >= started:
            return runs[0]
        time.sleep(1)
    return None


def _trigger(api: Api, flow: str) -> dict[str, Any]:
    run: dict[str, Any] = api.send("POST", f"dags/{flow}/dagRuns", {"logical_date": None})
    return run


def _wait_for(
    api: Api, flow: str, run_id: str, check: Callable[[], None], report: Callable[[str], None]
) -> str:
    path = f"dags/{flow}/dagRuns/{run_id}"
    for _ in _patiently(check):
        state: str = api.get(path)["state"]
        if state in _FINISHED:
            return state
        tasks = api.get(f"{path}/taskInstances", limit=1000)["task_instances"]
        report("; ".join([_progress(tasks), *_delays(api, path, tasks)]))
    raise GiveUp(f"{flow} did not finish in {_PATIENCE_SECONDS} seconds")


def _wait_for_the_rest(api: Api, check: Callable[[], None]) -> None:
    """New results may have set off more runs than those that were waited for; the report is about finished ones."""
    with step("Runs that others set off") as report:
        going_on: list[str] = []
        for _ in _patiently(check):
            runs = [run for flow in FLOWS for run in _unfinished(api, flow)]
            if not runs:
                return
            paths = [f"dags/{run['dag_id']}/dagRuns/{run['dag_run_id']}" for run in runs]
            tasks = {path: api.get(f"{path}/taskInstances", limit=1000)["task_instances"] for path in paths}
            going_on = [
                f"{run['dag_id']} {_progress(tasks[path])}" for run, path in zip(runs, paths, strict=True)
            ]
            report(
                "; ".join(going_on + [delay for path in paths for delay in _delays(api, path, tasks[path])])
            )
        raise GiveUp(f"not finished in {_PATIENCE_SECONDS} seconds: {'; '.join(going_on)}")


def _unfinished(api: Api, flow: str) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = api.get(f"dags/{flow}/dagRuns", state=["queued", "running"])["dag_runs"]
    return runs


def _progress(tasks: list[dict[str, Any]]) -> str:
    states = Counter(task["state"] or "waiting" for task in tasks)
    return ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "no tasks yet"


def _delays(api: Api, path: str, tasks: list[dict[str, Any]]) -> Iterator[str]:
    """For each task that failed and waits for its next try: what it said last."""
    for task in tasks:
        if task["state"] == "up_for_retry":
            log = f"{path}/taskInstances/{task['task_id']}/logs/{task['try_number']}"
            lines = api.get(log, map_index=task["map_index"])["content"]
            said = [line["event"] for line in lines if line.get("level") == "error"][:2]
            yield f"{task['task_id']} is tried again by itself: {' '.join(said) or 'it ended without a word'}"


def _patiently(check: Callable[[], None]) -> Iterator[None]:
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        check()
        yield
        time.sleep(1)
