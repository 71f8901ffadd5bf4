"""A drop location that is mended and polled again in the same run leaves it as if nothing had failed."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from etl.connections import Connection
from etl.connectors.iep_lvs import flow, links
from etl.engine.options import Options
from etl.errors import GiveUp
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.drops import connection, drop
from tests.connectors.iep_lvs.school import rows

TONIGHT = Options()


def test_a_location_without_a_connection_is_red_and_its_files_are_recorded_when_it_runs_again(
    tmp_path: Path,
    engine: Engine,
    source: str,
) -> None:
    drop(tmp_path, "one.xml", samples()["first_night"])

    def missing(conn_id: str) -> Connection:
        raise GiveUp(f"connection {conn_id} is not defined")

    run_id = flow.open_run(engine, TONIGHT)
    with pytest.raises(GiveUp, match="1 of 1 drop locations could not be read"):
        flow.poll_drops(engine, run_id, missing, TONIGHT)
    flow.derive(engine, run_id, TONIGHT)
    assert flow.finish(engine, run_id) == "incomplete"

    flow.poll_drops(engine, run_id, lambda _: connection(str(tmp_path)), TONIGHT)
    flow.derive(engine, run_id, TONIGHT)
    assert flow.finish(engine, run_id) == "success"
    [(recorded,)] = rows(engine, "select count(*) from mart.test_results")
    assert recorded > 0


def test_a_dry_run_forgets_no_message(iep: Sender, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert iep.send(samples()["first_night"]).taken
    flow.run(engine, lambda _: connection("/nowhere"), TONIGHT)
    with engine.begin() as session:
        session.exec_driver_sql("update raw.inbox set received_at = received_at - interval '40 days'")
    monkeypatch.setenv("IEP_INBOX_RETENTION_DAYS", "30")
    for options, forgotten in ((Options(dry_run=True), False), (TONIGHT, True)):
        flow.run(engine, lambda _: connection("/nowhere"), options)
        assert rows(engine, "select body is null from raw.inbox") == [(forgotten,)]


def test_a_message_that_can_be_read_no_more_is_a_problem_of_its_school_as_of_any_other_flow(
    iep: Sender, engine: Engine, school: str
) -> None:
    with engine.begin() as session:
        links.configure(session, school, "beheer", links.Reading.LENIENT, None)
    assert iep.send(samples()["deviating"]).taken
    assert iep.send(samples()["second_night"]).taken
    with engine.begin() as session:
        session.exec_driver_sql("update core.uwlr_messages set lenient = false")
    run_id = flow.open_run(engine, TONIGHT)
    with pytest.raises(
        GiveUp, match="1 of 1 schools have a message that could not be read; the first: message 1 "
    ):
        flow.derive(engine, run_id, TONIGHT)
    assert flow.finish(engine, run_id) == "incomplete"
    found = rows(engine, "select step, scope, problem_code from ops.run_steps where problem_code is not null")
    assert found == [("derive", school, "malformed_record")]
    [(recorded,)] = rows(engine, "select count(*) from mart.test_results")
    assert recorded > 0
