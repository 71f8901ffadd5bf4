"""The same documents from a drop location: what becomes of each file in a folder."""

from datetime import date
from pathlib import Path

import pytest
from fsspec.implementations.local import LocalFileSystem
from sqlalchemy import Engine

from etl.connectors.iep_lvs import flow, links
from etl.connectors.iep_lvs.drop import poll
from etl.connectors.iep_lvs.links import LinkTerms
from etl.connectors.iep_lvs.location import Location
from etl.engine.options import Options
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.drops import connection, drop
from tests.connectors.iep_lvs.nights import current, golden
from tests.connectors.iep_lvs.school import KEY, bodies, rows

TERMS = LinkTerms("M. Mandaat", date(2026, 1, 5), date(2026, 1, 6))
FIRST, SECOND = samples()["first_night"], samples()["second_night"]


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
