"""What the pages ask of the program that serves them: who is there, which warehouse, where Airflow's own pages are."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Engine

from etl.connections import Connection, from_environment


class Right(StrEnum):
    """What somebody may do. Whoever may do more may do all that stands before it."""

    SEE = "see"  # counts, states and reasons: no person
    PERSONS = "persons"  # pages that name people or what they did
    CHANGE = "change"  # decide, map, settle


@dataclass(frozen=True)
class Visitor:
    """Who asks, as Airflow knows them, and what they may."""

    name: str
    rights: frozenset[Right]


@dataclass(frozen=True)
class PagesHost:
    """``visitor``: a dependency of FastAPI that says who asks, or answers 401. ``engine``: the warehouse, once it is
    needed. ``secret``: what forms are signed with, the same in every process that serves them. ``airflow``: the path
    that Airflow's own pages are below, without its last slash; None where there are none. ``connect``: a connection by
    its id.
    """

    visitor: Callable[..., Visitor | Awaitable[Visitor]]
    engine: Callable[[], Engine]
    secret: str = field(repr=False)
    airflow: str | None = None
    connect: Callable[[str], Connection] = from_environment
