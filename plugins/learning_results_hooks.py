"""One hook for each connector, named after its system: its connection, and the test behind the Test button."""

from contextlib import nullcontext
from dataclasses import replace
from typing import ClassVar

from airflow.sdk import BaseHook
from learning_results_airflow import connect, warehouse_engine

from etl.connections import Connection
from etl.connectors.registry import CONNECTORS
from etl.errors import EtlError

UNDER_TEST = "under test"  # Airflow tests a copy under a random name, which would tell a person nothing


class OutsideSystemHook(BaseHook):
    """What the hooks share; each names its connection type."""

    conn_type: ClassVar[str]
    hook_name: ClassVar[str]
    conn_name_attr = "conn_id"

    def __init__(self, conn_id: str) -> None:
        super().__init__()
        self.conn_id = conn_id

    def get_conn(self) -> Connection:
        """The system as its administrator defined it."""
        return connect(self.conn_id)

    def test_connection(self) -> tuple[bool, str]:
        """Whether the connection does what it is used for, and in plain words what is missing."""
        from etl.connectors import registry

        try:
            tested = replace(self.get_conn(), conn_id=UNDER_TEST)
        except EtlError as problem:
            return False, str(problem)
        report = registry.check(tested, lambda: nullcontext(warehouse_engine()), connect)
        return report.ok, "\n".join(
            f"{line.rstrip('.')}." for line in report.lines
        )  # the page shows no line ends


for _connector in CONNECTORS:
    globals()[_connector.hook] = type(
        _connector.hook,
        (OutsideSystemHook,),
        {"__doc__": _connector.title, "conn_type": _connector.system, "hook_name": _connector.title},
    )
