"""A warehouse whose clock is set: its statements and defaults ask functions that stand before PostgreSQL's own."""

from datetime import datetime

from psycopg2 import sql
from sqlalchemy import Engine

from etl.db import embedded

_CLOCK = """
create schema clock;
grant usage on schema clock to public;
create table clock.ahead (by interval not null);
insert into clock.ahead values ('0');
grant select, update on clock.ahead to public;
create function clock.clock_timestamp() returns timestamptz language sql volatile as
'select pg_catalog.clock_timestamp() + by from clock.ahead';
create function clock.now() returns timestamptz language sql stable as
'select pg_catalog.now() + by from clock.ahead';
"""
_DEFAULTS = """
select format('%%I.%%I', table_schema, table_name) as relation, column_name
from information_schema.columns
where table_schema in ('raw', 'core', 'ops') and column_default ~ '(clock_timestamp|now)\\(\\)'
"""
_FIRST = "clock, pg_catalog, public"


def build_in(engine: Engine) -> None:
    """Give a migrated warehouse such a clock; ``follow`` has to be said of each copy of it."""
    with engine.begin() as session:
        session.exec_driver_sql(_CLOCK)
        for relation, column in session.exec_driver_sql(_DEFAULTS).all():
            session.exec_driver_sql(
                f"alter table {relation} alter column {column} set default clock.clock_timestamp()"
            )


def follow(administrator_url: str, warehouse: str) -> None:
    """Sessions of this database ask the clock that is set."""
    statement = sql.SQL("alter database {} set search_path = " + _FIRST)
    embedded.execute(administrator_url, statement.format(sql.Identifier(warehouse)))


def put(engine: Engine, moment: datetime) -> None:
    """It is this moment now, and time goes on from there."""
    with engine.begin() as session:
        session.exec_driver_sql("update clock.ahead set by = %s - pg_catalog.clock_timestamp()", (moment,))
