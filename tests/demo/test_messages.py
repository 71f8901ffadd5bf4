"""The e-learning systems of make run, against receivers on a real port."""

import pytest
from sqlalchemy import text

from etl.connections import Connection
from etl.connectors.coachview import flow
from etl.demo import messages
from etl.engine.options import Options
from etl.errors import GiveUp
from etl.sandbox import accounts
from tests.conformance.stand_in import columns, golden
from tests.fixtures.webhooks import receivers, serving

REGISTERED, OPEN = ("coachview", "sample_messages.csv"), ("coachview", "sample_messages_open.csv")


@pytest.fixture
def template(sample_template):
    return sample_template


def connect(conn_id):
    return Connection(conn_id, messages.SENDERS[conn_id], password=accounts.WEBHOOK_SECRET)


def rows(engine, statement):
    with engine.connect() as session:
        found = session.execute(text(statement))
        return {tuple("" if one is None else str(one) for one in row) for row in found}


def test_what_the_sample_s_systems_send_is_registered_as_worked_out_by_hand_also_the_second_time(
    warehouse, engine
):
    with serving(receivers(warehouse, connect)) as origin:
        for _ in range(2):
            messages.play(origin)
            assert flow.run(engine, None, Options())[1] == "success"
            assert rows(engine, f"select {columns(*REGISTERED)} from mart.registrations") == golden(
                *REGISTERED
            )
            opened = f"select {columns(*OPEN)} from mart.rejections where resolved_at is null"
            assert rows(engine, opened) == golden(*OPEN)
    sent = rows(engine, "select count(*), sum(deliveries) from mart.received_messages")
    assert sent == {("10", "22")}


def test_an_answer_that_a_sender_does_not_expect_is_told(warehouse):
    with serving(receivers(warehouse, connect)) as origin, pytest.raises(GiveUp, match="academy by HTTP 404"):
        messages.play(f"{origin}/elsewhere")
