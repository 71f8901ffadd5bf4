"""Migrating again, or from the first release, leaves alone what was granted on the views and what was built on them."""

import csv
from itertools import groupby
from pathlib import Path

import pytest

from etl import db
from etl.db import embedded, schema, views
from etl.errors import GiveUp

FIRST_RELEASE = Path(__file__).with_name("views_of_the_first_release.csv")


@pytest.fixture
def run(database):
    """A function that runs a statement in the database and returns its rows, where it has any."""
    engine = db.engine(database)

    def run(statement):
        with engine.begin() as session:
            done = session.exec_driver_sql(statement)
            return [tuple(row) for row in done] if done.returns_rows else []

    yield run
    engine.dispose()


@pytest.fixture
def analyst(postgres_url):
    """The name of a role that reads the views."""
    embedded.ensure_database(postgres_url, "analyst")
    return "analyst"


def first_release():
    """By view of the first release, its columns with their types, as it was installed at customers."""
    with FIRST_RELEASE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {view: list(columns) for view, columns in groupby(rows, lambda row: row["view"])}


@pytest.fixture
def old(database, run):
    """A warehouse whose views have the columns of the first release; returns their names."""
    schema.migrate(database)
    run("drop schema mart cascade; create schema mart; truncate ops.views_applied")
    for view, columns in first_release().items():
        wanted = ", ".join(f"cast(null as {column['type']}) as {column['column']}" for column in columns)
        run(f"create view mart.{view} as select {wanted}")
    return list(first_release())


def test_grants_and_views_of_others_stay_when_the_first_release_is_upgraded(database, run, old, analyst):
    run("create schema theirs")
    for view in old:
        run(f"grant select on mart.{view} to {analyst} with grant option")
        run(f"create view theirs.{view} as select * from mart.{view}")

    schema.migrate(database)

    for view in old:
        assert run(f"select has_table_privilege('{analyst}', 'mart.{view}', 'select with grant option')") == [
            (True,)
        ]
        assert run(f"select count(*) >= 0 from theirs.{view}") == [(True,)]


def test_the_columns_of_the_first_release_are_all_there_with_their_types(database, run):
    schema.migrate(database)

    found = run(
        "select relname || '.' || attname, format_type(atttypid, atttypmod) from pg_attribute"
        " join pg_class on pg_class.oid = attrelid where relnamespace = 'mart'::regnamespace and attnum > 0"
    )
    before = {
        (f"{view}.{column['column']}", column["type"])
        for view, rows in first_release().items()
        for column in rows
    }
    assert before - set(found) == set()


def test_a_second_migrate_does_nothing_at_all(database, run, analyst):
    schema.migrate(database)
    run(f"grant select on mart.test_results to {analyst}")
    made = "select oid, xmin from pg_class where relnamespace = 'mart'::regnamespace order by oid"
    before, applied = run(made), run("select applied_at from ops.views_applied")

    schema.migrate(database)

    assert (run(made), run("select applied_at from ops.views_applied")) == (before, applied)


def test_grants_on_single_columns_and_to_everybody_are_given_again_where_a_view_takes_another_shape(
    database, run, analyst
):
    schema.migrate(database)
    run("drop view mart.link_log cascade; create view mart.link_log as select 1 as other, text 'x' as event")
    run(f"grant select (event) on mart.link_log to {analyst}; grant select on mart.link_log to public")
    run("truncate ops.views_applied")

    schema.migrate(database)

    assert run(f"select has_column_privilege('{analyst}', 'mart.link_log', 'event', 'select')") == [(True,)]
    assert run(
        "select 'brin6' in (select attname from pg_attribute where attrelid = 'mart.link_log'::regclass)"
    ) == [(True,)]
    assert "=r/" in run("select relacl::text from pg_class where oid = 'mart.link_log'::regclass")[0][0]


def test_a_view_of_others_that_stands_in_the_way_is_named_and_nothing_is_changed(database, run):
    schema.migrate(database)
    run(
        "drop view mart.link_log cascade; create view mart.link_log as select 1 as other; create schema theirs"
    )
    run("create view theirs.log as select * from mart.link_log; truncate ops.views_applied")

    with pytest.raises(
        GiveUp, match=r"mart\.link_log takes another shape, and others have built theirs\.log on it"
    ):
        schema.migrate(database)
    assert run("select * from theirs.log") == [(1,)]

    run("drop view theirs.log")
    schema.migrate(database)
    assert schema.checked(database).dispose() is None


def test_the_files_of_views_only_replace_and_comment():
    for path in sorted((db.SQL_DIR / "views").glob("*.sql")):
        for statement in views.statements(path.read_text(encoding="utf-8")):
            bare = [line for line in statement.splitlines() if not line.startswith("--")]
            assert bare[0].startswith(("create or replace view ", "comment on ")), bare[0]
