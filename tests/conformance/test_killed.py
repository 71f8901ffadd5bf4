"""SIGKILL at every point of a run that has a name, then an ordinary run: the golden result, as if nothing had been."""

import os
import re
import signal
from pathlib import Path

import pytest

from etl import db
from etl.connectors import registry
from etl.engine import failpoint
from etl.engine.options import Options

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r'failpoint\.point\("([\w.]+)"\)')


def run_until(point, warehouse, flow, connections):
    """What the process that gets killed does."""
    os.environ["ETL_FAILPOINT"] = point
    registry.flow(flow).run(db.engine(warehouse), connections.__getitem__, Options())


def run(stand_in):
    _, status = registry.flow(stand_in.flow).run(stand_in.engine, stand_in.connect, Options())
    return status, stand_in.outcome()


@pytest.fixture
def points(stand_in, monkeypatch):
    """The names of the points that a run passes, in their order."""
    passed = {}
    monkeypatch.setattr(failpoint, "point", passed.setdefault)
    run(stand_in)
    monkeypatch.undo()
    return list(passed)


def sources(folder, system):
    return "".join(path.read_text(encoding="utf-8") for path in (ROOT / folder / system).rglob("*.py"))


def test_a_run_passes_every_point_that_no_test_of_the_connector_kills_it_at(connector, points):
    named = set(NAMED.findall(sources("etl/connectors", connector.system))) - set(points)
    tests = sources("tests/connectors", connector.system)
    assert [point for point in named if f'"{point}"' not in tests] == []


def test_a_run_killed_anywhere_ends_like_an_undisturbed_one(points, fresh, processes):
    assert len(points) >= 3
    for point in points:
        stand_in, warehouse = fresh()
        given = (point, warehouse, stand_in.flow, stand_in.connections)
        killed = processes.Process(target=run_until, args=given)
        killed.start()
        killed.join()
        assert killed.exitcode == -signal.SIGKILL, point
        assert run(stand_in) == ("success", stand_in.golden()), point
