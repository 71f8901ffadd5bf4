"""A poller as it is written in an afternoon: everything every night, each row inserted or updated by its key."""

import sys
from collections.abc import Sequence

import psycopg2
from psycopg2.extras import execute_values

from tests.benchmarks.beside import peak
from tests.benchmarks.beside.everything import KEYS, Row, Site

_TABLES = """
create table if not exists participants (
    course_id bigint, user_id bigint, idnumber text, email text, seen_at bigint, primary key (course_id, user_id)
);
create table if not exists grades (
    course_id bigint, user_id bigint, activity_id bigint, grade float, graded_at bigint, shown text,
    primary key (user_id, activity_id)
);
create table if not exists activities (activity_id bigint primary key, name text, gradepass text);
create table if not exists completions (
    course_id bigint, user_id bigint, completed boolean, completed_at bigint, primary key (course_id, user_id)
);
"""


def main(url: str, token: str, database: str) -> None:
    with psycopg2.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute(_TABLES)
        for table, rows in Site(url, token).everything():
            if rows:
                execute_values(cursor, upsert(table, list(rows[0])), values(rows), page_size=1000)


def upsert(table: str, columns: Sequence[str]) -> str:
    key = ", ".join(KEYS[table])
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in KEYS[table])
    return f"insert into {table} ({', '.join(columns)}) values %s on conflict ({key}) do update set {changes}"


def values(rows: Sequence[Row]) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in rows]


if __name__ == "__main__":
    main(*sys.argv[1:])
    peak.tell()
