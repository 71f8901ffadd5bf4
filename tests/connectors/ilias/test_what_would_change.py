"""What a change of reference data would register of what ILIAS completed, and have Coachview told; tried, not done."""

import pytest

from etl.connections import Connection
from etl.connectors.coachview import push
from etl.engine.options import Options
from etl.errors import ConnectionMissing
from etl.reference.effect import sentences, what_would_change
from etl.reference.entering import enter, file_named
from tests.reference.test_effect import connect as others

REQUEST = {"request_code": "TR-0999", "training_code": "SAFETY", "external_id": "P0999", "status": "open"}
TOLD = "select request_code, part_code from mart.coachview_results"
REGISTERED = "select request_code, part_code from mart.registrations"


@pytest.fixture
def connect(school):
    """Of every system; Coachview is told results, and nobody is there."""

    def connect(conn_id):
        if conn_id == "coachview":
            extra = {"push": True, "plugin": "P", "webhook_secret": "a secret"}
            return Connection(conn_id, conn_id, "https://127.0.0.1:9", "id", "secret", extra=extra)
        return school.connection if conn_id.startswith("ilias") else others(conn_id)

    return connect


def asked_for(engine):
    """Somebody asks for the training who completed a part of it already, and whom nobody knew."""
    return enter(engine, file_named("training_requests"), REQUEST, "clerk")


@pytest.mark.long
def test_a_request_registers_what_was_completed_before_it_and_that_is_said_first(engine, school, connect):
    school.ilias.books.results["85", "304"] = ("30", "30")
    school.poll()
    school.register()
    push.plan(engine, push.open_run(engine, Options()), connect, Options())
    stood, told_before = school.rows(REGISTERED), school.rows(TOLD)
    calls = school.calls()

    told = what_would_change(engine, connect, asked_for)

    assert (told.registrations.new, told.told, told.unknown) == (1, 1, [])
    assert "1 part of a training request registered" in sentences(told)
    assert "Coachview: 1 result told there; it takes none back" in sentences(told)
    assert (school.rows(REGISTERED), school.rows(TOLD), school.calls()) == (stood, told_before, calls)
    asked_for(engine)
    school.poll()
    school.register()
    push.plan(engine, push.open_run(engine, Options()), connect, Options())
    assert school.rows(REGISTERED) - stood == school.rows(TOLD) - told_before == {("TR-0999", "SAFETY-AID")}


def test_a_site_that_cannot_be_worked_out_is_said_and_so_is_a_push_that_was_lost(engine, school, connect):
    school.poll()
    school.register()

    def lost(conn_id):
        if conn_id.startswith("ilias"):
            raise ConnectionMissing(f"connection {conn_id} is not there")
        return connect(conn_id)

    told = what_would_change(engine, lost, asked_for)

    assert told.registrations.new == 0
    assert told.unknown == ["derive ilias_main: connection_missing: connection ilias_main is not there"]
