"""Paths and environment names: their one home."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

WAREHOUSE_URL = "WAREHOUSE_URL"
STATE_DIR = "ETL_STATE_DIR"


def state_dir() -> Path:
    """Where everything that a run leaves behind is kept: ``.state``, or what ETL_STATE_DIR says."""
    return Path(os.environ.get(STATE_DIR) or ROOT / ".state").resolve()


def postgres_home() -> Path:
    """The folder of the embedded PostgreSQL."""
    return state_dir() / "postgres"


def warehouse_url() -> str | None:
    """The warehouse that the environment names, None where the embedded one is to be used."""
    return os.environ.get(WAREHOUSE_URL) or None
