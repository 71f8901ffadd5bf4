"""What the scheduler imports, so that its tasks need not."""

import subprocess
import sys

import pytest

from etl.connectors import registry

STARTED = """
import sys
from airflow.listeners.listener import get_listener_manager
sys.argv = ["airflow", sys.argv[1]]
get_listener_manager().hook.on_starting(component=object())
print(*sys.modules)
"""
FLOWS = {flow.module for connector in registry.CONNECTORS for flow in connector.flows}


@pytest.mark.long
@pytest.mark.parametrize(("program", "imported"), [("scheduler", FLOWS), ("dag-processor", set())])
def test_the_scheduler_alone_imports_the_flows_before_its_tasks_do(program, imported):
    found = subprocess.run(
        [sys.executable, "-c", STARTED, program], capture_output=True, text=True, check=True
    ).stdout
    assert FLOWS & set(found.split()) == imported
