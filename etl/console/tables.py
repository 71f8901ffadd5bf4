"""Lists of rows on the command line: a table on a terminal, tab-separated text for a pipe or a file."""

import csv
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_PLAIN_WIDTH: Final = 120  # of what is prose, where nobody watches
_ANY_WIDTH: Final = 100_000


def console() -> Console:
    """Where prose goes: as wide as the terminal, or plain text of a fixed width where there is none."""
    shown = Console(highlight=False)
    return shown if shown.is_terminal else Console(highlight=False, width=_PLAIN_WIDTH)


def show(rows: Sequence[Mapping[str, Any]], none: str = "nothing") -> None:
    """Print rows that have the same columns; ``none`` says that there is none.

    No value is ever cut: on a terminal too narrow for the table each row is a list of its own, and without a
    terminal the rows are tab-separated, with a header.
    """
    if not rows:
        typer.echo(none)
        return
    columns = list(rows[0])
    texts = [[_text(row[name]) for name in columns] for row in rows]
    shown = Console(highlight=False)
    if not shown.is_terminal:
        _write_plain(columns, texts)
        return
    table = _table(columns, texts)
    wanted = shown.measure(table, options=shown.options.update(width=_ANY_WIDTH)).maximum
    if wanted <= shown.width:
        shown.print(table)
    else:
        _print_lists(shown, columns, texts)


def _table(columns: list[str], texts: list[list[str]]) -> Table:
    table = Table(*columns, box=box.SIMPLE_HEAD)
    for row in texts:
        table.add_row(*(Text(value) for value in row))  # Text: a code such as [/red] is not markup
    return table


def _print_lists(shown: Console, columns: list[str], texts: list[list[str]]) -> None:
    for row in texts:
        for name, value in zip(columns, row, strict=True):
            if value:
                shown.print(Text.assemble((f"{name}: ", "dim"), value))
        shown.print()


def _write_plain(columns: list[str], texts: list[list[str]]) -> None:
    writer = csv.writer(sys.stdout, dialect="excel-tab", lineterminator="\n")
    writer.writerows([columns, *texts])


def _text(value: object) -> str:
    if value is None:
        return ""
    text = value.isoformat(" ", "seconds") if isinstance(value, datetime) else str(value)
    return "".join(one if one.isprintable() else " " for one in text)  # no row is broken, no terminal steered
