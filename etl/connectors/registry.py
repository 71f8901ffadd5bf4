"""The connectors, and what follows from the list of them: a new one is a folder and a line here."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl.connections import CheckReport, Connection
from etl.connectors.anewspring.connector import CONNECTOR as ANEWSPRING
from etl.connectors.certwell.connector import CONNECTOR as CERTWELL
from etl.connectors.coachview.connector import CONNECTOR as COACHVIEW
from etl.connectors.elearning.connector import CONNECTOR as ELEARNING
from etl.connectors.iep_lvs.connector import CONNECTOR as IEP_LVS
from etl.connectors.ilias.connector import CONNECTOR as ILIAS
from etl.connectors.infocaption.connector import CONNECTOR as INFOCAPTION
from etl.connectors.moodle.connector import CONNECTOR as MOODLE
from etl.connectors.pe_online.connector import CONNECTOR as PE_ONLINE
from etl.engine.connection_test import Connect, Tested, Warehouse
from etl.engine.connector import Connector, Mount, load
from etl.engine.options import Options
from etl.engine.people import Readers
from etl.errors import EtlError, InvalidInput
from etl.transform.reasons import REASONS

if TYPE_CHECKING:
    from etl.engine.webhooks.receiver import SendingSystem

CONNECTORS: Final[tuple[Connector, ...]] = (
    MOODLE,
    INFOCAPTION,
    IEP_LVS,
    PE_ONLINE,
    COACHVIEW,
    ANEWSPRING,
    CERTWELL,
    ELEARNING,
    ILIAS,
)

_BY_SYSTEM: Final = {one.system: one for one in CONNECTORS}
_FLOWS: Final = {flow.name: flow for one in CONNECTORS for flow in one.flows}
FLOWS: Final = tuple(_FLOWS)
_HOOKS: Final = "learning_results_hooks"  # in plugins/, which Airflow puts on the path


class FlowModule(Protocol):
    """What every flow module offers to the command line."""

    def run(self, engine: Engine, connect: Callable[[str], Connection], options: Options) -> tuple[str, str]:
        """Run the whole flow; returns the run's id and status."""


def flow(name: str) -> FlowModule:
    """The flow of this name. Raises InvalidInput with the names there are."""
    if name not in _FLOWS:
        raise InvalidInput(f"there is no flow {name}; there are {', '.join(FLOWS)}")
    return cast(FlowModule, import_module(_FLOWS[name].module))


def again() -> list[tuple[str, Callable[[Engine, str, Callable[[str], Connection]], None]]]:
    """What follows from what the warehouse holds, without asking anybody: by flow, what others read goes first."""
    ordered = sorted(CONNECTORS, key=lambda one: not (one.is_source or one.reports))
    flows = [found for one in ordered for found in one.flows if found.again]
    return [(found.name, import_module(found.module).again) for found in flows]


def after_import(session: Session) -> list[str]:
    """The flows that new reference data are to set off, of those that are in use."""
    flows = [found for found in _FLOWS.values() if found.after_import]
    return [found.name for found in flows if import_module(found.module).is_used(session)]


def check_options(name: str, courses: bool, nights: bool) -> None:
    """Raises InvalidInput where courses or nights are asked of a flow that does not know them."""
    known = _FLOWS.get(name)
    if known is None:
        return
    if courses and not known.of_courses:
        raise InvalidInput(f"{name} is not run for certain courses: leave out --course")
    if nights and not known.of_nights:
        raise InvalidInput(f"{name} does what is due now, not for certain nights: leave out --from and --to")


def check(connection: Connection, warehouse: Warehouse, connect: Connect) -> CheckReport:
    """The test of a connection, for Airflow's Test button and ``etl check``.

    Says in plain words what works and what is missing; what fails is a line of the report, never raised.
    """
    try:
        connector = _BY_SYSTEM.get(connection.conn_type)
        if connector is None:
            types = ", ".join(_BY_SYSTEM)
            raise InvalidInput(f"connection {connection.conn_id}: no test for its type, only for {types}")
        report: CheckReport = load(connector.check)(Tested(connection, connector, warehouse, connect))
    except EtlError as problem:
        return CheckReport(False, [str(problem)])
    return report


def pools() -> dict[str, dict[str, Any]]:
    """The pools of all connectors, as ``airflow pools import`` takes them."""
    return {
        one.pool.name: {
            "slots": one.pool.slots,
            "description": one.pool.description,
            "include_deferred": False,
        }
        for one in CONNECTORS
        if one.pool
    }


def mounts() -> tuple[Mount, ...]:
    """Where senders of all connectors find us. Raises ValueError where two would share a path."""
    found = tuple(mount for one in CONNECTORS for mount in one.mounts)
    if len({mount.path for mount in found}) < len(found):
        raise ValueError("two receivers have the same path")
    return found


def receiver_of(system: str) -> tuple[Mount, "SendingSystem"]:
    """Where the signed messages of a system come in, and what they say. Raises InvalidInput where it sends none."""
    connector = _BY_SYSTEM.get(system)
    if connector is None or not connector.sender:
        raise InvalidInput(f"{system} sends no signed messages: its completions are polled")
    return connector.mounts[0], load(connector.sender)


def readers() -> Readers:
    """Whose is which part of what the systems say."""
    return Readers(
        {one.system: load(one.people) for one in CONNECTORS if one.people},
        {one.system: load(one.people_of_messages) for one in CONNECTORS if one.people_of_messages},
    )


def sentence(system: str, code: str) -> str:
    """What a reason code says of rows of a system: its own word for it, or the one that all share; "" for none."""
    own = _BY_SYSTEM[system].reasons if system in _BY_SYSTEM else {}
    return (own if code in own else REASONS).get(code, "")


def answers_of(session: Session, system: str, completion_id: int) -> list[Mapping[str, Any]]:
    """The landed answers that a completion which a system reports was read of; none where it sent a message."""
    connector = _BY_SYSTEM.get(system)
    if connector is None or not connector.answers:
        return []
    found: list[Mapping[str, Any]] = load(connector.answers)(session, completion_id)
    return found


def get_provider_info() -> dict[str, Any]:
    """What Airflow shows and stores for the connections of each system; its provider discovery asks for it."""
    return {
        "package-name": "learning-results-etl",
        "name": "Learning results",
        "description": f"Learning results: {', '.join(one.title for one in CONNECTORS)}.",
        "connection-types": [
            {
                "connection-type": one.system,
                "hook-class-name": f"{_HOOKS}.{one.hook}",
                "hook-name": one.title,
                **one.form,
            }
            for one in CONNECTORS
        ],
    }
