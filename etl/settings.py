"""Paths and environment names: their one home."""

import os
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from etl.errors import InvalidInput

_PACKAGE: Final = Path(__file__).resolve().parent
_FILES: Final = _PACKAGE / "_files"  # only a wheel has it: pyproject.toml puts there what stands beside etl/
IS_CLONE: Final = not _FILES.exists()
# Where the product was set up: the clone, or the folder that holds the virtual environment.
ROOT = _PACKAGE.parent if IS_CLONE else Path(sys.prefix).parent

WAREHOUSE_URL = "WAREHOUSE_URL"
STATE_DIR = "ETL_STATE_DIR"
XDG_STATE_HOME = "XDG_STATE_HOME"
UWLR_PUBLIC_URL = "UWLR_PUBLIC_URL"
SETTINGS_FILE = "settings.env"  # where deploy/make_settings.py is told to write to
AIRFLOW_DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
UWLR_MAX_BYTES = "UWLR_MAX_BYTES"
IEP_INBOX_RETENTION_DAYS = "IEP_INBOX_RETENTION_DAYS"
MAX_ANSWER_BYTES = "ETL_MAX_ANSWER_BYTES"

_MIB = 1024 * 1024
_MOST_DIGITS = 15


def resource(name: str) -> Path:
    """A file or folder of the product that is no part of the package etl, such as ``sql`` or ``dags``.

    Beside the package in a clone, inside it where a wheel was installed. Raises InvalidInput where there is none.
    """
    found = (_PACKAGE.parent if IS_CLONE else _FILES) / name
    if not found.exists():
        raise InvalidInput(f"the product has no file {name}")
    return found


def import_path() -> Path:
    """The folder from which ``import etl`` takes the product; a program that starts there has it too."""
    return _PACKAGE.parent


def state_dir() -> Path:
    """Where everything that a run leaves behind is kept, unless ETL_STATE_DIR says another folder.

    ``.state`` of a clone; for a wheel, which may be replaced any time, the user's own folder for such things.
    """
    given = os.environ.get(STATE_DIR)
    if given or IS_CLONE:
        return Path(given or ROOT / ".state").resolve()
    home = os.environ.get(XDG_STATE_HOME) or Path.home() / ".local" / "state"
    return (Path(home) / "learning-results-etl").resolve()


def private_folder(path: Path) -> Path:
    """A folder, such as one of logs, that only its owner can enter, also where it was made by a version before."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def postgres_home() -> Path:
    """The folder of the embedded PostgreSQL."""
    return state_dir() / "postgres"


def warehouse_url() -> str | None:
    """The warehouse that the environment names, None where the embedded one is to be used."""
    return os.environ.get(WAREHOUSE_URL) or None


def airflow_is_configured() -> bool:
    """Does the environment name Airflow's database, as that of a running installation does?"""
    return any(os.environ.get(AIRFLOW_DATABASE + form) for form in ("", "_CMD", "_SECRET"))


def is_installation() -> bool:
    """Is this the place or the shell of a running installation, whose warehouse is not the embedded one?"""
    return airflow_is_configured() or (ROOT / SETTINGS_FILE).exists()


def check_airflow_database() -> None:
    """Raises InvalidInput where Airflow's database is written in a way that Airflow takes for another driver."""
    if os.environ.get(AIRFLOW_DATABASE, "").startswith(("postgresql://", "postgres://")):
        raise InvalidInput(
            f"{AIRFLOW_DATABASE} begins with postgresql://, for which Airflow looks for a driver that is not"
            " installed: write postgresql+psycopg2://"
        )


def max_answer_bytes() -> int:
    """How large an answer of an outside system may be, unpacked: 256 MiB unless set. Raises InvalidInput."""
    return _positive(MAX_ANSWER_BYTES, 256 * _MIB)


def max_message_bytes() -> int:
    """How large a message of IEP LVS may be, unpacked, sent or dropped: 20 MiB unless set. Raises InvalidInput."""
    return _positive(UWLR_MAX_BYTES, 20 * _MIB)


def uwlr_public_url() -> str | None:
    """Under which address senders reach the receiver, None where it is the one they ask. Raises InvalidInput."""
    value = os.environ.get(UWLR_PUBLIC_URL, "").strip()
    address = urlsplit(value)
    if value and not (address.scheme in ("http", "https") and address.hostname):
        raise InvalidInput(
            f"{UWLR_PUBLIC_URL} must be a whole address, such as https://uwlr.example.org/uwlr/leerresultaten"
        )
    return value or None


def inbox_retention_days() -> int:
    """How long messages of IEP LVS are kept: this school year and the one before unless set. Raises InvalidInput."""
    return _positive(IEP_INBOX_RETENTION_DAYS, 730)


def _positive(name: str, default: int) -> int:
    """The whole number above 0 that the environment holds under ``name``. Raises InvalidInput naming it."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    if value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS and int(value):
        return int(value)
    raise InvalidInput(f"{name} must be a whole number above 0, in digits only, such as {default}")
