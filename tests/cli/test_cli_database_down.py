"""Every command says in one sentence that the warehouse cannot be used, and what to do; none prints a traceback."""

import os
import subprocess
import sys

import pytest

from etl.db import embedded

COMMANDS = [
    ("report",),
    ("report", "--list"),
    ("run", "pe_online_attendance"),
    ("review", "list"),
    ("pe", "list"),
    ("iep", "link", "list"),
    ("reference", "export", "/tmp/none"),
    ("competences", "unlink", "s", "c", "k", "--by", "b", "--reason", "r"),
    ("db", "migrate"),
]


def etl(address, *command):
    """The exit code of a command and the lines that it printed, when the warehouse is at this address."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_CONN")}
    done = subprocess.run(
        [sys.executable, "-m", "etl", *command],
        env=environment | {"WAREHOUSE_URL": address},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).splitlines()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_server_that_is_down_is_one_sentence(command):
    assert etl("postgresql://u:sec-ret@127.0.0.1:1/w", *command) == (
        1,
        [
            "etl: the warehouse w at 127.0.0.1:1: nothing answers there: start the server, or correct WAREHOUSE_URL"
        ],
    )


@pytest.mark.parametrize("command", [command for command in COMMANDS if command[0] != "db"], ids=" ".join)
def test_a_warehouse_that_is_not_migrated_is_one_sentence(postgres_url, command):
    address = embedded.ensure_database(postgres_url, "never_migrated")

    assert etl(address, *command) == (
        1,
        ["etl: the warehouse does not have the newest schema: run `etl db migrate`"],
    )


def test_a_login_that_is_not_known_is_one_sentence(postgres_url):
    code, lines = etl(postgres_url.replace("//postgres@", "//nobody:sec-ret@"), "report")

    assert (code, len(lines)) == (1, 1)
    assert "it does not know the user" in lines[0]
