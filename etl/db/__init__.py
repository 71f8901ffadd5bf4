"""The warehouse: connections, and the statements of sql/.

``<folder>/<file>.<name>`` is the part of ``sql/<folder>/<file>.sql`` that begins with ``-- name: <name>``: statements
stand beside their kin, in the folder of the package that runs them. Values are written ``:value``; only the statements
over any reference file have names of tables and columns put in, written ``{table}``.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import Connection as Session
from sqlalchemy import Engine, TextClause, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from etl import places
from etl.db import faults as db_faults
from etl.errors import DatabaseFault, GiveUp

SQL_DIR: Final = places.resource("sql")
_NAME: Final = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def engine(url: str) -> Engine:
    """An engine for a PostgreSQL URL of any spelling. What it cannot do is a DatabaseFault, which holds no value.

    Nothing is compiled (jit): that takes longer than our statements gain by it.
    """
    made = create_engine(
        address(url),
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"options": "-c timezone=UTC -c jit=off"},
    )
    db_faults.guard(made)
    return made


def address(url: str) -> URL:
    """The parts of a URL of PostgreSQL. Raises GiveUp, without the URL: it may hold a password."""
    scheme, separator, rest = url.partition("://")
    before_query, question_mark, query = rest.partition("?")
    if "@" not in before_query:  # then a password holds the question mark
        before_query, question_mark, query = rest, "", ""
    login, at, place = before_query.rpartition("@")
    readable = f"{scheme}{separator}{login.replace('@', '%40')}{at}{place}{question_mark}{query}"
    try:
        found = make_url(readable)
    except (ArgumentError, ValueError):
        found = None
    if found is None or not re.fullmatch(r"postgres(ql)?(\+\w+)?", found.drivername):
        raise GiveUp("WAREHOUSE_URL is not of the form postgresql://user:password@host:port/database")
    return found.set(drivername="postgresql+psycopg2")  # a bare postgresql:// would mean another driver


def sql(name: str) -> str:
    """The text of a statement."""
    file, _, statement = name.partition(".")
    return _statements(file)[statement]


@cache
def _clause(name: str) -> TextClause:
    """Looked through for its values once: that takes longer than many a statement."""
    return text(sql(name))


@cache
def _statements(file: str) -> Mapping[str, str]:
    _, *parts = _NAME.split((SQL_DIR / f"{file}.sql").read_text(encoding="utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def execute(session: Session, name: str, **parameters: Any) -> int:
    """Run a statement and return the number of rows it wrote."""
    return session.execute(_clause(name), parameters).rowcount


def query(session: Session, name: str, **parameters: Any) -> pd.DataFrame:
    """The rows of a statement as a DataFrame: ids stay strings, dates and times are datetime64.

    Read by COPY, which is several times faster than fetching rows and needs no Python objects.
    """
    statement = _clause(name).compile(dialect=session.dialect)
    with driver_cursor(session) as cursor:
        select = cursor.mogrify(str(statement), parameters).decode()
        cursor.execute(f"select * from ({select}) as wanted limit 0")  # noqa: S608 - our own SQL
        types = {
            column.name: _ARROW_TYPES.get(column.type_code, pa.string()) for column in cursor.description
        }
        stream = io.BytesIO()
        cursor.copy_expert(f"copy ({select}) to stdout (format csv, header)", stream)
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(stream.getbuffer()),
            parse_options=pa_csv.ParseOptions(
                newlines_in_values=True
            ),  # a name or a course title may hold one
            convert_options=_options(types),
        )
    except pa.ArrowInvalid:  # its text holds the value
        raise DatabaseFault(
            f"the warehouse: {name}: a value does not have the type of its column", None
        ) from None
    frame: pd.DataFrame = table.to_pandas()
    return frame


def rows(session: Session, name: str, **parameters: Any) -> list[Mapping[str, Any]]:
    """The rows of a statement as mappings."""
    found = session.execute(_clause(name), parameters)
    names = tuple(found.keys())
    # Several times faster than found.mappings().
    return [dict(zip(names, row, strict=True)) for row in found.all()]


def copy(session: Session, table: str, rows: pd.DataFrame | pa.Table) -> None:
    """COPY the columns of ``rows`` into ``table`` (empty = NULL). ``table`` is a name from our own SQL."""
    stream = pa.BufferOutputStream()
    arrow = rows if isinstance(rows, pa.Table) else _arrow(table, rows)
    pa_csv.write_csv(arrow, stream, pa_csv.WriteOptions(include_header=False))
    columns = ", ".join(f'"{name}"' for name in arrow.column_names)
    with driver_cursor(session) as cursor:
        cursor.copy_expert(
            f"copy {table} ({columns}) from stdin (format csv)", pa.BufferReader(stream.getvalue())
        )


def _arrow(table: str, frame: pd.DataFrame) -> pa.Table:
    """One chunk: for an empty one, which pd.concat leaves behind, the writer puts out what was in memory before."""
    try:
        arrow = pa.Table.from_pandas(frame, preserve_index=False).combine_chunks()
    except pa.ArrowException:  # its text holds the value
        raise DatabaseFault(f"the warehouse: {table}: a column has values of several types", None) from None
    return pa.table([_days(column) for column in arrow.columns], arrow.column_names)


def _days(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Days without the time of midnight, which takes longer to write and to read than the day itself."""
    if not pa.types.is_timestamp(column.type) or column.type.tz is not None:
        return column
    days = column.cast(pa.date32())
    return days if days.cast(column.type).equals(column) else column


def binaries(values: Iterable[bytes]) -> str:
    """An array of bytea as one literal; a list would be an expression for each value, which the server parses."""
    inner = ",".join([f'"\\\\x{value.hex()}"' for value in values])
    return f"{{{inner}}}"


@contextmanager
def driver_cursor(session: Session) -> Iterator[Any]:
    """A psycopg2 cursor inside the transaction of ``session``; for COPY only."""
    cursor = session.connection.cursor()
    try:
        with db_faults.translated(session.engine.url):
            yield cursor
    finally:
        cursor.close()


def _options(types: dict[str, pa.DataType]) -> pa_csv.ConvertOptions:
    return pa_csv.ConvertOptions(
        column_types=types,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["t"],
        false_values=["f"],
        timestamp_parsers=["%Y-%m-%d %H:%M:%S", pa_csv.ISO8601],
    )


# PostgreSQL's type numbers; what is not named here is read as text. Times are UTC: see engine().
_ARROW_TYPES = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int64(),
    23: pa.int64(),
    700: pa.float64(),
    701: pa.float64(),
    1082: pa.timestamp("s"),
    1184: pa.timestamp("us", tz="UTC"),
    1700: pa.float64(),
}
