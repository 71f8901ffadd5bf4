"""What the suite needs to know of a connector: the stand-ins of tests/connectors/<system>/conformance.py."""

import csv
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from sqlalchemy import Engine, text

from etl.connections import Connection
from etl.sandbox.server import Sandbox

GOLDEN = Path(__file__).parents[1] / "golden"
OPEN = "open"  # the part of an outcome that says what is not settled; all other parts only grow

Rows = set[tuple[str, ...]]
Outcome = Mapping[str, Rows]


@dataclass(frozen=True)
class Lacking:
    """A connection with which something is missing, and a word of the sentence that names it."""

    connection: Connection
    word: str


@dataclass(frozen=True)
class Message:
    """What a system posts to our receiver at ``path``; ``status``: of the answer, each time that it comes."""

    path: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    status: int = 200


class StandIn(ABC):
    """A system as it stands across the table, and a warehouse that holds the sample reference set.

    One for each flow of a connector, and one for each of its receivers, whose messages come in before a night.

    ``flow``: by its name on the command line. ``mount``: the path of the receiver that ``messages`` are for; empty
    where the stand-in is about a flow alone. ``broken``: what names the unit of work that ``break_one`` breaks, in the
    report or as the key of a rejection. ``damages``: the kinds that ``garble`` takes. ``records``: the tables whose
    rows a night counts. ``undecided``: the points after which nobody but a person knows what became of a call.
    ``planted``: secrets and persons that neither a log nor a report may hold.
    """

    flow: ClassVar[str]
    mount: ClassVar[str] = ""
    broken: ClassVar[str]
    damages: ClassVar[tuple[str, ...]]
    records: ClassVar[tuple[str, ...]]
    undecided: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, engine: Engine, sandbox: Sandbox, folder: Path) -> None:
        self.engine = engine
        self.sandbox = sandbox
        self.folder = folder
        self.connections: dict[str, Connection] = {}
        self.fill()

    @abstractmethod
    def fill(self) -> None:
        """Put into warehouse, system and ``connections`` what a night needs besides the sample."""

    @abstractmethod
    def outcome(self) -> Outcome:
        """What nights have left, here and at the other side, by what it is; ``OPEN``: what is not settled."""

    @abstractmethod
    def golden(self) -> Outcome:
        """The outcome of an undisturbed night, worked out by hand: never read from the product."""

    @abstractmethod
    def break_one(self) -> None:
        """From now on one course, school or account fails, of several that there is work for."""

    @abstractmethod
    def garble(self, damage: str) -> None:
        """From now on nothing that comes from the system can be understood."""

    @abstractmethod
    def mend(self) -> None:
        """Everything works again."""

    @abstractmethod
    def lacking(self) -> Iterator[Lacking]:
        """Connections that the test of a connection finds wanting."""

    def messages(self) -> list[Message]:
        """What the system sends before each night, the same every time."""
        return []

    def unproved(self) -> list[Message]:
        """Messages that do not prove who sends them; ``status``: of the answer."""
        return []

    def decide(self) -> None:
        """A person says what became of calls that nobody else knows it of, as the system shows it."""
        raise AssertionError(f"{self.flow}: nobody has to decide anything")

    @property
    @abstractmethod
    def planted(self) -> frozenset[str]:
        """Secrets and persons."""

    def connect(self, conn_id: str) -> Connection:
        """The connection of this name."""
        return self.connections[conn_id]

    def rows(self, statement: str) -> Rows:
        """The rows of a statement, as text."""
        with self.engine.connect() as session:
            return {
                tuple("" if one is None else str(one) for one in row)
                for row in session.execute(text(statement))
            }

    def change(self, statement: str) -> None:
        """Change the warehouse."""
        with self.engine.begin() as session:
            session.exec_driver_sql(statement)


def golden(*name: str, **only: str) -> Rows:
    """The rows of a file of tests/golden, with these values in these columns."""
    with GOLDEN.joinpath(*name).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if only.items() <= row.items()]
    return {tuple(row.values()) for row in rows}


def columns(*name: str) -> str:
    """The columns of a file of tests/golden, to be selected as text."""
    with GOLDEN.joinpath(*name).open(encoding="utf-8", newline="") as file:
        return ", ".join(f"cast({one} as text)" for one in next(csv.reader(file)))


def people(column: str = "email") -> frozenset[str]:
    """What clients.csv of the sample says of each person."""
    from tests.fixtures.warehouse import SAMPLE

    with (SAMPLE / "clients.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(row[column] for row in csv.DictReader(file)) - {""}
