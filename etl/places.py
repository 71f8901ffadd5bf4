"""Where the product's own files are, and where it keeps what its runs leave behind."""

import sys
from pathlib import Path
from typing import Final

from etl import settings
from etl.errors import InvalidInput

_PACKAGE: Final = Path(__file__).resolve().parent
_FILES: Final = _PACKAGE / "_files"  # only a wheel has it: pyproject.toml puts there what stands beside etl/
IS_CLONE: Final = not _FILES.exists()
# Where the product was set up: the clone, or the folder that holds the virtual environment.
ROOT = _PACKAGE.parent if IS_CLONE else Path(sys.prefix).parent
SETTINGS_FILE: Final = "settings.env"  # where deploy/make_settings.py is told to write to


def resource(name: str) -> Path:
    """A file or folder of the product under its name in a clone, such as ``sql`` or ``etl/sandbox/data/reference``.

    What stands beside the package in a clone is inside it where a wheel was installed. Raises InvalidInput where
    there is none.
    """
    found = (import_path() if IS_CLONE or name.startswith("etl/") else _FILES) / name
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
    given = settings.STATE_DIR.get()
    if given or IS_CLONE:
        return Path(given or ROOT / ".state").resolve()
    home = settings.XDG_STATE_HOME.get() or Path.home() / ".local" / "state"
    return (Path(home) / "learning-results-etl").resolve()


def private_folder(path: Path) -> Path:
    """A folder, such as one of logs, that only its owner can enter, also where it was made by a version before."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def postgres_home() -> Path:
    """The folder of the embedded PostgreSQL."""
    return state_dir() / "postgres"


def is_installation() -> bool:
    """Is this the place or the shell of a running installation, whose warehouse is not the embedded one?"""
    return settings.airflow_is_configured() or (ROOT / SETTINGS_FILE).exists()
