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

from etl import places
from etl.errors import GiveUp

_GRACE_SECONDS = 15
_LAST_GRACE_SECONDS = 5  # for what those leave behind
_PR_SET_PDEATHSIG = 1


class Processes:
    """Programs that live no longer than this one, each with a log file in ``folder``.

    Each has a session of its own, whose number is written down: with ``folder`` as the working folder it tells
    what a crash left behind from everything else.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sessions = folder / "sessions"
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        places.private_folder(folder)
        self._end_sessions()  # left behind by a run that was killed

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a program; what it prints goes to its log."""
        with self.log(name).open("wb") as log:
            self._running[name] = subprocess.Popen(  # noqa: S603 - our own programs
                command, cwd=self._folder, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=_end_with_parent,
            )  # fmt: skip
        with self._sessions.open("a") as sessions:
            sessions.write(f"{self._running[name].pid}\n")

    def finish(self, name: str) -> None:
        """Wait until a program has done its work. Raises GiveUp where it failed."""
        process = self._running[name]
        while process.poll() is None:
            self.check(but=name)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.5)
        del self._running[name]
        if process.returncode:
            raise GiveUp(self._failure(name, process.returncode))

    def check(self, but: str = "") -> None:
        """Raise GiveUp where a program ended that should still run; ``but`` one may end."""
        for name, process in self._running.items():
            if name != but and process.poll() is not None:
                raise GiveUp(self._failure(name, process.returncode))

    def end(self) -> None:
        """End all programs and everything that they started."""
        for process in self._running.values():
            process.terminate()
        own = [psutil.Process(process.pid) for process in self._running.values() if process.poll() is None]
        psutil.wait_procs(own, timeout=_GRACE_SECONDS)
        self._end_sessions()
        for process in self._running.values():
            process.wait()
        self._running.clear()

    def log(self, name: str) -> Path:
        """Where a program's output goes."""
        return self._folder / f"{name}.log"

    def _end_sessions(self) -> None:
        if self._sessions.exists():
            ours = {int(line) for line in self._sessions.read_text().splitlines()}
            _end([process for process in psutil.process_iter() if _is_of(process, ours, self._folder)])
            self._sessions.unlink()

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


def _is_of(process: psutil.Process, sessions: set[int], folder: Path) -> bool:
    try:
        return os.getsid(process.pid) in sessions and process.cwd() == str(folder)
    except (psutil.Error, OSError):
        return False


def _end(leftovers: list[psutil.Process]) -> None:
    for kill in (psutil.Process.terminate, psutil.Process.kill):
        for process in leftovers:
            with suppress(psutil.NoSuchProcess):
                kill(process)
        _, leftovers = psutil.wait_procs(leftovers, timeout=_LAST_GRACE_SECONDS)
