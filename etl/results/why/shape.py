"""The shape of every answer to *why?*: rule, inputs, answers as they landed, runs, what people decided."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Listed:
    """Rows of one kind. ``empty``: what it means that there is none. ``facts``: one row, to be read line by line."""

    title: str
    rows: Sequence[Row]
    empty: str = "None."
    facts: bool = False

    @property
    def columns(self) -> list[str]:
        """Those that any row has something in."""
        return told_columns(self.rows)


@dataclass(frozen=True)
class Why:
    """What led to something that is recorded, or to its not being recorded.

    ``about``: what it is. ``subject``: its row, as it stands. ``rule``: in words, the general one first. ``inputs``:
    what the rule was applied to. ``answers``: of the outside system, as they landed and counted then; ``kept``: what it
    means that there is none. ``client_code``: whose it is.
    """

    about: str
    subject: Row
    rule: Sequence[str]
    inputs: Sequence[Listed]
    answers: Sequence[Row]
    runs: Sequence[Row]
    decisions: Sequence[Row]
    client_code: str | None = None
    kept: str = "None is kept: there was none, or it has left the warehouse since."

    @property
    def lists(self) -> Sequence[Listed]:
        """All of it in the order in which it is read."""
        return (
            *self.inputs,
            Listed("Answers, as they landed", self.answers, self.kept),
            Listed("Runs", self.runs, "None: no run recorded it."),
            Listed("What people decided, newest first", self.decisions, "Nobody had to decide."),
        )


def newest_first(*decisions: Iterable[Row]) -> list[Row]:
    """What people decided, of whatever kind, in one list."""
    return sorted((one for kind in decisions for one in kind), key=itemgetter("decided_at"), reverse=True)


def told_columns(rows: Sequence[Row]) -> list[str]:
    """The columns that any of these rows has something in."""
    return [name for name in (rows[0] if rows else ()) if any(row[name] not in (None, "") for row in rows)]
