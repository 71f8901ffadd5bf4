"""No pupil and no key in anything that is logged, reported or handed on; the key is kept nowhere."""

import logging
import re

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from etl.connectors.iep_lvs import links
from etl.connectors.iep_lvs.commands import app
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.nights import night
from tests.connectors.iep_lvs.school import KEY, bodies, rows

WRONG_KEY = "99QQ00verkeerdverkeerd"
NIGHTS = ("test_message", "first_night", "second_night", "deviating")
PUPIL = re.compile(r"<(?:\w+:)?(?:leerlingid|eckid)>([^<]+)<")
PLANTED = {found for name in NIGHTS for found in PUPIL.findall(samples()[name].decode())} - {"TEST"}


@pytest.fixture
def a_night_with_everything(iep: Sender, receiver: str, engine: Engine, school: str) -> None:
    for name in NIGHTS:
        iep.send(samples()[name])
    iep.send(samples()["first_night"].replace(b"LL-7001<", b"LL-7001 <x/><"))
    iep.send(samples()["first_night"].replace(b"pilot/0a1b", b"pilot/0A1B"))
    Sender(receiver, WRONG_KEY).send(samples()["first_night"])
    with engine.begin() as session:
        links.configure(session, school, "beheer", links.Reading.LENIENT, links.UnknownPupil.FAULT)
    iep.send(samples()["first_night"].replace(b"01:05:00", b"02:05:00"))
    iep.send(samples()["deviating"])
    night(engine)


def test_logs_and_reports_hold_no_pupil_and_no_key(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], request: pytest.FixtureRequest,
    engine: Engine, warehouse: str, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    request.getfixturevalue("a_night_with_everything")
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    output = [CliRunner().invoke(app, arguments).output for arguments in (["link", "list"], ["link", "log"])]
    output += [caplog.text, *capfd.readouterr()]
    output += [str(rows(engine, f"select * from {table}")) for table in _tables(engine, "ops")]
    assert "99QQ00" in "".join(output)
    found = [value for value in PLANTED | {KEY, WRONG_KEY} if value in "".join(output)]
    assert len(PLANTED) >= 6
    assert found == []


def test_the_key_is_kept_nowhere_and_pupils_only_in_the_inbox(
    a_night_with_everything: None, engine: Engine
) -> None:
    everything = [table for schema in ("raw", "core", "ops") for table in _tables(engine, schema)]
    kept = "".join(str(rows(engine, f"select * from {table}")) for table in everything)
    assert KEY not in kept
    assert WRONG_KEY not in kept
    assert all(KEY.encode() not in body and b"autorisatie" not in body for body in bodies(engine))
    results = str(rows(engine, "select * from core.test_result_versions"))
    assert [value for value in PLANTED if value in results] == []


def _tables(engine: Engine, schema: str) -> list[str]:
    statement = (
        "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = :schema order by 1"
    )
    return [name for (name,) in rows(engine, statement, schema=schema)]
