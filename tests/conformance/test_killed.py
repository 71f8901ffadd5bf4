"""SIGKILL at every point of a night that has a name, then an ordinary one: the golden result."""

import os
import re
import signal
from pathlib import Path

import pytest

from etl import db
from etl.connectors import registry
from etl.connectors.registry import CONNECTORS
from etl.engine import failpoint
from etl.engine.options import Options
from tests.conformance.nights import night, posted
from tests.conformance.stand_ins import stand_ins_of

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r'failpoint\.point\("([\w.]+)"\)')


def night_until(point, warehouse, flow, connections, messages):
    """What the process that gets killed does: our receiver and our flow."""
    os.environ["ETL_FAILPOINT"] = point
    engine = db.engine(warehouse)
    posted(engine, connections.__getitem__, messages)
    registry.flow(flow).run(engine, connections.__getitem__, Options())


def outcome(stand_in):
    _, status = night(stand_in)
    return status, stand_in.outcome()


@pytest.fixture
def points(monkeypatch):
    """A function that names the points that a night passes, in their order."""

    def points(stand_in):
        passed = {}
        monkeypatch.setattr(failpoint, "point", passed.setdefault)
        night(stand_in)
        monkeypatch.undo()
        return list(passed)

    return points


def sources(folder, system):
    return "".join(path.read_text(encoding="utf-8") for path in (ROOT / folder / system).rglob("*.py"))


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda one: one.system)
def test_nights_pass_every_point_that_no_test_of_the_connector_kills_them_at(connector, points, fresh):
    named = set(NAMED.findall(sources("etl/connectors", connector.system)))
    tests = sources("tests/connectors", connector.system)
    rest = {point for point in named if f'"{point}"' not in tests}
    for kind in stand_ins_of(connector) if rest else ():
        rest -= set(points(fresh(kind)[0]))
    assert rest == set()


def test_a_night_killed_anywhere_ends_like_an_undisturbed_one(kind, points, fresh, processes):
    passed = points(fresh(kind)[0])
    assert len(passed) >= 3
    for point in passed:
        stand_in, warehouse = fresh(kind)
        given = (point, warehouse, stand_in.flow, stand_in.connections, stand_in.messages())
        killed = processes.Process(target=night_until, args=given)
        killed.start()
        killed.join()
        assert killed.exitcode == -signal.SIGKILL, point
        if point in stand_in.undecided:
            assert night(stand_in)[1] == "incomplete", point
            stand_in.decide()
        assert outcome(stand_in) == ("success", stand_in.golden()), point
