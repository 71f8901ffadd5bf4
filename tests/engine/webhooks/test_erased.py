"""Of somebody who is erased no signed message is kept, and what comes later is taken and left out."""

import pytest

from etl.connectors.coachview import flow
from etl.connectors.registry import readers
from etl.engine.options import Options
from etl.results import erase
from etl.sandbox.elearning import sender as elearning
from etl.sandbox.elearning.sender import result
from tests.fixtures.webhooks import SECRET, address, receivers, serving

pytestmark = pytest.mark.long
KEPT = "select person_id from core.completion_messages order by 1"


def test_who_is_erased_is_in_no_message_and_later_ones_are_taken_and_not_kept(warehouse, filled, rows):
    with filled.begin() as session:
        session.exec_driver_sql("insert into core.clients (client_code) values ('C2')")
        session.exec_driver_sql(
            "update core.training_requests set client_code = 'C2' where request_code = 'R2'"
        )
    with serving(receivers(warehouse)) as origin:
        studio = elearning.sender(address(origin, "studio"), SECRET)
        for person in ("1001", "1002"):
            elearning.send(studio, result(person, "V-1", Resultaat="7,5"))
        flow.run(filled, None, Options())
        assert rows(KEPT) == [("1001",), ("1002",)]
        proof = erase.erase(filled, "C2", "ada", "asked for", readers())
        assert proof.counts["raw.inbox"] == 1
        assert rows(KEPT) == [("1001",)]
        answer = elearning.send(studio, result("1002", "V-1", Resultaat="9"))
    assert (answer.status, answer.text) == (202, "erased_on_request: nothing of this person is kept here")
    assert flow.run(filled, None, Options())[1] == "success"
    assert rows(KEPT) == [("1001",)]
    assert rows("select request_code from mart.registrations where registered_at is not null") == [("R1",)]
    assert rows("select count(*) from raw.inbox") == [(1,)]
    assert rows("select count(*) from mart.webhook_log where detail like 'erased_on_request%'") == [(1,)]
