"""Every command says in one sentence that the warehouse cannot be used, and what to do; none prints a traceback."""

import pytest

from etl import cli
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


@pytest.fixture
def etl(monkeypatch, capsys):
    """A function that runs a command on the warehouse at an address: its exit code and the lines that it printed."""

    def etl(address, *command):
        monkeypatch.setenv("WAREHOUSE_URL", address)
        monkeypatch.setattr("sys.argv", ["etl", *command])
        with pytest.raises(SystemExit) as ended:
            cli.app()
        said = capsys.readouterr()
        lines = (said.out + said.err).splitlines()
        if isinstance(ended.value.code, str):  # what Python prints at its end
            return 1, [*lines, *ended.value.code.splitlines()]
        return ended.value.code, lines

    return etl


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_server_that_is_down_is_one_sentence(etl, command):
    assert etl("postgresql://u:sec-ret@127.0.0.1:1/w", *command) == (
        1,
        [
            "etl: the warehouse w at 127.0.0.1:1: nothing answers there: start the server, or correct WAREHOUSE_URL"
        ],
    )


@pytest.mark.parametrize("command", [command for command in COMMANDS if command[0] != "db"], ids=" ".join)
def test_a_warehouse_that_is_not_migrated_is_one_sentence(etl, postgres_url, command):
    address = embedded.ensure_database(postgres_url, "never_migrated")

    assert etl(address, *command) == (
        1,
        ["etl: the warehouse does not have the newest schema: run `etl db migrate`"],
    )


def test_a_login_that_is_not_known_is_one_sentence(etl, postgres_url):
    code, lines = etl(postgres_url.replace("//postgres@", "//nobody:sec-ret@"), "report")

    assert (code, len(lines)) == (1, 1)
    assert "it does not know the user" in lines[0]
