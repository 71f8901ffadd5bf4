"""The wheel in an environment of its own, outside the repository: beside other DAGs, by itself, and its demo."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from etl.connectors import registry
from etl.demo import outside

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
ONE_LINE = re.search(  # as the page tells it
    r"^dag_bundle_config_list = (.*)$", (ROOT / "docs" / "installation.md").read_text(), re.MULTILINE
).group(1)
BUNDLES = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"
THEIRS = """
from airflow.sdk import dag

@dag
def theirs():
    pass

theirs()
"""


class Installation:
    """A virtual environment with the wheel and what it needs, and an empty folder to work in."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.programs = folder / "empty", folder / "venv" / "bin"
        self.folder.mkdir()
        ours = ("PYTHONPATH", "VIRTUAL_ENV", "WAREHOUSE_URL", "ETL_", "AIRFLOW", "SANDBOX_PORT")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.environment = inherited | {"XDG_STATE_HOME": str(folder / "state")}

    def start(self, program, *arguments, **environment):
        return subprocess.Popen(
            [self.programs / program, *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, program, *arguments, **environment):
        process = self.start(program, *arguments, **environment)
        printed, _ = process.communicate()
        assert process.returncode == 0, printed
        return printed


def wait_for(url, process):
    """Until it answers, however slow the machine is; what it printed where it ended before."""
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=Retry(connect=5, backoff_factor=0.1)))
        for _ in range(100):
            assert process.poll() is None, process.communicate()[0]
            try:
                return session.get(url, timeout=60).raise_for_status()
            except requests.ConnectionError:
                continue
    raise AssertionError(f"{url} does not answer")


def install(folder):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    made = Installation(folder)
    # Links what it has unpacked once; pip unpacks the same packages in a minute.
    needed = ["--require-hashes", "--no-deps", "-r", ROOT / "constraints.txt", "--python", folder / "venv"]
    subprocess.run([sys.executable, "-m", "uv", "pip", "install", "--quiet", *needed], check=True)
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
    made.run("python", *pip, *map(str, folder.glob("*.whl")))
    made.run("python", "-m", "pip", "check")
    return made


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
