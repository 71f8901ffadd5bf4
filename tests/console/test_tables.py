"""Lists on the command line: whole values at any width, and nothing in them is taken for markup."""

import pytest
from rich.console import Console

from etl.console import tables

ROWS = [
    {"code": "[/red]x", "count": 7, "name": "a name that is far too long for a narrow window", "empty": None},
    {"code": "B", "count": 12, "name": "two\nlines\tand \x1b[31mcolour", "empty": None},
]


@pytest.fixture
def terminal(monkeypatch):
    """A function that makes the command line believe in a terminal of so many columns."""

    def terminal(width):
        shown = tables.Console
        monkeypatch.setattr(
            tables,
            "Console",
            lambda **options: shown(force_terminal=True, width=width, no_color=True, **options),
        )

    return terminal


def test_in_a_pipe_rows_are_tab_separated_with_a_header_and_nothing_is_cut(capsys):
    tables.show(ROWS)

    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["code", "count", "name", "empty"],
        ["[/red]x", "7", ROWS[0]["name"], ""],
        ["B", "12", "two lines and  [31mcolour", ""],
    ]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_on_a_terminal_every_value_is_whole(capsys, terminal, width):
    terminal(width)
    tables.show(ROWS)

    shown = " ".join(capsys.readouterr().out.split())
    assert "[/red]x" in shown
    assert ROWS[0]["name"] in shown


def test_no_rows_are_a_word(capsys):
    tables.show([], "no rows")
    assert capsys.readouterr().out == "no rows\n"


def test_the_console_of_prose_is_plain_text_of_a_fixed_width_without_a_terminal(capsys):
    assert isinstance(tables.console(), Console)
    assert tables.console().width == 120
