"""A running product, as a test looks at it: its Airflow, its warehouse and its sandbox."""

import itertools
import re
import signal
import subprocess
from collections import Counter
from pathlib import Path

import requests
from sqlalchemy import text

from etl import db
from etl.db import embedded
from etl.demo.airflow import Api

NIGHT = "moodle_results"
PUSH = "pe_online_attendance"
COMPETENCES = "infocaption_competences"
PUPILS = "iep_test_results"
TRANSFER = "moodle_enrolments"
FLOWS = (NIGHT, PUSH, COMPETENCES, PUPILS)
RESULTS = (
    "select enrolment_code, unit_code, status, started_on, finished_on, recorded_at from core.unit_results"
)
WRITTEN = {
    "results": RESULTS.replace(", recorded_at", ""),
    "competences": "select client_code, competence_code, valid_from, valid_to from core.earned_competences",
    "pupils": "select brin6, result_key, test_code, value from mart.test_results",
    "points": "select client_code, pe_course_id, status from mart.pe_attendance",
}
FINISHED = {"success", "failed", "skipped", "upstream_failed", "removed"}


class Product:
    """A running product: its Airflow, its warehouse and its sandbox."""

    def __init__(self, process: subprocess.Popen[str], state: Path) -> None:
        lines = iter(process.stdout.readline, "")
        printed = "".join(itertools.takewhile(lambda line: "Ctrl-C" not in line, lines))
        found = re.search(r"Airflow +(\S+) +\(user (\S+), password (\S+)\)\nSandbox +(\S+)/control", printed)
        assert found, printed
        url, user, password, self.sandbox = found.groups()
        self.printed = printed
        self.process = process
        self.api = Api(url, user, password)
        self.state = state
        server = embedded.start(state / "postgres")
        self.metadata = embedded.ensure_database(server, "airflow")
        self.engine = db.engine(embedded.ensure_database(server, "warehouse"))

    def rows(self, statement, url=None, **values):
        with (db.engine(url) if url else self.engine).connect() as session:
            return sorted(map(tuple, session.execute(text(statement), values)), key=str)

    def bookings(self):
        answer = requests.get(f"{self.sandbox}/control/pe/ledger", timeout=10).json()
        return Counter(str(sorted(row.items())) for row in answer["bookings"])

    def wait_until(self, holds):
        """Ask until it holds; the API has no call that waits."""
        for _ in range(600):
            if holds():
                return
            self.process.poll()
            assert self.process.returncode is None, "the product ended by itself"
            signal.sigtimedwait([], 0.5)
        raise AssertionError("it did not come about in five minutes")

    def all_runs_are_over(self):
        runs = [run for dag in FLOWS for run in self.api.get(f"dags/{dag}/dagRuns", limit=100)["dag_runs"]]
        return all(run["state"] in FINISHED for run in runs)

    def change(self, *statements):
        with self.engine.begin() as session:
            for statement in statements:
                session.exec_driver_sql(statement)

    def trigger(self, dag, **conf):
        return self.api.send("POST", f"dags/{dag}/dagRuns", {"logical_date": None, "conf": conf})[
            "dag_run_id"
        ]

    def tasks(self, dag, run):
        return self.api.get(f"dags/{dag}/dagRuns/{run}/taskInstances", limit=100)["task_instances"]

    def give_up_waiting(self, dag, run):
        """What waits to be tried again is failed at once, as a person may say in the UI."""
        for task in self.tasks(dag, run):
            if task["state"] == "up_for_retry":
                path = f"dags/{dag}/dagRuns/{run}/taskInstances/{task['task_id']}"
                path += f"/{task['map_index']}" if task["map_index"] >= 0 else ""
                self.api.send("PATCH", path, {"new_state": "failed"})

    def over(self, runs):
        """Are these runs over? A task of theirs that failed is not waited for any longer."""
        for dag, run in runs.items():
            self.give_up_waiting(dag, run)
        return all(
            self.api.get(f"dags/{dag}/dagRuns/{run}")["state"] in FINISHED for dag, run in runs.items()
        )

    def succeed(self, dag):
        """A run of it, which ends well."""
        run = self.trigger(dag)
        self.wait_until(lambda: self.over({dag: run}))
        assert self.status(run) == "success"

    def red(self, dag, run):
        return {
            task["task_id"] for task in self.tasks(dag, run) if task["state"] in ("failed", "upstream_failed")
        }

    def status(self, run):
        [(status,)] = self.rows(f"select status from mart.runs where airflow_run_id = '{run}'")
        return status

    def log_of(self, dag, run, task):
        last = [found for found in self.tasks(dag, run) if found["task_id"] == task][-1]
        lines = self.api.get(f"dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/{last['try_number']}")
        return "\n".join(line["event"] for line in lines["content"])
