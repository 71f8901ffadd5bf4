"""The columns of a reference file and what they refer to (docs/reference-files.md, Values)."""

from dataclasses import dataclass

from etl.files.kinds import Kind, code, text
from etl.files.rules import Rule

COURSES, USERS = "courses", "users"


@dataclass(frozen=True)
class Column:
    """One column. ``references`` names the file whose key it holds; ``default`` stands for an empty value,
    except where another column has one of certain values (``no_default``).

    ``not_a`` names a file and one of its columns, among whose values it must not be. ``ids_of``: it holds ids of
    courses or users, which look as the system of the line's source makes them.
    """

    name: str
    kind: Kind = code
    required: bool = False
    references: str = ""
    default: str | None = None
    no_default: tuple[str, frozenset[str]] | None = None
    may_be_absent: bool = False
    not_a: str = ""
    ids_of: str = ""


@dataclass(frozen=True)
class File:
    """One file ``<name>.csv``, which states the whole of the table ``core.<name>``; ``about``: for its page."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...] = ()
    about: str = ""

    @property
    def filename(self) -> str:
        """The name of the file on disk."""
        return f"{self.name}.csv"

    @property
    def table(self) -> str:
        """The table that holds its rows."""
        return f"core.{self.name}"

    @property
    def column_names(self) -> list[str]:
        """All columns, in the order of the file."""
        return [column.name for column in self.columns]


def key(name: str, kind: Kind = code) -> Column:
    """A column of the key."""
    return Column(name, kind, required=True)


def required(name: str, kind: Kind = text) -> Column:
    """A column that every line fills in."""
    return Column(name, kind, required=True)


def reference(name: str, file: str, kind: Kind = code) -> Column:
    """The key of another file."""
    return Column(name, kind, required=True, references=file)


def course() -> Column:
    """A course of the line's source."""
    return Column("source_course_id", required=True, ids_of=COURSES)


def extra(name: str, kind: Kind = code, default: str | None = None) -> Column:
    """A column that a file may leave out."""
    return Column(name, kind, default=default, may_be_absent=True)
