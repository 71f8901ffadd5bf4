"""What changes something goes out on a connection that stands for sure: made for it, or used a moment ago."""

from collections.abc import Iterator

import pytest

from etl.errors import AnswerLost
from etl.http import transport
from etl.http.client import Caller, Reply
from etl.http.transport import sending
from tests.fixtures.http_peer import Answer, Peer, serving


@pytest.fixture
def keeping() -> Iterator[Peer]:
    with serving(keeps=True) as peer:
        peer.answers = [Answer(b"taken")]
        yield peer


def never_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every call came long after the one before."""
    monkeypatch.setattr(transport, "_KEPT_SECONDS", 0.0)


def test_calls_that_follow_at_once_share_a_connection(keeping: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_KEPT_SECONDS", 60.0)
    with sending(keeping.url) as calls:
        assert [calls.post(keeping.url, data=b"1").content for _ in range(3)] == [b"taken"] * 3
    assert keeping.connections == 1


def test_a_call_that_comes_later_makes_a_connection_of_its_own(
    keeping: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_kept(monkeypatch)
    with sending(keeping.url) as calls:
        assert [calls.post(keeping.url, data=b"1").content for _ in range(3)] == [b"taken"] * 3
    assert keeping.connections == 3


def test_a_caller_writes_so_and_reads_on_connections_that_it_keeps(
    keeping: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_kept(monkeypatch)
    with Caller("Peer", keeping.url) as caller:
        for _ in range(2):
            caller.read("call", "path", body_of)
        assert keeping.connections == 1
        for _ in range(2):
            caller.write("call", "path", body_of, {"a": "1"})
    assert keeping.connections == 3


def test_what_was_written_and_not_answered_is_not_sent_again(keeping: Peer) -> None:
    keeping.answers = [Answer(b"taken"), Answer(b"", headers={"Content-Length": "5", "Connection": "close"})]
    with Caller("Peer", keeping.url) as caller:
        caller.write("call", "path", body_of, {"a": "1"})
        with pytest.raises(AnswerLost):
            caller.write("call", "path", body_of, {"a": "2"})
    assert [one.form for one in keeping.asked] == [{"a": "1"}, {"a": "2"}]


def body_of(reply: Reply) -> bytes:
    return reply.body
