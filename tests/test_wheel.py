"""The wheel: it holds all that the product needs, and what Airflow finds in it is found once."""

import subprocess
import sys
import sysconfig
from configparser import ConfigParser
from pathlib import Path
from zipfile import ZipFile

import pytest

from etl import __version__

ROOT = Path(__file__).parents[1]
MOVED = {"plugins": "", "dags": "etl/_files/dags/", "sql": "etl/_files/sql/", "deploy": "etl/_files/deploy/"}
ONCE = "[('learning_results', 'EntryPointSource')] {}"
NO_PART_OF_IT = {"__pycache__", ".airflowignore"}

FOUND = """
from etl import db, places
from etl.db import schema
print(places.resource("dags"), "ops.runs" in db.sql("load/runs.open"), len(schema._files()))
"""
REGISTERED = """
from airflow import plugins_manager
plugins, errors = plugins_manager._get_plugins()
print([(plugin.name, type(plugin.source).__name__) for plugin in plugins], errors)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this code, built offline by the pinned backend."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def unpacked(wheel, tmp_path_factory):
    """What pip would put among the packages."""
    folder = tmp_path_factory.mktemp("site")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The packages of this environment but for the product, which is installed here for the tests."""
    folder = tmp_path_factory.mktemp("packages")
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "learning_results" not in path.name:
            (folder / path.name).symlink_to(path)
    return folder


@pytest.fixture
def run(packages, tmp_path, monkeypatch):
    """Run Python code in an empty folder, with certain folders and the packages on its path and nothing else."""
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.delenv("AIRFLOW__CORE__PLUGINS_FOLDER", raising=False)
    monkeypatch.setenv("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
    monkeypatch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "false")

    def python(code, *path):
        monkeypatch.setenv("PYTHONPATH", ":".join(map(str, (*path, packages))))
        command = [sys.executable, "-S", "-c", code]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return python


def packed(folder):
    """Where the files of a folder belong in the wheel."""
    for path in (ROOT / folder).rglob("*"):
        if path.is_file() and not NO_PART_OF_IT & {*path.parts} and path.suffix != ".pyc":
            yield MOVED.get(folder, f"{folder}/") + path.relative_to(ROOT / folder).as_posix()


def test_the_wheel_holds_every_file_of_the_product_and_no_other(wheel):
    expected = {name for folder in ("etl", *MOVED) for name in packed(folder)} | {"etl/_files/airflow.cfg"}
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == expected


def test_it_names_its_version_command_provider_and_plugin(wheel):
    assert wheel.name == f"learning_results_etl-{__version__}-py3-none-any.whl"
    told = ConfigParser()
    with ZipFile(wheel) as archive:
        told.read_string(
            archive.read(f"learning_results_etl-{__version__}.dist-info/entry_points.txt").decode()
        )
    assert {group: dict(told[group]) for group in told.sections()} == {
        "console_scripts": {"etl": "etl.cli:app"},
        "apache_airflow_provider": {"provider_info": "etl.connectors.registry:get_provider_info"},
        "airflow.plugins": {"learning_results": "learning_results_plugin:LearningResultsPlugin"},
    }


def test_airflow_registers_the_plugin_of_the_wheel_once(unpacked, run):
    assert run(REGISTERED, unpacked) == ONCE


@pytest.mark.long
def test_airflow_registers_the_plugin_of_a_clone_once_also_where_it_reads_the_plugins_folder(
    unpacked, run, tmp_path, monkeypatch
):
    [told] = unpacked.glob("*.dist-info")
    (tmp_path / "installed").mkdir()
    told_of_the_clone = tmp_path / "installed" / told.name
    told_of_the_clone.symlink_to(told)
    monkeypatch.setenv("AIRFLOW__CORE__PLUGINS_FOLDER", str(ROOT / "plugins"))
    found = run(REGISTERED, told_of_the_clone.parent, ROOT, ROOT / "plugins")
    assert found == ONCE


def test_a_state_folder_of_the_wheel_is_the_users_own_and_never_among_the_packages(
    unpacked, run, monkeypatch, tmp_path
):
    monkeypatch.delenv("ETL_STATE_DIR", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "mine"))
    said = run("from etl import places; print(places.state_dir())", unpacked)
    assert said == f"{tmp_path}/mine/learning-results-etl"


def test_the_wheel_finds_its_statements_migrations_and_dags_in_itself(unpacked, run):
    migrations = len(list((ROOT / "sql" / "migrations").glob("*.sql")))
    assert run(FOUND, unpacked) == f"{unpacked}/etl/_files/dags True {migrations}"
