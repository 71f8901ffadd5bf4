"""The reference tables of the warehouse, and the statements that are the same for each of them."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
from psycopg2 import sql
from sqlalchemy import Connection as Session

from etl import db
from etl.files.columns import File
from etl.reference import formulas


def values(session: Session, file: File, column: str) -> "pd.Series[str]":
    """The different values of one column in the open rows of the file's table."""
    return lines(session, file, [column])[column].dropna()


def entered(session: Session, file: File, column: str) -> "pd.Series[str]":
    """The same of the rows that people entered."""
    with db.driver_cursor(session) as cursor:
        cursor.execute(statement("values_by_hand", file, texts=texts([column])), {"file": file.name})
        return pd.Series([row[0] for row in cursor.fetchall()], dtype="str").dropna()


def lines(session: Session, file: File, columns: Sequence[str]) -> pd.DataFrame:
    """The different values of some columns together in the open rows of the file's table."""
    with db.driver_cursor(session) as cursor:
        cursor.execute(statement("values", file, texts=texts(columns)))
        return pd.DataFrame(cursor.fetchall(), columns=list(columns), dtype="str")


def of_key(session: Session, file: File, key: Sequence[str]) -> dict[str, str] | None:
    """The open row of a key, empty where a column says nothing; None where there is none."""
    # Literals without a type take that of the column, so that the index of the key finds the row.
    sought = sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, key)))
    with db.driver_cursor(session) as cursor:
        cursor.execute(statement("of_key", file, texts=texts(file.column_names), sought=sought))
        found = cursor.fetchone()
    return found and {name: said or "" for name, said in zip(file.column_names, found, strict=True)}


def stated(session: Session, file: File) -> "pd.Series[str]":
    """The first column of the key in the rows that systems state: a file need not state them."""
    with db.driver_cursor(session) as cursor:
        cursor.execute(statement("stated", file, first=sql.Identifier(file.key[0])), {"file": file.name})
        return pd.Series([row[0] for row in cursor.fetchall()], dtype="str")


def run(session: Session, name: str, file: File, values: Mapping[str, str] | None = None) -> int:
    """Run a statement of sql/reference/files.sql for the table of ``file`` and return the number of rows it wrote."""
    with db.driver_cursor(session) as cursor:
        cursor.execute(statement(name, file), values or {"file": file.name})
        return int(cursor.rowcount)


def counts(session: Session, name: str, file: File) -> tuple[int, ...]:
    """The one row of numbers that a statement of sql/reference/files.sql gives for the table of ``file``."""
    with db.driver_cursor(session) as cursor:
        cursor.execute(statement(name, file), {"file": file.name})
        return tuple(map(int, cursor.fetchone()))


def statement(name: str, file: File, **parts: sql.Composable) -> sql.Composed:
    """A statement of sql/reference/files.sql with the names of the table, its key and its columns put in."""
    others = [column for column in file.column_names if column not in file.key]
    return sql.SQL(db.sql(f"reference/files.{name}")).format(
        table=sql.Identifier(*file.table.split(".")),
        key=_listed("{0}", file.key),
        columns=_listed("{0}", file.column_names),
        changes=_listed("{0} = excluded.{0}", [*others, "closed_at"]),
        **parts,
    )


def texts(columns: Iterable[str]) -> sql.Composed:
    """The columns as PostgreSQL writes them in words: dates as YYYY-MM-DD, true and false."""
    return _listed("cast({0} as text) as {0}", columns)


def exported(columns: Iterable[str]) -> sql.Composed:
    """The same as a file holds them, where a spreadsheet may open it."""
    guarded = [
        sql.SQL("{} as {}").format(formulas.guarded(sql.SQL("cast({} as text)").format(name)), name)
        for name in map(sql.Identifier, columns)
    ]
    return sql.SQL(", ").join(guarded)


def _listed(form: str, names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL(form).format(sql.Identifier(name)) for name in names)
