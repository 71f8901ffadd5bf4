"""What the pages ask of the program that serves them: who is there, which warehouse, where Airflow's own pages are."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal, Protocol

from sqlalchemy import Engine

from etl.connections import Connection, from_environment


class Right(StrEnum):
    """What somebody may do. Whoever may do more may do all that stands before it."""

    SEE = "see"  # counts, states and reasons: no person
    PERSONS = "persons"  # pages that name people or what they did
    CHANGE = "change"  # decide, map, settle
    RUN = "run"  # start and stop runs of flows
    ADMIN = "admin"  # what is the administrator's alone: erase a person


@dataclass(frozen=True)
class Visitor:
    """Who asks, as Airflow knows them, and what they may."""

    name: str
    rights: frozenset[Right]


@dataclass(frozen=True)
class FlowRun:
    """A run of a flow in Airflow: what it was asked for (``conf``), by whom (None: by its schedule), and how it is."""

    run_id: str
    state: Literal["queued", "running", "success", "failed"]
    conf: Mapping[str, Any]
    by: str | None
    asked_at: datetime

    @property
    def is_over(self) -> bool:
        """Nothing more comes of it."""
        return self.state not in UNDER_WAY


UNDER_WAY: Final = ("queued", "running")
AlreadyDone = Callable[[Sequence[FlowRun]], FlowRun | None]


class Runs(Protocol):
    """Runs of the flows, as Airflow has them. Each call is short; runs go on by themselves."""

    def under_way(self, flow: str) -> list[FlowRun]:
        """Those that wait or run now, newest first; none that derives past nights."""

    def find(self, flow: str, run_id: str) -> FlowRun | None:
        """One run, over or not."""

    def start(
        self, flow: str, conf: Mapping[str, Any], by: str, already: AlreadyDone
    ) -> tuple[FlowRun, bool]:
        """Start a run, unless one of those under way does ``already`` what is asked for; that run, and is it new?

        Two people who press at once get one run. Raises InvalidInput where the flow cannot be run now.
        """

    def stop(self, flow: str, run_id: str, by: str) -> bool:
        """Stop a run: its tasks are ended, none begins any more. Was it under way?"""


@dataclass(frozen=True)
class PagesHost:
    """``visitor``: a dependency of FastAPI that says who asks, or answers 401. ``engine``: the warehouse, once it is
    needed. ``secret``: what forms are signed with, the same in every process that serves them. ``airflow``: the path
    that Airflow's own pages are below, without its last slash; None where there are none. ``connect``: a connection by
    its id. ``runs``: how runs are started and stopped; None where there is no Airflow.
    """

    visitor: Callable[..., Visitor | Awaitable[Visitor]]
    engine: Callable[[], Engine]
    secret: str = field(repr=False)
    airflow: str | None = None
    connect: Callable[[str], Connection] = from_environment
    runs: Runs | None = None
