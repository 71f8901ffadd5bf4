"""What a system states of reference files, beside what people enter.

The reference files follow from the list of connectors, so that what works on them (etl.reference.stating) lies above
the connectors; a flow that states rows finds it by its name, as the list of connectors names what is loaded late.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, cast

import pandas as pd
from sqlalchemy import Connection as Session

from etl.engine.connector import load

BY_HAND: Final = "a row that was entered by hand says otherwise: it stands, until it is left out of its file"


@dataclass(frozen=True)
class Refused:
    """A stated row that was not taken: its key, and why."""

    key: str
    reason: str
    by_hand: bool


@dataclass(frozen=True)
class Stated:
    """Rows of one file: read = written + unchanged + refused; closed = rows that are no longer stated.

    ``doubts``: what of those that were taken is perhaps not meant, each with how many rows.
    """

    read: int
    written: int
    unchanged: int
    closed: int
    refused: Sequence[Refused]
    doubts: Sequence[str] = ()


class StateRows(Protocol):
    """Makes what ``system`` states of each file, by name, the rows that are its own, in the caller's transaction."""

    def __call__(
        self,
        session: Session,
        system: str,
        stated: Mapping[str, pd.DataFrame],
        refusals: Callable[[str, pd.DataFrame], "pd.Series[str]"],
    ) -> dict[str, Stated]:
        """See etl.reference.stating."""


def stating() -> StateRows:
    """What brings stated rows into the reference data."""
    return cast(StateRows, load("etl.reference.stating:state"))
