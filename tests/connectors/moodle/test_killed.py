"""SIGKILL anywhere in land, derive and load, then an ordinary run: the rows of an undisturbed night."""

import os
import signal

import pytest

from etl import db
from etl.connections import Connection
from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options
from etl.sandbox import accounts

pytestmark = pytest.mark.long

POINTS = [
    "plan.landed",
    "land.polled",
    "land.stored",
    "land.committed",
    "derive.decoded",
    "derive.done",
    "load.units",
    "load.completions",
    "load.written",
    "load.recorded",
    "load.committed",
]


def night(warehouse, url, point):
    os.environ["ETL_CRASH_AT"] = point
    connection = Connection("moodle_main", "moodle", host=f"{url}/moodle", password=accounts.MOODLE_TOKEN)
    moodle_results.run(db.engine(warehouse), lambda _: connection, Options())


@pytest.mark.parametrize("point", POINTS)
def test_a_night_killed_anywhere_ends_like_an_undisturbed_one(
    point, engine, connect, sandbox, warehouse, results, read, undisturbed, processes
):
    killed = processes.Process(target=night, args=(warehouse, sandbox.url, point))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    _, status = moodle_results.run(engine, connect, Options())
    assert status == "success"
    rows = results() | {
        "open rejections": set(
            read("select record_key || reason_code from ops.rejections where resolved_at is null").iloc[:, 0]
        )
    }
    assert len(rows["unit_results"]) == 72
    assert rows == undisturbed.setdefault("rows", rows)
