"""Connections as the command line finds them: the environment's first, then what was entered in Airflow."""

import json
import subprocess

import pytest

from etl.console import known_connections
from etl.errors import ConnectionMissing, GiveUp

STORED = {
    "conn_type": "moodle", "host": "moodle.example.org", "login": None, "password": "tok[en]", "schema": "",
    "port": "8443", "extra_dejson": {"wait_limit": "5", "service": ""},
}  # fmt: skip


@pytest.fixture
def airflow(monkeypatch):
    """Airflow's command line, which says what the test decides; the commands that it got."""
    asked = []
    answer = subprocess.CompletedProcess([], 0, stdout=f"a warning\n{json.dumps([STORED])}\n", stderr="")

    def run(command, **_):
        asked.append(command)
        return answer

    monkeypatch.setattr(known_connections.subprocess, "run", run)
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql+psycopg2://somewhere/airflow")
    monkeypatch.delenv("AIRFLOW_CONN_SITE", raising=False)
    known_connections._of_airflow.cache_clear()
    asked.append(answer)
    return asked


def test_what_was_entered_in_airflow_is_found_and_asked_for_once(airflow):
    found = known_connections.find("site")
    assert (found.conn_type, found.site(), found.password) == (
        "moodle",
        "https://moodle.example.org:8443",
        "tok[en]",
    )
    assert found.extra == {"wait_limit": "5"}
    assert known_connections.find("site") == found
    assert [command[-4:] for command in airflow[1:]] == [["get", "site", "-o", "json"]]


def test_the_environment_comes_first(airflow, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_SITE", '{"conn_type": "moodle", "host": "other.example.org"}')
    assert known_connections.find("site").host == "other.example.org"
    assert len(airflow) == 1


def test_without_a_configured_airflow_it_is_not_asked(airflow, monkeypatch):
    monkeypatch.delenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")
    with pytest.raises(ConnectionMissing, match="set AIRFLOW_CONN_SITE or add it in Airflow"):
        known_connections.find("site")
    assert len(airflow) == 1


@pytest.mark.parametrize(
    ("stdout", "stderr", "sentence", "missing"),
    [
        ("", "Connection not found.", "connection site is not defined: add it in Airflow", True),
        ("", "could not connect to server: password tok[en]", "Airflow could not say", False),
    ],
)
def test_what_airflow_cannot_say_is_one_sentence_without_its_words(
    airflow, stdout, stderr, sentence, missing
):
    airflow[0].stdout, airflow[0].stderr = stdout, stderr
    with pytest.raises(GiveUp, match=sentence) as problem:
        known_connections.find("site")
    assert isinstance(problem.value, ConnectionMissing) is missing
    assert "tok[en]" not in str(problem.value)
