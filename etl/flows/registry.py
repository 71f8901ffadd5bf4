"""The flows by name; a flow is imported when it is asked for."""

from collections.abc import Callable
from importlib import import_module
from typing import Final, Protocol, cast

from sqlalchemy import Engine

from etl.connections import Connection
from etl.errors import InvalidInput
from etl.flows.options import Options

FLOWS: Final = ("moodle_results", "infocaption_competences", "iep_test_results", "pe_online_attendance")


class Flow(Protocol):
    """What every flow module offers to the command line."""

    def run(self, engine: Engine, connect: Callable[[str], Connection], options: Options) -> tuple[str, str]:
        """Run the whole flow; returns the run's id and status."""


def flow(name: str) -> Flow:
    """The flow of this name. Raises InvalidInput with the names there are."""
    if name not in FLOWS:
        raise InvalidInput(f"there is no flow {name}; there are {', '.join(FLOWS)}")
    return cast(Flow, import_module(f"etl.flows.{name}"))
