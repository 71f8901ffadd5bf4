"""Runs in Airflow, started from the command line: where the environment says which Airflow, by its own command line."""

import subprocess
import sys
from typing import Final

from etl import settings

_SECONDS: Final = 120


def start(dag_id: str) -> bool:
    """Start a run of a DAG; False where no Airflow is configured here, or it did not take it."""
    if not settings.airflow_is_configured():
        return False
    command = [sys.executable, "-m", "airflow", "dags", "trigger", dag_id]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
