"""The flows by name; a flow is imported when it is asked for."""

from collections.abc import Callable
from importlib import import_module
from typing import Final, Protocol, cast

from sqlalchemy import Engine

from etl.connections import Connection
from etl.errors import InvalidInput
from etl.flows.options import Options

FLOWS: Final = ("moodle_results", "infocaption_competences", "iep_test_results", "pe_online_attendance")

# Of what a person can ask of a run, what a flow cannot do.
_WITHOUT_COURSES: Final = ("iep_test_results", "pe_online_attendance")
_WITHOUT_NIGHTS: Final = ("pe_online_attendance",)


class Flow(Protocol):
    """What every flow module offers to the command line."""

    def run(self, engine: Engine, connect: Callable[[str], Connection], options: Options) -> tuple[str, str]:
        """Run the whole flow; returns the run's id and status."""


def check_options(name: str, courses: bool, nights: bool) -> None:
    """Raises InvalidInput where courses or nights are asked of a flow that does not know them."""
    if courses and name in _WITHOUT_COURSES:
        raise InvalidInput(f"{name} is not run for certain courses: leave out --course")
    if nights and name in _WITHOUT_NIGHTS:
        raise InvalidInput(f"{name} sends what is due now, not for certain nights: leave out --from and --to")


def flow(name: str) -> Flow:
    """The flow of this name. Raises InvalidInput with the names there are."""
    if name not in FLOWS:
        raise InvalidInput(f"there is no flow {name}; there are {', '.join(FLOWS)}")
    return cast(Flow, import_module(f"etl.flows.{name}"))
