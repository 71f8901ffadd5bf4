"""The warehouse: connections, SQL files and migrations."""

import io
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL, make_url

from etl.errors import GiveUp

SQL_DIR = Path(__file__).resolve().parents[1] / "sql"


def engine(url: str) -> Engine:
    """An engine for a PostgreSQL URL of any spelling; a bare postgresql:// would mean another driver."""
    return create_engine(
        _parsed(url).set(drivername="postgresql+psycopg2"),
        pool_pre_ping=True,
        connect_args={"options": "-c timezone=UTC"},
    )


@cache
def sql(name: str) -> str:
    """The text of ``sql/<name>.sql``."""
    return (SQL_DIR / f"{name}.sql").read_text(encoding="utf-8")


def execute(connection: Connection, name: str, **parameters: Any) -> int:
    """Run ``sql/<name>.sql`` and return the number of rows it wrote."""
    return connection.execute(text(sql(name)), parameters).rowcount


def query(connection: Connection, name: str, **parameters: Any) -> pd.DataFrame:
    """The rows of ``sql/<name>.sql`` as a DataFrame: ids stay strings, dates and times are datetime64.

    Read by COPY, which is several times faster than fetching rows and needs no Python objects.
    """
    statement = text(sql(name)).compile(dialect=connection.dialect)
    with driver_cursor(connection) as cursor:
        select = cursor.mogrify(str(statement), parameters).decode()
        cursor.execute(f"select * from ({select}) as wanted limit 0")  # noqa: S608 - our own SQL
        types = {
            column.name: _ARROW_TYPES.get(column.type_code, pa.string()) for column in cursor.description
        }
        stream = io.BytesIO()
        cursor.copy_expert(f"copy ({select}) to stdout (format csv, header)", stream)
    table = pa_csv.read_csv(
        pa.BufferReader(stream.getbuffer()),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),  # a name or a course title may hold one
        convert_options=_options(types),
    )
    frame: pd.DataFrame = table.to_pandas()
    return frame


def rows(connection: Connection, name: str, **parameters: Any) -> list[Mapping[str, Any]]:
    """The rows of ``sql/<name>.sql`` as mappings."""
    return [dict(row) for row in connection.execute(text(sql(name)), parameters).mappings()]


def copy(connection: Connection, table: str, frame: pd.DataFrame) -> None:
    """COPY the columns of ``frame`` into ``table`` (empty = NULL). ``table`` is a name from our own SQL."""
    stream = pa.BufferOutputStream()
    # One chunk: for an empty one, which pd.concat leaves behind, the writer puts out what was in memory before.
    arrow = pa.Table.from_pandas(frame, preserve_index=False).combine_chunks()
    pa_csv.write_csv(arrow, stream, pa_csv.WriteOptions(include_header=False))
    columns = ", ".join(f'"{name}"' for name in frame.columns)
    with driver_cursor(connection) as cursor:
        cursor.copy_expert(
            f"copy {table} ({columns}) from stdin (format csv)", pa.BufferReader(stream.getvalue())
        )


@contextmanager
def driver_cursor(connection: Connection) -> Iterator[Any]:
    """A psycopg2 cursor inside the transaction of ``connection``; for COPY only."""
    cursor = connection.connection.cursor()
    try:
        yield cursor
    finally:
        cursor.close()


def migrate(url: str) -> None:
    """Bring the warehouse to the newest schema and views. Raises GiveUp with dbmate's own words."""
    parsed = _parsed(url)
    dbmate = Path(sys.executable).with_name("dbmate")  # the wheel puts it beside the interpreter
    command = [
        str(dbmate),
        "--migrations-dir",
        str(SQL_DIR / "migrations"),
        "--migrations-table",
        "ops.schema_migrations",
    ]
    command += ["--no-dump-schema", "up"]
    environment = os.environ | {"DATABASE_URL": _dbmate_url(parsed)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise GiveUp(f"migrating the warehouse {parsed.database} failed: {done.stderr.strip()}")
    warehouse = engine(url)
    with warehouse.begin() as connection:
        for path in sorted((SQL_DIR / "views").glob("*.sql")):
            connection.exec_driver_sql(path.read_text(encoding="utf-8").replace("%", "%%"))
    warehouse.dispose()


def is_migrated(warehouse: Engine) -> bool:
    """Whether the warehouse has the newest schema."""
    newest = {path.name.partition("_")[0] for path in (SQL_DIR / "migrations").glob("*.sql")}
    with warehouse.connect() as connection:
        known = connection.execute(text("select to_regclass('ops.schema_migrations')")).scalar_one()
        return known is not None and newest <= {
            row["version"] for row in rows(connection, "load/schema_versions")
        }


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


def _parsed(url: str) -> URL:
    return make_url(url.replace("postgres://", "postgresql://", 1))


def _dbmate_url(url: URL) -> str:
    host = url.query.get("host")
    query = dict(url.query)
    if isinstance(host, str) and host.startswith("/"):  # dbmate spells a unix socket another way than libpq
        query.pop("host")
        query["socket"] = host
    query.setdefault("sslmode", "disable" if "socket" in query or url.host in _LOOPBACK else "prefer")
    return url.set(drivername="postgres", query=query).render_as_string(hide_password=False)


_LOOPBACK: Iterable[str | None] = (None, "localhost", "127.0.0.1", "::1")
