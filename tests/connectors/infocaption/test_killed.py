"""SIGKILL anywhere in land, derive, load and award, then an ordinary run: the rows of an undisturbed night."""

import os
import signal

import pytest

from etl import db
from etl.connectors.infocaption import flow as infocaption_competences
from etl.engine.options import Options
from tests.fixtures.nights import as_text, infocaption_connection

pytestmark = pytest.mark.long

POINTS = [
    "plan.landed",
    "land.polled",
    "land.stored",
    "land.committed",
    "derive.decoded",
    "derive.done",
    "load.written",
    "load.recorded",
    "load.committed",
    "award.done",
    "award.written",
    "award.recorded",
    "award.committed",
]
ROWS = {
    "competences": "select client_code, competence_code, valid_from, valid_to, source_course_id"
    " from core.earned_competences",
    "passes": "select source_course_id, client_code, passed_at from core.course_passes",
    "rejections": "select record_key, reason_code from ops.rejections where resolved_at is null",
    "courses": "select source_course_id, gone from core.courses",
}


def night(warehouse, url, point):
    os.environ["ETL_CRASH_AT"] = point
    connection = infocaption_connection(url)
    infocaption_competences.run(db.engine(warehouse), lambda _: connection, Options())


@pytest.mark.parametrize("point", POINTS)
def test_a_night_killed_anywhere_ends_like_an_undisturbed_one(
    point, engine, connect, sandbox, warehouse, read, undisturbed, processes
):
    killed = processes.Process(target=night, args=(warehouse, sandbox.url, point))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    _, status = infocaption_competences.run(engine, connect, Options())
    assert status == "success"
    rows = {name: as_text(read(statement)) for name, statement in ROWS.items()}
    assert len(rows["competences"]) == 33
    assert rows == undisturbed.setdefault("rows", rows)
