"""A database that refuses rows in the middle of a flow, and everything that a person or a log then gets to see."""

import logging
import traceback

import pytest


def refuse_rows(engine, table):
    """From now on ``table`` takes no row; PostgreSQL says which row it was, with all its values."""
    with engine.begin() as connection:
        connection.exec_driver_sql(f"alter table {table} add constraint broken check (false) not valid")


def told(caplog, call):
    """What ``call`` tells: its exception with every cause, as a traceback prints it, and what it logged."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Exception) as raised:  # noqa: PT011 - any: what it tells is looked at
        call()
    return "".join(traceback.format_exception(raised.value)) + caplog.text
