"""A pupil who is erased stands in no message that is kept; what a school says of them later is left out."""

import pytest
from sqlalchemy import Engine

from etl.connectors.registry import readers
from etl.results import erase
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.nights import current, night
from tests.connectors.iep_lvs.school import ECK_7001, bodies, log, rows

pytestmark = pytest.mark.long
FIRST, SECOND = samples()["first_night"], samples()["second_night"]
THEIRS = (b"LL-7001", ECK_7001.encode())


def named(engine: Engine) -> list[bytes]:
    return [one for one in THEIRS if any(one in body for body in bodies(engine))]


def test_who_is_erased_is_in_no_message_and_what_comes_again_is_kept_without_them(
    engine: Engine, iep: Sender
) -> None:
    iep.send(FIRST)
    night(engine)
    others = [row for row in current(engine) if row[0] != "PUP7001"]
    assert others != current(engine)
    assert named(engine)
    proof = erase.erase(engine, "PUP7001", "ada", "asked for", readers())
    assert proof.counts["raw.inbox"] == 1
    assert named(engine) == []
    assert current(engine) == others
    iep.send(FIRST)
    iep.send(SECOND)
    night(engine)
    assert named(engine) == []
    assert rows(engine, "select count(*) from mart.test_results where pupil_key = 'PUP7001'") == [(0,)]
    said = [row[0] for row in rows(engine, "select detail from mart.link_log order by log_id")]
    assert [one for one in said if one and "erased_on_request: 1 pupil" in one]
    assert log(engine)
