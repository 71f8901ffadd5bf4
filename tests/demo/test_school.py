"""The sample school of make run, against a receiver on a real port."""

import pytest
from sqlalchemy import text

from etl.demo import school
from etl.errors import GiveUp
from tests.connectors.iep_lvs.conftest import serving
from tests.connectors.iep_lvs.nights import current, golden, night


@pytest.fixture
def template(sample_template):
    return sample_template


def test_the_sample_school_s_nights_leave_what_was_worked_out_by_hand_also_the_second_time(warehouse, engine):
    with serving(warehouse) as address:
        for _ in range(2):
            school.play(warehouse, address)
            night(engine)
            assert current(engine) == golden("test_results")
    with engine.connect() as session:
        events = session.execute(text("select event, count(*) from mart.link_log group by 1")).all()
    assert dict(map(tuple, events))["message_again"] == 3


def test_a_receiver_that_does_not_take_a_message_is_told(warehouse, engine):
    with serving(warehouse) as address, pytest.raises(GiveUp, match="did not take test_message: HTTP 404"):
        school.play(warehouse, f"{address}/elsewhere")
