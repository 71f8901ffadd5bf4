"""Migrations: any password, and whether a warehouse has the schema of these programs."""

import pytest

from etl import db
from etl.console.warehouse import warehouse_engine
from etl.db import schema
from etl.errors import GiveUp

PASSWORDS = ["pa ss", "p@ss", "p/s:s#", "50%", "a?b=c&d", "ü'\"\\"]


@pytest.fixture
def run(database):
    engine = db.engine(database)

    def run(statement):
        with engine.begin() as session:
            session.exec_driver_sql(statement)

    yield run
    engine.dispose()


def test_an_older_schema_is_said_with_what_to_do(database, run):
    engine = db.engine(database)
    with pytest.raises(GiveUp, match="does not have the newest schema: run `etl db migrate`"):
        schema.check(engine)

    schema.migrate(database)
    schema.check(engine)
    run("delete from ops.schema_migrations where version = (select max(version) from ops.schema_migrations)")
    with pytest.raises(GiveUp, match="does not have the newest schema: run `etl db migrate`"):
        schema.check(engine)
    engine.dispose()


def test_older_views_are_an_older_schema(database, run):
    schema.migrate(database)
    run("update ops.views_applied set fingerprint = 'of another version'")

    with pytest.raises(GiveUp, match="run `etl db migrate`"):
        schema.checked(database)


def test_a_newer_schema_is_refused_by_every_command_and_not_migrated(database, run, monkeypatch):
    schema.migrate(database)
    run("insert into ops.schema_migrations (version) values ('29990101000000')")
    monkeypatch.setenv("WAREHOUSE_URL", database)

    with (
        pytest.raises(GiveUp, match=r"newer schema \(29990101000000\) than these programs"),
        warehouse_engine(),
    ):
        pass
    with pytest.raises(GiveUp, match="install the version that migrated it"):
        schema.migrate(database)


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_warehouse_is_migrated_whatever_its_password_holds(database, password, monkeypatch):
    """The password is not checked by this server; what is looked at is what comes through and out of the programs."""
    host = db.address(database).query["host"]
    name = db.address(database).database
    schema.migrate(f"postgresql://{name}:{password}@/{name}?host={host}")

    assert db.address(f"postgresql://u:{password}@h:5433/d").password == password


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_migration_that_fails_never_prints_the_password(database, password, tmp_path):
    (tmp_path / "29990101000000_broken.sql").write_text("-- migrate:up\nselect nothing;\n-- migrate:down\n")
    parts = db.address(database)
    engine = db.engine(
        f"postgresql://{parts.database}:{password}@/{parts.database}?host={parts.query['host']}"
    )

    with pytest.raises(GiveUp, match="failed: ") as failed:
        schema.apply_migrations(engine, tmp_path)
    assert password not in str(failed.value)
    engine.dispose()


@pytest.mark.parametrize("url", ["nonsense", "mysql://u:sec-ret@h/d", "postgresql://u:sec-ret@h:port/d"])
def test_an_address_that_is_none_is_refused_without_showing_it(url):
    with pytest.raises(GiveUp, match="WAREHOUSE_URL is not of the form") as refused:
        db.engine(url)
    assert "sec-ret" not in str(refused.value)
