"""What every stand-in has in common: a call comes in, a reply goes out, and somebody keeps count."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol
from urllib.parse import parse_qsl

from fastapi import APIRouter


@dataclass(frozen=True)
class Call:
    """One HTTP request to a stand-in: ``path`` is below its mount, ``origin`` is the mount's own address."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    origin: str

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of query and form together, as PHP and ASP.NET offer them."""
        fields = parse_qsl(self.query, keep_blank_values=True)
        if self.method == "POST" and "xml" not in self.headers.get("content-type", ""):
            fields += parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return dict(fields)


@dataclass(frozen=True)
class SandboxReply:
    """One HTTP answer; ``announced`` is the length it claims when that is not the truth."""

    body: bytes
    status: int = 200
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    announced: int | None = None


class System(Protocol):
    """A stand-in for one outside system."""

    name: str  # the first part of its path: /moodle, /pe

    def operation(self, call: Call) -> str:
        """Name what this call asks for, as faults and counters know it."""

    def answer(self, call: Call) -> SandboxReply:
        """Do what is asked and answer as the real system would."""

    def reset(self) -> None:
        """Go back to how it was when it was made."""

    def close(self) -> None:
        """Let go of what it holds open."""

    def control(self) -> APIRouter:
        """Routes below /control/<name> that look into it and change it."""


@dataclass
class Counters:
    """How often each operation of each system was called, and how many calls ran at once at most."""

    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    running: Counter[str] = field(default_factory=Counter)
    peak: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def counting(self, system: str, operation: str) -> Iterator[None]:
        """Count one call while it runs."""
        self.calls[system, operation] += 1
        self.running[system] += 1
        self.peak[system] = max(self.peak[system], self.running[system])
        try:
            yield
        finally:
            self.running[system] -= 1

    def of(self, system: str) -> dict[str, int]:
        """Calls per operation of one system."""
        return {operation: n for (name, operation), n in sorted(self.calls.items()) if name == system}

    def total(self, system: str) -> int:
        """All calls to one system."""
        return sum(self.of(system).values())

    def reset(self) -> None:
        """Start counting anew; calls still running stay counted as running."""
        self.calls.clear()
        self.peak.clear()
