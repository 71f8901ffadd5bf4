"""The same documents from a drop location: a folder, an object store, an HTTPS address."""

import os
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import fsspec
import pytest
from sqlalchemy import Engine

from etl.connections import Connection
from etl.errors import InvalidInput, RetryLater
from etl.flows import iep_test_results as flow
from etl.flows.options import Options
from etl.receive import links
from etl.receive.drop import Location, poll
from etl.sandbox.iep_sender import Sender, samples
from tests.receive.school import KEY, bodies, rows
from tests.receive.test_nights import current, golden

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


def test_a_file_that_is_being_written_and_one_of_a_paused_school_wait(
    tmp_path: Path, engine: Engine, source: str, school: str
) -> None:
    location = Location(connection(str(tmp_path), after="move"))
    drop(tmp_path, "night.xml", FIRST, age=5)
    assert poll(engine, source, location).left == 1
    drop(tmp_path, "night.xml", FIRST)
    with engine.begin() as session:
        links.pause(session, school, "beheer")
    assert poll(engine, source, location).left == 1
    with engine.begin() as session:
        links.resume(session, KEY, "beheer")
    assert poll(engine, source, location).taken == 1


def test_a_school_without_a_link_or_with_an_ended_one_is_set_aside(
    tmp_path: Path, engine: Engine, source: str, school: str
) -> None:
    drop(tmp_path, "other.xml", FIRST.replace(b">99QQ<", b">11AA<"))
    with engine.begin() as session:
        links.end(session, school, "beheer")
    drop(tmp_path, "ended.xml", FIRST)
    polled = poll(engine, source, Location(connection(str(tmp_path))))
    assert [reason for _, reason in polled.set_aside] == [
        f"Client.AutorisatieOngeldig: school {brin6} has no link" for brin6 in ("99QQ00", "11AA00")
    ]  # fmt: skip


def test_a_deviating_file_is_read_where_the_link_is_lenient(
    tmp_path: Path, engine: Engine, source: str, school: str
) -> None:
    drop(tmp_path, "deviating.xml", samples()["deviating"])
    location = Location(connection(str(tmp_path)))
    assert len(poll(engine, source, location).set_aside) == 1
    with engine.begin() as session:
        links.configure(session, school, "beheer", links.Reading.LENIENT, None)
    drop(tmp_path, "deviating.xml", samples()["deviating"], age=1800)
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
    with pytest.raises(RetryLater, match="cannot be listed: FileNotFoundError"):
        poll(engine, source, Location(connection(str(gone))))
    _, status = flow.run(engine, lambda _: connection(str(gone)), Options())
    assert status == "incomplete"


def test_files_at_an_https_address_can_only_be_kept() -> None:
    with pytest.raises(InvalidInput, match="can only be kept"):
        Location(connection("https://127.0.0.1/drop/", after="move"))
