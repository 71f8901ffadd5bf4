"""The page of the reference files: its list of files and columns is made from etl.reference.spec."""

from collections.abc import Iterator
from typing import Final

from etl import places
from etl.docs.markdown import anchor, cell, table
from etl.files.columns import COURSES, USERS, Column, File
from etl.files.kinds import in_words
from etl.reference.spec import FILES

PAGE: Final = places.ROOT / "docs" / "reference-files.md"
_MADE: Final = "<!-- From here on made by `etl docs reference-files` from etl/reference/spec.py. -->"
_IDS: Final = {COURSES: "a course", USERS: "a user, where the scheme is a source's; else a number or code"}


def reference_files_page() -> str:
    """The page: what a person wrote at its beginning, and the files that there are."""
    written = PAGE.read_text(encoding="utf-8").partition(_MADE)[0]
    return "\n".join([written + _MADE, "", *("\n".join(_section(file)) for file in FILES)])


def _section(file: File) -> Iterator[str]:
    yield f"## {file.filename}\n\n{file.about}.\n"
    yield table(["column", "what it holds", "if empty"], ([*_column(file, one)] for one in file.columns))
    if file.rules:
        yield "\nAnd between columns and lines:\n"
        yield from (f"- `{rule.column}`: {cell(rule.reason)}." for rule in file.rules)
    yield ""


def _column(file: File, column: Column) -> Iterator[str]:
    yield f"**{column.name}**" if column.name in file.key else column.name
    yield ", ".join(_holds(column))
    yield _if_empty(column)


def _holds(column: Column) -> Iterator[str]:
    if column.references:
        yield f"one of [{column.references}.csv](#{anchor(f'{column.references}.csv')})"
    elif column.ids_of:
        yield f"the id of {_IDS[column.ids_of]}"
    else:
        yield cell(in_words(column.kind))
    if column.not_a:
        yield "not a {1} of {0}.csv".format(*column.not_a.split("."))


def _if_empty(column: Column) -> str:
    if column.default is None:
        stands = "refused" if column.required else "not known"
    elif column.no_default is None:
        stands = f"`{column.default}`"
    else:
        other, values = column.no_default
        stands = f"`{column.default}`; refused where {other} is {', '.join(sorted(values))}"
    return f"{stands}; the column may be left out" if column.may_be_absent else stands
