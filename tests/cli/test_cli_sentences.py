"""What a person gave on the command line and that cannot be used is one sentence, not a traceback."""

import pytest

from etl import cli

SEND = ("sandbox", "send", "--code", "99QQ001234567890abcd", "--to", "http://127.0.0.1:1")


@pytest.fixture
def said(monkeypatch):
    """A function that runs the command ``etl`` and returns what it says when it fails."""

    def said(*given):
        monkeypatch.setattr("sys.argv", ["etl", *given])
        with pytest.raises(SystemExit) as ended:
            cli.app()
        return ended.value.code

    return said


def test_a_file_that_is_not_there_is_named(said):
    assert said(*SEND, "/no/such/file") == "etl: /no/such/file: No such file or directory"


def test_an_address_that_does_not_answer_is_said_with_what_to_do(said):
    assert said(*SEND, "first_night") == (
        "etl: nothing listens at this host and port: is the system up, and is the port right?"
    )


def test_a_folder_that_cannot_be_made_is_named(said, warehouse, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)

    assert said("reference", "export", "/proc/none").startswith("etl: /proc/none: ")


@pytest.mark.parametrize("given", [("run", "[/red]x"), ("report", "[/red]x"), ("check", "[/red]x")])
def test_what_looks_like_markup_is_repeated_as_it_is(said, warehouse, monkeypatch, given):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)

    assert "[/red]x" in said(*given)
