"""Where drop locations are: an object store, an address on the web, and what those answer."""

import gzip
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import fsspec
import pytest
from sqlalchemy import Engine

from etl.connectors.iep_lvs import flow
from etl.connectors.iep_lvs.drop import poll
from etl.connectors.iep_lvs.location import Location
from etl.engine.options import Options
from etl.errors import EtlError, GiveUp, InvalidInput, RetryLater
from etl.sandbox.iep_lvs.sender import samples
from tests.connectors.iep_lvs.drops import connection, drop
from tests.connectors.iep_lvs.school import rows

FIRST, SECOND = samples()["first_night"], samples()["second_night"]


def test_an_object_store_is_polled_and_moved_in_like_a_folder(engine: Engine, source: str) -> None:
    store = fsspec.filesystem("memory")
    store.pipe_file("/bucket/iep/night.xml", FIRST)
    assert poll(engine, source, Location(connection("memory://bucket/iep", after="move"))).taken == 1
    assert store.find("/bucket/iep") == ["/bucket/iep/taken/night.xml"]
    store.rm("/bucket", recursive=True)


def test_an_address_on_the_web_is_polled_and_each_version_of_a_file_taken_once(
    tmp_path: Path, engine: Engine, source: str
) -> None:
    drop(tmp_path, "night.xml", FIRST)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        location = Location(connection(f"http://127.0.0.1:{server.server_port}"))
        assert poll(engine, source, location).taken == 1
        assert (poll(engine, source, location).taken, poll(engine, source, location).known) == (0, 1)
        drop(tmp_path, "night.xml", SECOND)
        assert poll(engine, source, location).taken == 1
        server.shutdown()


def test_a_location_that_cannot_be_read_is_tried_later_and_stands_in_the_report(
    tmp_path: Path, engine: Engine, source: str
) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(
        RetryLater, match="cannot be listed: there is none of this name: correct the connection's host"
    ):
        poll(engine, source, Location(connection(str(gone))))
    _, status = flow.run(engine, lambda _: connection(str(gone)), Options())
    assert status == "incomplete"


@pytest.mark.parametrize(
    ("address", "error", "words"),
    [
        ("http://127.0.0.1:9/s3cret", RetryLater, "nothing listens at this host and port"),
        ("https://127.0.0.1:{port}/s3cret", GiveUp, "the host speaks no TLS on this port: enter http://"),
        ("http://127.0.0.1:{port}/s3cret/gone", RetryLater, "it cannot be listed: "),
    ],
)
def test_an_address_on_the_web_that_does_not_answer_says_why(
    address: str, error: type[EtlError], words: str, tmp_path: Path
) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        location = Location(connection(address.format(port=server.server_port)))
        with pytest.raises(error) as refused:
            location.listing()
        server.shutdown()
    assert words in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_files_at_an_https_address_can_only_be_kept() -> None:
    with pytest.raises(InvalidInput, match="can only be kept"):
        Location(connection("https://127.0.0.1/drop/", after="move"))


class Peer(BaseHTTPRequestHandler):
    """A web server that answers with what ``answers`` holds for a path: status, headers, body."""

    answers: ClassVar[dict[str, tuple[int, dict[str, str], bytes]]]
    asked: ClassVar[list[tuple[str, str | None]]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("X-Api-Key")))
        status, headers, body = self.answers.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def web(host: str = "127.0.0.1") -> Iterator[tuple[type[Peer], str]]:
    """A peer of its own on this address of the loopback."""
    handler = type("OnePeer", (Peer,), {"answers": {}, "asked": []})
    with ThreadingHTTPServer((host, 0), handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield handler, f"http://{host}:{server.server_port}"
        server.shutdown()


HTML = {"Content-Type": "text/html"}


@pytest.mark.parametrize("what", ["list", "file"])
def test_a_redirect_to_another_host_is_not_followed_with_the_key(
    what: str, engine: Engine, source: str
) -> None:
    with web() as (here, address), web("127.0.0.2") as (there, elsewhere):
        moved = (302, {"Location": f"{elsewhere}/drop/"}, b"")
        here.answers["/drop/"] = (200, HTML, b'<a href="night.xml">x</a>') if what == "file" else moved
        here.answers["/drop"] = here.answers["/drop/"]
        here.answers["/drop/night.xml"] = moved
        there.answers["/drop/"] = (200, HTML, FIRST)
        location_of = connection(f"{address}/drop/", options={"headers": {"X-Api-Key": "secret"}})
        _, status = flow.run(engine, lambda _: location_of, Options())
        assert here.asked
        assert there.asked == []
    assert status == "incomplete"
    told = f"the drop location redirects to {elsewhere}: correct the host"
    assert rows(engine, "select problem from ops.run_steps") == [(told,)]


def test_a_list_of_files_that_unpacks_to_more_than_a_message_is_refused(
    engine: Engine, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UWLR_MAX_BYTES", "100000")
    with web() as (here, address):
        packed = gzip.compress(b" " * 30_000_000)
        here.answers["/drop"] = (200, HTML | {"Content-Encoding": "gzip"}, packed)
        tracemalloc.start()
        with pytest.raises(GiveUp, match="answers with more than 100000 bytes"):
            poll(engine, source, Location(connection(f"{address}/drop")))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 10_000_000


def test_a_redirect_on_the_same_host_is_followed(engine: Engine, source: str) -> None:
    with web() as (here, address):
        here.answers["/drop"] = (
            200,
            HTML,
            b'<a href="night.xml">x</a><a href="?C=N">sort</a><a href="a.zip">z</a>',
        )
        here.answers["/drop/night.xml"] = (302, {"Location": "/files/1"}, b"")
        here.answers["/files/1"] = (200, {"Content-Type": "text/xml"}, FIRST)
        polled = poll(engine, source, Location(connection(f"{address}/drop")))
        assert (polled.taken, polled.others) == (1, ["a.zip"])


def test_a_dropped_file_obeys_the_limit_of_messages_also_when_it_is_packed_on_its_way(
    tmp_path: Path, engine: Engine, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UWLR_MAX_BYTES", str(len(FIRST)))
    drop(tmp_path, "large.xml", FIRST + b" ")
    drop(tmp_path, "fits.xml", FIRST)
    found = poll(engine, source, Location(connection(str(tmp_path))))
    too_large = f"Client.OngeldigBericht: the file is larger than {len(FIRST)} bytes"
    assert (found.taken, found.set_aside) == (1, [("large.xml", too_large)])
    with web() as (here, address):
        here.answers["/drop"] = (200, HTML, b'<a href="a.xml">a</a><a href="b.xml">b</a>')
        packed = {"Content-Type": "text/xml", "Content-Encoding": "gzip"}
        here.answers["/drop/a.xml"] = (200, packed, gzip.compress(FIRST))
        here.answers["/drop/b.xml"] = (200, packed, gzip.compress(b" " * 50_000_000))
        found = poll(engine, source, Location(connection(f"{address}/drop")))
    assert (found.taken, found.set_aside) == (1, [("b.xml", too_large)])
