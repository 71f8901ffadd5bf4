"""The programs that make up the product while it runs: started, watched, and ended without a trace."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from etl.errors import GiveUp

_GRACE_SECONDS = 15
_PR_SET_PDEATHSIG = 1


class Processes:
    """Programs that live no longer than this one. Each has a session of its own, a log file, and ``folder``
    as its working folder, by which they are recognised after a crash.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        _end(_working_in(folder))  # left behind by a run that was killed

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a program; what it prints goes to its log."""
        with self.log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(  # noqa: S603 - our own programs
                command, cwd=self._folder, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=_end_with_parent,
            )  # fmt: skip

    def finish(self, name: str) -> None:
        """Wait until a program has done its work. Raises GiveUp where it failed."""
        process = self._running[name]
        while process.poll() is None:
            self.check()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.5)
        del self._running[name]
        if process.returncode:
            raise GiveUp(self._failure(name, process.returncode))

    def check(self) -> None:
        """Raise GiveUp where a program ended that should still run."""
        for name, process in self._running.items():
            if process.poll():
                raise GiveUp(self._failure(name, process.returncode))

    def end(self) -> None:
        """End all programs and everything that they started."""
        for process in self._running.values():
            process.terminate()
        own = [psutil.Process(process.pid) for process in self._running.values() if process.poll() is None]
        psutil.wait_procs(own, timeout=_GRACE_SECONDS)
        _end(_working_in(self._folder))
        for process in self._running.values():
            process.wait()
        self._running.clear()

    def log(self, name: str) -> Path:
        """Where a program's output goes."""
        return self._folder / f"{name}.log"

    def _failure(self, name: str, returncode: int) -> str:
        last = self.log(name).read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        lines = "\n".join(f"    {line}" for line in last)
        return f"{name} ended with code {returncode}; the end of {self.log(name)}:\n{lines}"


@contextmanager
def processes(folder: Path) -> Iterator[Processes]:
    """Programs that run while inside this block."""
    running = Processes(folder)
    try:
        yield running
    finally:
        running.end()


def _end_with_parent() -> None:
    """Let the kernel end this child when we are killed; only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _working_in(folder: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _works_in(process, folder)]


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.pid != os.getpid() and process.cwd() == str(folder)
    except psutil.Error:
        return False


def _end(leftovers: list[psutil.Process]) -> None:
    for kill in (psutil.Process.terminate, psutil.Process.kill):
        for process in leftovers:
            with suppress(psutil.NoSuchProcess):
                kill(process)
        _, leftovers = psutil.wait_procs(leftovers, timeout=5)
