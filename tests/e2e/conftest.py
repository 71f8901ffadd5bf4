"""The product as `make run` starts it, once for all tests of this folder."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.e2e.product import Product


@pytest.fixture(scope="package")
def state():
    """A folder of its own: pytest closes its folders to the user that PostgreSQL has where we are root."""
    with tempfile.TemporaryDirectory(prefix="etl-night-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="package")
def product(state):
    process = subprocess.Popen(
        [sys.executable, "-m", "etl", "demo"],
        env=os.environ
        | {
            "ETL_STATE_DIR": str(state),
            "SANDBOX_PORT": "",
            "PYTHONUNBUFFERED": "1",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,viewer:viewer",
        },
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
