"""What anybody gets to see: no secret and no person, and the test of a connection names what is missing."""

import json
import logging
from contextlib import nullcontext
from inspect import signature

import pytest

from etl.connectors import registry
from etl.engine.options import Options
from etl.load.report import markdown
from tests.conformance.nights import deliver, night, work
from tests.fixtures.planted import alone

# What a report is made of; the ledgers and landings beside it hold persons, that is what they are for.
TOLD = ("ops.runs", "ops.run_steps", "ops.rejections")

pytestmark = pytest.mark.long  # what each connector does of it is in the quick tests of the connector


@pytest.fixture
def everything_told(stand_in, caplog, capfd):
    """What two bad nights and a good one log, print, raise and report, and what senders are answered."""
    caplog.set_level(logging.DEBUG)
    told = []

    def played():
        told.extend(answer.text for answer in deliver(stand_in))
        run_id, _ = work(stand_in)
        told.append(markdown(stand_in.engine, run_id))

    stand_in.garble(stand_in.damages[0])
    played()
    stand_in.mend()
    stand_in.break_one()
    played()
    stand_in.mend()
    played()
    told += [str(stand_in.rows(f"select * from {table}")) for table in TOLD]
    return "\n".join([*told, caplog.text, *capfd.readouterr()])


@pytest.mark.long
def test_no_secret_and_no_person_is_told(stand_in, everything_told):
    assert stand_in.flow in everything_told
    assert stand_in.broken in everything_told
    assert len(stand_in.planted) >= 5
    assert alone(stand_in.planted, everything_told) == []


def said_of(stand_in, connection):
    """Whether the test of a connection is content, and all that it says."""
    report = registry.check(connection, lambda: nullcontext(stand_in.engine), stand_in.connect)
    return report.ok, "\n".join(report.lines)


def test_the_test_of_a_connection_names_what_is_missing_and_no_secret(stand_in):
    usual = "\n".join(said_of(stand_in, one)[1] for one in stand_in.connections.values())
    cases = 0
    for case in stand_in.lacking():
        cases += 1
        content, said = said_of(stand_in, case.connection)
        assert (content, case.word in said, case.word in usual) == (False, True, False), said
        assert alone(stand_in.planted | {case.connection.password} - {""}, said) == []
    assert cases


def test_what_tasks_hand_on_are_ids(stand_in):
    flow = registry.flow(stand_in.flow)
    run_id = flow.open_run(stand_in.engine, Options())

    def plan(options):
        given = {"engine": stand_in.engine, "run_id": run_id, "connect": stand_in.connect, "options": options}
        return flow.plan(**{name: given[name] for name in signature(flow.plan).parameters})

    handed_on = [plan(Options())]
    night(stand_in)
    handed_on.append(plan(Options(full=True)))
    assert any(handed_on)
    kept = json.dumps([run_id, handed_on])
    assert alone(stand_in.planted, kept) == []
