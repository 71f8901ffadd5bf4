"""What comes in: answered as its sender has to be, however often it comes, and nothing that it does not prove."""

import pytest

from tests.conformance.nights import deliver, posted, work
from tests.conformance.stand_ins import STAND_INS, played

RECEIVING = [one for one in STAND_INS if one.mount]
KEPT = "select message_id, system, origin, received_at from raw.inbox"


@pytest.mark.parametrize("kind", played(RECEIVING))
def test_each_message_is_answered_alike_before_and_after_it_counted_and_kept_once(stand_in):
    wanted = [message.status for message in stand_in.messages()]
    assert [answer.status for answer in deliver(stand_in)] == wanted
    kept = stand_in.rows(KEPT)
    assert 0 < len(kept) <= len(wanted)
    work(stand_in)
    assert [answer.status for answer in deliver(stand_in)] == wanted
    assert stand_in.rows(KEPT) == kept


@pytest.mark.parametrize("kind", played(RECEIVING))
def test_of_messages_that_do_not_prove_who_sends_them_nothing_is_kept(stand_in):
    messages = stand_in.unproved()
    told = posted(stand_in.engine, stand_in.connect, messages)
    assert [answer.status for answer in told] == [message.status for message in messages] != []
    assert stand_in.rows(KEPT) == set()
