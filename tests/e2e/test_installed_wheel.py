"""The wheel in an environment of its own, outside the repository: beside other DAGs, by itself, and its demo."""

import json
import re
import socket
import tempfile
from pathlib import Path

import pytest

from etl.connectors import registry
from etl.demo import outside
from tests.e2e.installation import PAGE, install, wait_for

pytestmark = pytest.mark.long

ONE_LINE = re.search(r"^dag_bundle_config_list = (.*)$", PAGE, re.MULTILINE).group(1)  # as the page tells it
BUNDLES = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"
THEIRS = """
from airflow.sdk import dag

@dag
def theirs():
    pass

theirs()
"""


def test_the_wheel_does_all_that_a_clone_does():
    """One test, for one installation: what each part shows is its name."""
    with tempfile.TemporaryDirectory(prefix="etl-wheel-") as name:
        folder = Path(
            name
        )  # none of pytest's, which it closes to the user that PostgreSQL has where we are root
        folder.chmod(0o755)
        installed = install(folder)
        one_line_of_configuration_shows_the_dags_beside_those_that_an_airflow_has(installed)
        a_night_runs_without_airflow_against_the_sandbox(installed)
        the_demo_runs_a_night_in_an_empty_folder_and_leaves_it_empty(installed)


def one_line_of_configuration_shows_the_dags_beside_those_that_an_airflow_has(installed):
    home = installed.folder.parent / "airflow"
    (home / "dags").mkdir(parents=True)
    (home / "dags" / "theirs.py").write_text(THEIRS)
    configured = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        BUNDLES: ONE_LINE,
    }
    installed.run("airflow", "db", "migrate", **configured)
    installed.run("airflow", "dag-processor", "--num-runs", "1", **configured)
    listed = installed.run("airflow", "dags", "list", "--output", "json", **configured)
    dags = {dag["dag_id"]: dag["bundle_name"] for dag in json.loads(listed[listed.rindex("\n[") :])}
    assert dags == {"theirs": "dags-folder"} | {flow: "learning-results" for flow in registry.FLOWS}
    assert "No data found" in installed.run("airflow", "dags", "list-import-errors", **configured)


def a_night_runs_without_airflow_against_the_sandbox(installed):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    sandbox = installed.start("etl", "sandbox", "start", "--port", str(port))
    try:
        wait_for(f"http://127.0.0.1:{port}/control/docs", sandbox)
        installed.run("etl", "db", "migrate")
        sample = installed.run("etl", "path", "etl/sandbox/data/reference").strip()
        installed.run("etl", "reference", "import", sample)
        connections = outside.connections(f"http://127.0.0.1:{port}")
        printed = installed.run("etl", "run", "moodle_results", **connections)
        assert re.search(r"moodle_results \S+: success", printed)
        assert "The counts add up" in printed
    finally:
        sandbox.terminate()
        sandbox.communicate()


def the_demo_runs_a_night_in_an_empty_folder_and_leaves_it_empty(installed):
    installed.run("etl", "demo", "--clean")
    only_ours = json.dumps(json.loads(ONE_LINE)[1:])
    assert "The night was right" in installed.run("etl", "demo", "--once", **{BUNDLES: only_ours})
    assert list(installed.folder.iterdir()) == []
    installed.run("etl", "demo", "--clean")
