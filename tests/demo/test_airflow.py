"""The environment that Airflow's programs get."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from etl.demo import airflow, night
from etl.places import ROOT


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
        monkeypatch.delenv(name)


def test_login_and_keys_are_made_once_and_readable_by_the_owner_only(tmp_path: Path) -> None:
    first = airflow.environment(tmp_path, 8080)
    assert airflow.environment(tmp_path, 8080) == first
    made = [path for path in (tmp_path / "airflow").iterdir() if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
    assert airflow.api(first).password


def test_each_clone_has_keys_of_its_own(tmp_path: Path) -> None:
    secret = "AIRFLOW__API_AUTH__JWT_SECRET"
    one, other = (airflow.environment(tmp_path / name, 8080) for name in ("one", "other"))
    assert one[secret] != other[secret]


def test_the_password_does_not_show_in_messages(tmp_path: Path) -> None:
    api = airflow.api(airflow.environment(tmp_path, 8080))
    assert api.password not in repr(api)


def test_what_is_set_already_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "32")
    monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", "/elsewhere")
    environment = airflow.environment(tmp_path, 8080)
    assert environment["AIRFLOW__CORE__PARALLELISM"] == "32"
    assert environment["AIRFLOW__CORE__DAGS_FOLDER"] == "/elsewhere"


def test_each_flow_of_the_night_has_its_file() -> None:
    assert [flow for flow in night.FLOWS if not (ROOT / "dags" / f"{flow}.py").exists()] == []


def test_an_airflow_that_is_not_there_is_not_ready() -> None:
    assert not airflow.Api("http://127.0.0.1:9", "admin", "x").is_ready()


def test_no_proxy_stands_between_airflow_and_its_tasks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "intranet.example.org")
    environment = airflow.environment(tmp_path, 8080)
    for name in ("NO_PROXY", "no_proxy"):
        assert environment[name] == "intranet.example.org,127.0.0.1,localhost"


def test_another_shell_gets_the_environment_of_the_running_programs(tmp_path: Path) -> None:
    environment = airflow.environment(tmp_path, 8080) | {"WAREHOUSE_URL": "postgresql://x/y?a=it's"}
    airflow.write_for_shells(tmp_path / "shell.env", environment)
    assert stat.S_IMODE((tmp_path / "shell.env").stat().st_mode) == 0o600
    show = f". {tmp_path}/shell.env; echo $WAREHOUSE_URL $AIRFLOW__API__PORT; command -v python"
    said = subprocess.run(
        ["/bin/sh", "-c", show], env={"PATH": "/bin"}, capture_output=True, text=True, check=True
    )
    first, python = said.stdout.splitlines()
    assert first == "postgresql://x/y?a=it's 8080"
    assert Path(python).parent == Path(sys.executable).parent
