"""The product as `make run` starts it: scheduler, LocalExecutor, rerun from the API, a backfill, and the way down."""

import itertools
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
import requests
from sqlalchemy import text

from etl import db, embedded
from etl.demo.airflow import Api, command, environment

NIGHT = "moodle_results"
PUSH = "pe_online_attendance"
RESULTS = (
    "select enrolment_code, unit_code, status, started_on, finished_on, recorded_at from core.unit_results"
)
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

    def rows(self, statement, url=None):
        with (db.engine(url) if url else self.engine).connect() as connection:
            return sorted(map(tuple, connection.execute(text(statement))), key=str)

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
        runs = [
            run for dag in (NIGHT, PUSH) for run in self.api.get(f"dags/{dag}/dagRuns", limit=100)["dag_runs"]
        ]
        return all(run["state"] in FINISHED for run in runs)


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    state = tmp_path_factory.mktemp("product")
    for folder in (state, *state.parents[:2]):
        folder.chmod(0o755)  # as root, PostgreSQL runs as another user
    process = subprocess.Popen(
        [sys.executable, "-m", "etl.demo"],
        env=os.environ | {"ETL_STATE_DIR": str(state), "SANDBOX_PORT": "", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        running = Product(process, state)
        yield running
        running.engine.dispose()
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def test_the_night_runs_and_everybody_agrees(product):
    assert "The night was right" in product.printed
    assert len(product.rows(RESULTS)) == 72
    accepted = product.rows("select attempts from mart.pe_attendance where status = 'accepted'")
    assert len(accepted) == sum(product.bookings().values()) == 5


def test_clearing_every_task_of_the_night_leaves_the_same_rows_and_sends_nothing(product):
    product.wait_until(product.all_runs_are_over)
    before, booked = product.rows(RESULTS), product.bookings()
    for dag in (NIGHT, PUSH):
        run = product.api.get(f"dags/{dag}/dagRuns", limit=1, order_by="-id")["dag_runs"][0]["dag_run_id"]
        product.api.send("POST", f"dags/{dag}/dagRuns/{run}/clear", {"dry_run": False})
    product.wait_until(product.all_runs_are_over)
    assert (product.rows(RESULTS), product.bookings()) == (before, booked)


def test_a_manual_run_beside_a_backfill_over_past_nights_leaves_the_same_rows_and_sends_nothing(product):
    before, booked = product.rows(RESULTS), product.bookings()
    today = datetime.now(UTC).date()
    bounds = ["--from-date", f"{today - timedelta(days=4)}", "--to-date", f"{today - timedelta(days=2)}"]
    port = product.api.url.rsplit(":", 1)[-1]
    metadata = product.metadata.replace("postgresql://", "postgresql+psycopg2://")
    airflow = environment(product.state, int(port)) | {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata}
    subprocess.run([*command("backfill", "create", "--dag-id", NIGHT), *bounds], env=airflow, check=True)
    product.api.send("POST", f"dags/{NIGHT}/dagRuns", {"logical_date": None})
    runs = f"dags/{NIGHT}/dagRuns"
    product.wait_until(lambda: len(product.api.get(runs, run_type="backfill")["dag_runs"]) >= 2)
    product.wait_until(product.all_runs_are_over)
    states = {run["state"] for run in product.api.get(runs, limit=100)["dag_runs"]}
    assert (states, product.rows(RESULTS), product.bookings()) == ({"success"}, before, booked)


def test_logs_and_what_airflow_keeps_hold_no_names_addresses_or_numbers(product):
    people = product.rows("select surname, email, username from core.clients") + product.rows(
        "select value, value, value from core.client_numbers"
    )
    planted = {value for row in people for value in row if value and len(value) > 5}
    written = [
        path for folder in ("airflow/logs", "programs") for path in (product.state / folder).rglob("*.log")
    ]
    assert written
    assert [
        (path.name, len(value))
        for path in written
        for value in planted
        if value in path.read_text(errors="replace")
    ] == []


def test_after_ctrl_c_no_process_is_left(product):
    inside = [process.pid for process in psutil.Process(product.process.pid).children(recursive=True)]
    product.engine.dispose()
    product.process.send_signal(signal.SIGINT)
    product.process.wait(60)
    assert inside
    assert [pid for pid in inside if psutil.pid_exists(pid)] == []
