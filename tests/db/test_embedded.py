"""The embedded PostgreSQL: it starts from any state, is shared, and is gone when nobody uses it any more."""

import os
import pwd
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg2
import pytest

from etl.db import embedded, embedded_root
from etl.errors import GiveUp

USER = """
import sys
from pathlib import Path
from etl.db import embedded
with embedded.running(Path(sys.argv[1]), durable=False) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One for all, because making its first data takes longer than all else; no test leaves it running."""
    with new_folder() as folder:
        yield folder / "postgres"
        embedded.remove(folder / "postgres")


@pytest.fixture
def folder() -> Iterator[Path]:
    with new_folder() as folder:
        yield folder


@contextmanager
def new_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="etl-embedded-") as name:
        Path(name).chmod(0o755)  # as root, the server runs as another user, who has to get in
        yield Path(name)


@contextmanager
def user_of(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the server."""
    command = [sys.executable, "-c", USER, str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def postmaster(home: Path) -> psutil.Process:
    return psutil.Process(int((home / "data" / "postmaster.pid").read_text().splitlines()[0]))


def ends(process: psutil.Process) -> bool:
    try:
        process.wait(timeout=30)
    except psutil.TimeoutExpired:
        return process.status() == psutil.STATUS_ZOMBIE  # nobody collects it in a container without init
    return True


def answers(url: str) -> bool:
    session = psycopg2.connect(url)
    with session.cursor() as cursor:
        cursor.execute("select 1")
        found: tuple[int] | None = cursor.fetchone()
    session.close()
    return found == (1,)


@pytest.mark.long
def test_what_was_written_is_there_at_the_next_start(home: Path) -> None:
    with embedded.running(home) as server:
        url = embedded.ensure_database(server, "kept")
        embedded.execute(url, embedded.sql.SQL("create table kept as select 42 as answer"))
    with embedded.running(home) as server:
        assert embedded.ensure_database(server, "kept") == url
        with pytest.raises(psycopg2.errors.DuplicateTable):
            embedded.execute(url, embedded.sql.SQL("create table kept ()"))


@pytest.mark.long
def test_the_owner_of_a_database_is_no_superuser(home: Path) -> None:
    with embedded.running(home, durable=False) as server:
        url = embedded.ensure_database(server, "warehouse")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            embedded.execute(url, embedded.sql.SQL("create role other superuser"))


@pytest.mark.long
def test_it_is_stopped_when_the_block_is_left_by_an_error(home: Path) -> None:
    with suppress(KeyError), embedded.running(home, durable=False):
        server = postmaster(home)
        raise KeyError
    assert ends(server)


@pytest.mark.long
def test_the_last_of_several_users_stops_it_even_when_all_are_killed(home: Path) -> None:
    with user_of(home) as first, user_of(home) as second:
        server = postmaster(home)
        first.kill()
        first.wait()
        with embedded.running(home, durable=False) as url:
            assert answers(url)
        assert answers(url), "the second user is still there"
        second.kill()
        second.wait()
        assert ends(server)


def test_stopping_leaves_it_to_those_who_use_it(home: Path) -> None:
    with user_of(home) as user:
        server = postmaster(home)
        assert not embedded.stop(home)
        assert server.is_running()
        user.kill()
        user.wait()
        assert ends(server)  # before the next test finds it


@pytest.mark.long
def test_a_started_server_stays_until_it_is_stopped(home: Path) -> None:
    url = embedded.start(home, durable=False)
    with embedded.running(home) as same:
        assert same == url
    assert answers(url)
    server = postmaster(home)
    assert embedded.stop(home)
    assert ends(server)


def test_the_pid_file_of_a_crash_does_not_stop_the_next_start(home: Path) -> None:
    with embedded.running(home, durable=False):
        lines = (home / "data" / "postmaster.pid").read_text().splitlines()
    lines[0] = str(os.getpid())  # by now the number of another program
    (home / "data" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    with embedded.running(home, durable=False) as url:
        assert answers(url)


@pytest.mark.long
def test_it_starts_after_it_was_killed_itself(home: Path) -> None:
    with embedded.running(home, durable=False):
        server = postmaster(home)
        server.send_signal(signal.SIGKILL)
        assert ends(server)
    with embedded.running(home, durable=False) as url:
        assert answers(url)


def test_an_interrupted_first_start_is_made_good(folder: Path) -> None:
    unfinished = folder / "data.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    with embedded.running(folder, durable=False) as url:
        assert answers(url)


def test_only_its_own_user_reaches_it(home: Path) -> None:
    with embedded.running(home, durable=False) as url:
        assert f"host={home}/data" in url
        assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700
        assert not postmaster(home).net_connections(kind="inet")


def test_a_deep_folder_is_no_obstacle(folder: Path) -> None:
    with embedded.running(folder / ("very-" * 20), durable=False) as url:
        socket_dir = Path(url.partition("host=")[2])
        assert answers(url)
        assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
    assert not socket_dir.exists()


@pytest.mark.long
def test_below_a_closed_folder_it_runs_and_the_folder_stays_closed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_root, "REACHABLE", folder / "reachable")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with embedded.running(closed / "postgres", durable=False) as url:
        assert answers(url)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    embedded.remove(closed / "postgres")
    assert not [*closed.iterdir(), *folder.glob("reachable/*")]


def test_a_given_warehouse_is_used_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", "postgresql://elsewhere/warehouse")
    assert embedded.start_warehouse() == "postgresql://elsewhere/warehouse"
    with embedded.warehouse() as url:
        assert url == "postgresql://elsewhere/warehouse"


def test_a_user_that_another_process_made_meanwhile_is_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "useradd").write_text("#!/bin/sh\necho exists already >&2\nexit 9\n")
    (folder / "useradd").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    nobody = pwd.getpwnam("nobody")

    asked: list[str] = []

    def quicker(name: str) -> pwd.struct_passwd:
        asked.append(name)
        if len(asked) == 1:
            raise KeyError(name)
        return nobody

    monkeypatch.setattr(embedded_root.os, "geteuid", lambda: 0)
    monkeypatch.setattr(embedded_root.pwd, "getpwnam", quicker)
    assert embedded_root.as_server_user()["user"] == nobody.pw_uid


def test_without_a_user_for_the_server_it_is_said_what_stood_in_the_way(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))  # there is no useradd
    monkeypatch.setattr(embedded_root, "USER", "etl-nobody-here")
    monkeypatch.setattr(embedded_root.os, "geteuid", lambda: 0)
    with pytest.raises(GiveUp, match=r"could not be made \(.*useradd.*set WAREHOUSE_URL"):
        embedded_root.as_server_user()


def test_nobody_else_can_hold_a_lock_or_read_what_a_failed_statement_held(folder: Path) -> None:
    home = folder / "postgres"
    home.mkdir(mode=0o755)
    (home / "start.lock").touch(mode=0o644)  # as a version before left it
    with embedded.running(home, durable=False) as url:
        session = psycopg2.connect(url)
        with session.cursor() as cursor:
            cursor.execute("create table people (mail text primary key)")
            cursor.execute("insert into people values ('planted@example.org')")
            with pytest.raises(psycopg2.errors.UniqueViolation):
                cursor.execute("insert into people values ('planted@example.org')")
        session.close()
        assert "planted" not in (home / "data" / "log").read_text(encoding="utf-8")
    for name in ("start.lock", "users.lock"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
    embedded.remove(home)
