"""The stand-ins of each connector of the registry, and what is left out of them."""

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from inspect import isabstract
from typing import Any

import pytest

from etl.connectors.registry import CONNECTORS
from etl.engine.connector import Connector
from tests.conformance.stand_in import StandIn


def stand_ins_of(connector: Connector) -> list[type[StandIn]]:
    """The stand-ins that a connector brings: every class of that kind in its file."""
    folder = f"tests.connectors.{connector.system}"
    module = f"{folder}.conformance"
    if find_spec(folder) is None or find_spec(module) is None:
        return []
    return [
        one
        for one in vars(import_module(module)).values()
        if isinstance(one, type)
        and issubclass(one, StandIn)
        and one.__module__ == module
        and not isabstract(one)
    ]


def left_out(connector: Connector) -> list[str]:
    """What to write where a flow or a receiver of a connector has no stand-in."""
    found = stand_ins_of(connector)
    place = f"in tests/connectors/{connector.system}/conformance.py, as tests/conformance/stand_in.py describes it"
    flows = {one.flow for one in found if not one.mount}
    mounts = {one.mount for one in found}
    return [
        f"write a class of the kind StandIn with {wanted} {place}"
        for wanted in (
            *(f'flow = "{flow.name}"' for flow in connector.flows if flow.name not in flows),
            *(f'mount = "{mount.path}"' for mount in connector.mounts if mount.path not in mounts),
        )
    ]


def label(stand_in: type[StandIn]) -> str:
    """How tests name a stand-in: its connector, and what it plays."""
    system = stand_in.__module__.split(".")[-2]
    played = "messages" if stand_in.mount else stand_in.flow.removeprefix(system).strip("_")
    return f"{system}-{played}"


STAND_INS = [one for connector in CONNECTORS for one in stand_ins_of(connector)]


def played(stand_ins: Iterable[type[StandIn]] = STAND_INS) -> list[Any]:
    """Stand-ins as the parameters of tests: of those that share a base of their own, which leaves little to each, the
    first is in the quick tests and the others are in the long ones.
    """
    known: set[type] = set()
    found = []
    for one in stand_ins:
        [base, *_] = one.__bases__
        found.append(pytest.param(one, id=label(one), marks=[pytest.mark.long] * (base in known)))
        known |= {base} - {StandIn}
    return found
