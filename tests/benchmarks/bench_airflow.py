"""A night with nothing to do in a real Airflow: all flows at once, from the trigger to the last end.

On request, since starting Airflow takes minutes: ``python -m tests.benchmarks airflow``.
"""

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from etl.demo.airflow import Api
from etl.demo.night import FLOWS
from tests.benchmarks.measure import Part, Report

_NIGHTS: Final = 3
_SETTLED_SECONDS: Final = 5  # for a run that another one sets off
_PRINTED: Final = re.compile(r"Airflow +(\S+) +\(user (\S+), password (\S+)\)")


def bench(nights: int = _NIGHTS) -> Report:
    """The first night has been when the product is up; those after it have nothing to do."""
    report = Report("airflow", f"{len(FLOWS)} flows at once, nights with nothing to do")
    with TemporaryDirectory(prefix="etl-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root, PostgreSQL runs as another user, who has to get in
        with _product(folder) as api:
            measured = [_night(api) for _ in range(nights)]
    for flow in ("all flows", *FLOWS):
        seconds = [night[flow] for night in measured]
        report.add({flow: Part(1, wall=seconds, cpu=[0.0] * nights, server=[0.0] * nights)})
    report.goal("seconds of all flows", report.parts["all flows"].seconds, at_most=45)
    return report


@contextmanager
def _product(state: str) -> Iterator[Api]:
    """The product as `make run` starts it, after its first night."""
    environment = os.environ | {"ETL_STATE_DIR": state, "SANDBOX_PORT": "", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "etl", "demo"]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        printed = "".join(itertools.takewhile(lambda line: "Ctrl-C" not in line, lines))
        found = _PRINTED.search(printed)
        assert found, printed
        yield Api(*found.groups())
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _night(api: Api) -> dict[str, float]:
    """Seconds from the trigger to the end of each flow, those that another one set off included."""
    before = {(run["dag_id"], run["dag_run_id"]) for run in _runs(api)}
    started = time.time()
    for flow in FLOWS:
        api.send("POST", f"dags/{flow}/dagRuns", {"logical_date": None})
    settled = 0
    while settled < _SETTLED_SECONDS:
        time.sleep(1)
        runs = [run for run in _runs(api) if (run["dag_id"], run["dag_run_id"]) not in before]
        over = all(run["state"] in ("success", "failed") for run in runs)
        settled = settled + 1 if over else 0
    assert {run["state"] for run in runs} == {"success"}, runs
    ends = {flow: max(_ended(run) for run in runs if run["dag_id"] == flow) - started for flow in FLOWS}
    return {"all flows": max(ends.values())} | ends


def _runs(api: Api) -> list[dict[str, Any]]:
    """The newest runs of all flows in one call: the server that answers is the one that the tasks wait for."""
    runs: list[dict[str, Any]] = api.get("dags/~/dagRuns", order_by="-id", limit=100)["dag_runs"]
    return [run for run in runs if run["dag_id"] in FLOWS]


def _ended(run: dict[str, Any]) -> float:
    return datetime.fromisoformat(run["end_date"]).timestamp()
