"""No program outlives the run that started it, however that ended."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import etl.demo.processes
from etl.demo.processes import Processes, processes
from etl.errors import GiveUp

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
PARENT_OF_A_STUBBORN_ONE = [
    sys.executable,
    "-c",
    "import signal, subprocess, sys, time\n"
    "code = 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True);'\n"
    "child = subprocess.Popen([sys.executable, '-c', code + 'time.sleep(600)'], stdout=subprocess.PIPE)\n"
    "child.stdout.readline()\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(600)\n",
]
SUPERVISOR = """
import sys
from pathlib import Path
from etl.demo.processes import processes
with processes(Path(sys.argv[1])) as programs:
    programs.start("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"], {})
    print(programs._running["sleeper"].pid, flush=True)
    sys.stdin.read()
"""


def ends(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        process.wait(timeout=30)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return process.status() == psutil.STATUS_ZOMBIE  # nobody collects it in a container without init
    return True


def printed(programs: Processes, name: str) -> int:
    """The number that a program prints when it is up."""
    while not (text := programs.log(name).read_text()):
        programs.check()
    return int(text)


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Processes]:
    with processes(tmp_path / "programs") as running:
        yield running


@pytest.mark.long
def test_all_programs_end_with_the_block_also_those_that_they_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(etl.demo.processes, "_LAST_GRACE_SECONDS", 0.1)
    with processes(tmp_path / "programs") as running:
        running.start("parent", PARENT_OF_A_STUBBORN_ONE, os.environ)
        stubborn = printed(running, "parent")
    assert ends(stubborn)


@pytest.mark.long
def test_programs_end_when_the_run_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path / "programs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        program = int(supervisor.stdout.readline())
        supervisor.kill()
    assert ends(program)


def test_what_a_killed_run_left_behind_is_ended_by_the_next(tmp_path: Path) -> None:
    with subprocess.Popen(SLEEP, cwd=tmp_path, start_new_session=True) as left_behind:
        (tmp_path / "sessions").write_text(f"{left_behind.pid}\n")
        with processes(tmp_path):
            assert ends(left_behind.pid)


def test_somebody_who_reads_the_logs_in_their_folder_stays(tmp_path: Path) -> None:
    with subprocess.Popen(SLEEP, cwd=tmp_path) as reader:
        with processes(tmp_path) as running:
            running.start("program", SLEEP, os.environ)
        assert reader.poll() is None
        reader.kill()


def test_a_program_that_fails_is_named_with_the_end_of_its_log(programs: Processes) -> None:
    programs.start("migration", [sys.executable, "-c", "import sys; sys.exit('no such table')"], os.environ)
    with pytest.raises(GiveUp, match=r"migration ended with code 1; (.|\n)*no such table"):
        programs.finish("migration")


def test_waiting_for_one_program_notices_the_end_of_another(programs: Processes) -> None:
    programs.start("scheduler", [sys.executable, "-c", "raise SystemExit(3)"], os.environ)
    programs.start("migration", SLEEP, os.environ)
    with pytest.raises(GiveUp, match="scheduler ended with code 3"):
        programs.finish("migration")
