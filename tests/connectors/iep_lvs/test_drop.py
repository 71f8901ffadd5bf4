"""The same documents from a drop location: a folder, an object store, an HTTPS address."""

import gzip
import os
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem
from sqlalchemy import Engine

from etl.connections import Connection
from etl.connectors.iep_lvs import flow, links
from etl.connectors.iep_lvs.drop import poll
from etl.connectors.iep_lvs.links import Terms
from etl.connectors.iep_lvs.location import Location
from etl.engine.options import Options
from etl.errors import EtlError, GiveUp, InvalidInput, RetryLater
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.school import KEY, bodies, rows
from tests.connectors.iep_lvs.test_nights import current, golden

TERMS = Terms("M. Mandaat", date(2026, 1, 5), date(2026, 1, 6))
FIRST, SECOND = samples()["first_night"], samples()["second_night"]


def connection(address: str, **extra: object) -> Connection:
    return Connection("iep_drop", "iep_lvs", host=address, extra=extra)


def drop(folder: Path, name: str, content: bytes, age: float = 3600) -> Path:
    path = folder / name
    path.write_bytes(content)
    changed = path.stat().st_mtime - age
    os.utime(path, (changed, changed))
    return path


@pytest.fixture
def source(engine: Engine, school: str) -> str:
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into core.sources (source, system, connection_id, timezone) "
            "values ('iep_lvs', 'iep_lvs', 'iep_drop', 'Europe/Amsterdam')"
        )
    return "iep_lvs"


def test_two_nights_from_a_folder_leave_the_same_as_over_soap(
    tmp_path: Path, engine: Engine, source: str
) -> None:
    drop(tmp_path, "night-1.xml", FIRST)
    drop(tmp_path, "night-2.xml", Sender("", KEY).envelope(SECOND))
    _, status = flow.run(engine, lambda _: connection(str(tmp_path)), Options())
    assert status == "success"
    assert current(engine) == golden("test_results")
    assert rows(engine, "select read, written from ops.run_steps where step = 'drop'") == [(2, 2)]
    assert all(KEY.encode() not in body for body in bodies(engine))


def test_a_file_that_is_kept_is_taken_once_and_again_when_it_changes(
    tmp_path: Path, engine: Engine, source: str
) -> None:
    location = Location(connection(str(tmp_path)))
    drop(tmp_path, "night.xml", FIRST)
    assert poll(engine, source, location).taken == 1
    assert (poll(engine, source, location).taken, poll(engine, source, location).known) == (0, 1)
    drop(tmp_path, "night.xml", SECOND, age=1800)
    assert poll(engine, source, location).taken == 1


def test_a_file_that_is_moved_lies_in_taken(tmp_path: Path, engine: Engine, source: str) -> None:
    drop(tmp_path, "night.xml", FIRST)
    assert poll(engine, source, Location(connection(str(tmp_path), after="move"))).taken == 1
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.xml")] == ["taken/night.xml"]


def test_a_broken_file_is_set_aside_with_its_reason_and_the_others_go_on(
    tmp_path: Path, engine: Engine, source: str
) -> None:
    drop(tmp_path, "broken.xml", FIRST[:-30])
    drop(tmp_path, "good.xml", FIRST)
    drop(tmp_path, "score.xml", FIRST.replace(b">14<", b">X<"))
    flow.run(engine, lambda _: connection(str(tmp_path), after="move"), Options())
    assert sorted(path.name for path in (tmp_path / "set_aside").iterdir()) == [
        "broken.xml", "broken.xml.reason.txt", "score.xml", "score.xml.reason.txt",
    ]  # fmt: skip
    assert "element score" in (tmp_path / "set_aside" / "score.xml.reason.txt").read_text()
    listed = rows(
        engine, "select record_key, reason_code from mart.rejections where resource = 'file' order by 1"
    )
    assert listed == [("broken.xml", "file_set_aside"), ("score.xml", "file_set_aside")]
    assert len(current(engine)) == 10


def test_a_killed_poll_moves_the_file_the_next_time(tmp_path: Path, engine: Engine, source: str) -> None:
    drop(tmp_path, "night.xml", FIRST)
    assert poll(engine, source, Location(connection(str(tmp_path)))).taken == 1  # landed, and not moved yet
    moving = poll(engine, source, Location(connection(str(tmp_path), after="move")))
    assert (moving.taken, moving.known) == (0, 1)
    assert (tmp_path / "taken" / "night.xml").exists()


def test_a_file_that_was_taken_and_cannot_be_moved_is_counted_once_and_listed(
    tmp_path: Path, engine: Engine, source: str
) -> None:
    drop(tmp_path, "night.xml", FIRST)
    (tmp_path / "taken").write_text("a file where the folder should be")

    _, status = flow.run(engine, lambda _: connection(str(tmp_path), after="move"), Options())

    assert status == "incomplete"
    counts = "select read, written, unchanged, rejected, ignored from ops.run_steps where step = 'drop'"
    assert rows(engine, counts) == [(2, 1, 0, 1, 0)]  # the other one is the file that is in the way
    listed = "select record_key, reason_code from mart.rejections where resource = 'file' order by 1"
    assert rows(engine, listed) == [("night.xml", "file_waits"), ("taken", "file_not_read")]
    assert len(current(engine)) == 10


def test_a_file_of_which_nothing_is_known_makes_the_run_red(
    tmp_path: Path, engine: Engine, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(tmp_path, "night.xml", FIRST)
    monkeypatch.setattr("etl.connectors.iep_lvs.drop._take", lambda *_: None)

    _, status = flow.run(engine, lambda _: connection(str(tmp_path)), Options())

    assert status == "incomplete"
    assert rows(engine, "select problem_code from ops.run_steps where step = 'drop'") == [("counts_differ",)]


def test_a_file_that_is_being_written_and_one_of_a_paused_school_wait(
    tmp_path: Path, engine: Engine, source: str, school: str
) -> None:
    location = Location(connection(str(tmp_path), after="move"))
    drop(tmp_path, "night.xml", FIRST, age=5)
    assert poll(engine, source, location).left == 1
    drop(tmp_path, "night.xml", FIRST)
    with engine.begin() as session:
        links.pause(session, school, "beheer")
    assert poll(engine, source, location).waiting == [
        ("night.xml", "school 99QQ00 has a link that is paused: the file is taken once the link is active")
    ]
    with engine.begin() as session:
        links.resume(session, KEY, "beheer")
    assert poll(engine, source, location).taken == 1


def test_a_file_that_came_before_its_school_s_link_is_taken_when_the_link_is_active(
    tmp_path: Path, engine: Engine, source: str, school: str
) -> None:
    other = drop(tmp_path, "other.xml", FIRST.replace(b">99QQ<", b">11AA<"))
    with engine.begin() as session:
        links.end(session, school, "beheer")
    drop(tmp_path, "ended.xml", FIRST)
    after = "the file is taken once the link is active"
    flow.run(engine, lambda _: connection(str(tmp_path), after="move"), Options())
    assert open_files(engine) == [
        ("ended.xml", "file_waits", f"school 99QQ00 has a link that is ended: {after}"),
        ("other.xml", "file_waits", f"school 11AA00 has no link: {after}"),
    ]
    assert other.exists()
    with engine.begin() as session:
        links.activate(session, "11AA001234567890abcd", "Bureau ICE", "BUREAUICE", TERMS, "beheer")
        links.activate(session, KEY, "Bureau ICE", "BUREAUICE", TERMS, "beheer")
    flow.run(engine, lambda _: connection(str(tmp_path), after="move"), Options())
    assert open_files(engine) == []
    assert rows(engine, "select brin6 from core.uwlr_messages order by 1") == [("11AA00",), ("99QQ00",)]
    assert sorted(path.name for path in (tmp_path / "taken").iterdir()) == ["ended.xml", "other.xml"]


def open_files(engine: Engine) -> list[tuple[str, str, str]]:
    return rows(
        engine,
        "select record_key, reason_code, reason from mart.rejections "
        "where resource = 'file' and resolved_at is null order by 1",
    )


def test_what_is_not_looked_at_is_counted_and_named(tmp_path: Path, engine: Engine, source: str) -> None:
    for name in ("a.xml.gz", "b.zip", "c.xml.filepart", "d.XML"):
        drop(tmp_path, name, FIRST)
    (tmp_path / "archive").mkdir()
    run_id, status = flow.run(engine, lambda _: connection(str(tmp_path), after="move"), Options())
    flow.run(engine, lambda _: connection(str(tmp_path), after="move"), Options())
    assert status == "success"
    assert [row[:2] for row in open_files(engine)] == [
        ("a.xml.gz", "file_not_read"), ("archive/", "file_not_read"), ("b.zip", "file_not_read"),
        ("c.xml.filepart", "file_not_read"),
    ]  # fmt: skip
    [counts] = rows(
        engine,
        "select read, written, rejected from ops.run_steps where step = 'drop' and run_id = :run", run=run_id,
    )  # fmt: skip
    assert counts == (5, 1, 4)


def test_a_file_that_was_put_back_is_judged_anew_and_none_replaces_another(
    tmp_path: Path, engine: Engine, source: str, school: str
) -> None:
    location = Location(connection(str(tmp_path), after="move"))
    drop(tmp_path, "night.xml", FIRST[:-30])
    drop(tmp_path, "other.xml", samples()["deviating"])
    assert len(poll(engine, source, location).set_aside) == 2
    with engine.begin() as session:
        links.configure(session, school, "beheer", links.Reading.LENIENT, None)
    (tmp_path / "set_aside" / "other.xml").rename(tmp_path / "other.xml")
    drop(tmp_path, "night.xml", FIRST[:-40])
    polled = poll(engine, source, location)
    assert (polled.taken, len(polled.set_aside)) == (1, 1)
    assert sorted(path.name for path in (tmp_path / "set_aside").glob("*.xml")) == [
        "night-2.xml",
        "night.xml",
    ]


def test_a_file_that_cannot_be_read_stops_no_other_and_the_night_says_so(
    tmp_path: Path, engine: Engine, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(tmp_path, "a.xml", FIRST)
    drop(tmp_path, "b.xml", SECOND)
    read = LocalFileSystem.open

    def refuse(self: LocalFileSystem, path: str, *given: object, **named: object) -> object:
        if path.endswith("a.xml"):
            raise PermissionError(path)
        return read(self, path, *given, **named)

    monkeypatch.setattr(LocalFileSystem, "open", refuse)
    _, status = flow.run(engine, lambda _: connection(str(tmp_path)), Options())
    assert status == "incomplete"
    assert open_files(engine) == [
        (
            "a.xml",
            "file_waits",
            "drop location iep_drop: a file cannot be read: this account has no permission for it",
        )
    ]
    assert rows(engine, "select count(*) from raw.inbox") == [(1,)]


def test_a_deviating_file_is_read_where_the_link_is_lenient(
    tmp_path: Path, engine: Engine, source: str, school: str
) -> None:
    drop(tmp_path, "deviating.xml", samples()["deviating"])
    location = Location(connection(str(tmp_path)))
    assert len(poll(engine, source, location).set_aside) == 1
    with engine.begin() as session:
        links.configure(session, school, "beheer", links.Reading.LENIENT, None)
    assert poll(engine, source, location).taken == 1


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
