"""The caller of JSON sources: reads are repeated within bounds, and nothing of them leaks."""

import gzip
import socket
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from threading import Thread

import pytest

from etl.errors import EtlError, GiveUp, InvalidInput, RetryLater
from etl.http.client import Caller, Reply
from tests.fixtures.http_peer import Answer, Peer, self_signed, serving

BUSY = Answer(b"", 503)


def body_of(reply: Reply) -> bytes:
    return reply.body


@pytest.fixture
def caller(peer: Peer, naps: list[float]) -> Caller:
    return Caller("Peer", peer.url, hints={403: "switched off"}, sleep=naps.append)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_read_is_repeated_while_the_system_says_later(
    status: int, peer: Peer, caller: Caller, naps: list[float]
) -> None:
    peer.answers = [Answer(b"", status), Answer(b"", status), Answer(b"good")]
    assert caller.read("call", "path", body_of) == b"good"
    assert naps == [1, 2]


def test_retry_after_is_obeyed_in_seconds(peer: Peer, caller: Caller, naps: list[float]) -> None:
    peer.answers = [Answer(b"", 429, {"Retry-After": "17"}), Answer(b"good")]
    assert caller.read("call", "path", body_of) == b"good"
    assert naps == [17]


def test_retry_after_is_obeyed_as_a_date(peer: Peer, caller: Caller, naps: list[float]) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    peer.answers = [Answer(b"", 503, {"Retry-After": date}), Answer(b"good")]
    assert caller.read("call", "path", body_of) == b"good"
    assert 50 < naps[0] <= 60


@pytest.mark.parametrize("form", ["epoch", "iso"])
def test_the_moment_at_which_a_limit_begins_anew_is_waited_for(
    peer: Peer, caller: Caller, naps: list[float], form: str
) -> None:
    at = datetime.now(UTC) + timedelta(seconds=60)
    told = str(int(at.timestamp())) if form == "epoch" else at.isoformat()
    peer.answers = [Answer(b"", 429, {"X-Rate-Limit-Reset": told}), Answer(b"good")]
    assert caller.read("call", "path", body_of) == b"good"
    assert 50 < naps[0] <= 60


@pytest.mark.parametrize("value", ["soon", "", "-5", "Wed, 99 Foo 2026 00:00:00 GMT"])
def test_an_unreadable_retry_after_means_the_usual_back_off(
    value: str, peer: Peer, caller: Caller, naps: list[float]
) -> None:
    peer.answers = [Answer(b"", 503, {"Retry-After": value}), Answer(b"good")]
    assert caller.read("call", "path", body_of) == b"good"
    assert naps == [1]


def test_a_moment_that_has_passed_means_the_usual_back_off(
    peer: Peer, caller: Caller, naps: list[float]
) -> None:
    peer.answers = [Answer(b"", 503, {"Retry-After": "Wed, 01 Jan 2020 00:00:00 -0000"}), Answer(b"good")]
    assert caller.read("call", "path", body_of) == b"good"
    assert naps == [1]


def test_a_wait_over_the_limit_is_left_to_the_next_run(peer: Peer, caller: Caller, naps: list[float]) -> None:
    peer.answers = [Answer(b"", 503, {"Retry-After": "3600"})]
    with pytest.raises(RetryLater, match="HTTP 503") as caught:
        caller.read("call", "path", body_of)
    assert caught.value.retry_after == 3600
    assert naps == []


def test_repetition_ends(peer: Peer, caller: Caller, naps: list[float]) -> None:
    peer.answers = [BUSY]
    with pytest.raises(RetryLater):
        caller.read("call", "path", body_of)
    assert naps == [1, 2, 4, 8, 16]
    assert caller.calls == len(peer.asked) == 6


def test_the_waits_together_stay_within_the_limit(peer: Peer, naps: list[float]) -> None:
    peer.answers = [BUSY]
    with pytest.raises(RetryLater):
        Caller("Peer", peer.url, wait_limit=10, sleep=naps.append).read("call", "path", body_of)
    assert naps == [1, 2, 4]


def test_what_the_caller_finds_in_the_answer_is_repeated_too(peer: Peer, caller: Caller) -> None:
    def check(reply: Reply) -> bytes:
        if reply.body == b"later":
            raise RetryLater("Peer: call: later")
        return reply.body

    peer.answers = [Answer(b"later"), Answer(b"good")]
    assert caller.read("call", "path", check) == b"good"


@pytest.mark.parametrize(
    ("status", "words"), [(403, "HTTP 403: switched off"), (404, "HTTP 404"), (401, "401")]
)
def test_a_refusal_is_not_repeated(status: int, words: str, peer: Peer, caller: Caller) -> None:
    peer.answers = [Answer(b"secret", status)]
    with pytest.raises(GiveUp, match=words):
        caller.read("call", "path", body_of)
    assert len(peer.asked) == 1


def test_a_redirect_is_not_followed(peer: Peer, caller: Caller) -> None:
    peer.answers = [Answer(b"", 302, {"Location": "https://other.example/x?key=secret"})]
    with pytest.raises(GiveUp, match=r"redirects to https://other\.example: correct the host") as caught:
        caller.read("call", "path", body_of, method="POST", data={"token": "secret"})
    assert "secret" not in str(caught.value)
    assert len(peer.asked) == 1


def test_an_answer_that_stops_half_way_is_asked_for_again(peer: Peer, caller: Caller) -> None:
    peer.answers = [Answer(b"go", headers={"Content-Length": "4"}), Answer(b"good")]
    assert caller.read("call", "path", body_of) == b"good"


def test_silence_ends_with_the_read_time_out(peer: Peer) -> None:
    peer.silent = True
    with (
        Caller("Peer", peer.url, wait_limit=0) as caller,
        pytest.raises(RetryLater, match="no complete answer"),
    ):
        caller.read("call", "path", body_of, read_timeout=0.05)


def test_nobody_listening_is_for_later(peer: Peer) -> None:
    closed = Caller("Peer", "http://127.0.0.1:9", wait_limit=0)
    with pytest.raises(RetryLater, match="no complete answer"):
        closed.read("call", "path", body_of)


def test_a_certificate_that_nobody_vouches_for_needs_a_person(tmp_path: Path) -> None:
    with serving(self_signed(tmp_path)) as peer, Caller("Peer", peer.url) as caller:
        peer.answers = [Answer(b"good")]
        with pytest.raises(GiveUp, match="certificate of the host is not trusted"):
            caller.read("call", "path", body_of)
        assert peer.asked == []


@pytest.mark.parametrize("address", ["ftp://host", "https://", "http://[", "http://a..b"])
def test_an_address_that_is_none_needs_a_person(address: str) -> None:
    with pytest.raises(GiveUp, match="not a valid address"):
        Caller("Peer", address, wait_limit=0).read("call", "path", body_of)


def test_calls_and_bytes_are_counted(peer: Peer, caller: Caller) -> None:
    peer.answers = [BUSY, Answer(b"12345"), Answer(b"678")]
    caller.read("call", "path", body_of)
    caller.read("call", "path", body_of)
    assert (caller.calls, caller.bytes) == (3, 8)


def test_a_proxy_is_not_asked_for_this_machine(
    peer: Peer, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    peer.answers = [Answer(b"good")]
    assert caller.read("call", "path", body_of) == b"good"


def test_no_state_is_carried_from_one_call_to_the_next(peer: Peer, caller: Caller) -> None:
    peer.answers = [Answer(b"one", headers={"Set-Cookie": "MoodleSession=1"}), Answer(b"two")]
    caller.read("call", "path", body_of)
    caller.read("call", "path", body_of)
    assert "Cookie" not in peer.asked[1].headers


def failing(url: str, answer: Answer) -> Callable[[Peer], Caller]:
    def build(peer: Peer) -> Caller:
        peer.answers = [answer]
        return Caller("Peer", url or peer.url, wait_limit=0)

    return build


@pytest.mark.parametrize(
    "build",
    [
        failing("", Answer(b"s3cret", 500, {"X": "s3cret"})),
        failing("", Answer(b"s3cret", 404)),
        failing("", Answer(b"", 301, {"Location": "https://x.example/s3cret"})),
        failing("", Answer(b"s3cret", headers={"Content-Length": "99"})),
        failing("http://127.0.0.1:9", Answer()),
        failing("http://[", Answer()),
    ],
)
def test_messages_hold_no_parameter_header_or_body(build: Callable[[Peer], Caller], peer: Peer) -> None:
    with pytest.raises(EtlError) as caught:
        build(peer).read("call", "path", body_of, params={"a": "s3cret"}, headers={"X": "s3cret"})
    assert "s3cret" not in str(caught.value)
    assert str(caught.value).startswith("Peer: call")


def test_an_answer_that_unpacks_to_more_than_the_limit_is_refused_before_it_fills_the_memory(
    peer: Peer, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MAX_ANSWER_BYTES", "1000000")
    packed = gzip.compress(b"\0" * 50_000_000)
    assert len(packed) < 100_000
    peer.answers = [Answer(packed, headers={"Content-Encoding": "gzip"})]
    tracemalloc.start()
    with (
        Caller("Peer", peer.url, sleep=naps.append) as caller,
        pytest.raises(GiveUp, match="Peer: call: the answer is larger than 1000000 bytes unpacked"),
    ):
        caller.read("call", "path", body_of)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000
    assert naps == []


@pytest.mark.parametrize("encoding", ["identity", "gzip", "deflate"])
def test_a_body_up_to_the_limit_arrives_whole(
    encoding: str, peer: Peer, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MAX_ANSWER_BYTES", "1000000")
    body = b"0123456789" * 100_000
    packed = {"identity": body, "gzip": gzip.compress(body), "deflate": zlib.compress(body)}[encoding]
    peer.answers = [Answer(packed, headers={"Content-Encoding": encoding})]
    with Caller("Peer", peer.url, sleep=naps.append) as caller:
        assert caller.read("call", "path", body_of) == body


def test_an_answer_that_breaks_off_or_cannot_be_unpacked_is_asked_again(
    peer: Peer, caller: Caller, naps: list[float]
) -> None:
    half = gzip.compress(b"0123456789" * 1000)[:-20]
    peer.answers = [
        Answer(b"{}", headers={"Content-Length": "100", "Connection": "close"}),
        Answer(b"no gzip at all", headers={"Content-Encoding": "gzip"}),
        Answer(half, headers={"Content-Encoding": "gzip", "Content-Length": str(len(half) + 20)}),
        Answer(b"good"),
    ]
    assert caller.read("call", "path", body_of) == b"good"
    assert len(naps) == 3


def test_an_answer_that_trickles_in_ends_at_the_deadline(naps: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def trickle() -> None:
            caller, _ = listener.accept()
            with caller, suppress(OSError):
                caller.recv(65536)
                caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while True:
                    caller.sendall(b" ")

        trickling = Thread(target=trickle, daemon=True)
        trickling.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with (
            Caller("Peer", address, deadline=0, sleep=naps.append) as caller,
            pytest.raises(RetryLater, match="no complete answer in 0 seconds"),
        ):
            caller.read("call", "path", body_of)
        trickling.join()
    assert naps == []


@pytest.mark.parametrize("value", ["-1", "0", "1e6", "1,000", "much", "\u0661\u0660", "9" * 30])
def test_a_wrong_limit_is_named(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_MAX_ANSWER_BYTES", value)
    with pytest.raises(InvalidInput, match="ETL_MAX_ANSWER_BYTES must be a whole number above 0"):
        Caller("Peer", "http://127.0.0.1:9")
