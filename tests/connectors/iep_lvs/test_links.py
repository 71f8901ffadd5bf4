"""A school's link from activation to its end, on the command line, with every event in the link log."""

import re
from datetime import date

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from etl import cli
from etl.connectors.iep_lvs import links
from etl.connectors.iep_lvs.links import LinkTerms
from etl.errors import InvalidInput
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.school import KEY, log, rows

TERMS = LinkTerms("M. Mandaat", date(2026, 1, 5), date(2026, 1, 6))


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("99QQ00123456789abcd", "20 to 50"),
        ("99QQ00" + "x" * 45, "20 to 50"),
        ("99qq001234567890abcd", "BRIN"),
        ("QQ99001234567890abcd", "BRIN"),
        ("\u0669\u0669QQ001234567890abcd", "BRIN"),
        ("99QQ001234567890abc ", "blanks"),
        ("99QQ001234567890abc\x00", "blanks"),
    ],
)
def test_a_code_that_does_not_have_the_form_is_not_taken(code: str, why: str, engine: Engine) -> None:
    with engine.begin() as session, pytest.raises(InvalidInput, match=why) as refused:
        links.activate(session, code, "Bureau ICE", "BUREAUICE", TERMS, "beheer")
    assert code not in str(refused.value)


def test_the_code_is_stored_hashed_with_a_salt_of_its_own(engine: Engine, school: str) -> None:
    [(first,)] = rows(engine, "select hash from ops.link_codes")
    with engine.begin() as session:
        links.pause(session, school, "beheer")
        links.resume(session, KEY, "beheer")
    [(second,)] = rows(engine, "select hash from ops.link_codes")
    assert bytes(first) != bytes(second)
    assert KEY.encode() not in bytes(first)


def test_pausing_removes_the_code_and_resuming_may_bring_a_new_one(
    iep: Sender, receiver: str, engine: Engine
) -> None:
    night = samples()["first_night"]
    with engine.begin() as session:
        links.pause(session, "99QQ00", "beheer")
    assert rows(engine, "select * from ops.link_codes") == []
    assert "AutorisatieOngeldig" in iep.send(night).fault
    with engine.begin() as session:
        links.resume(session, "99QQ00another-code-of-the-school", "beheer")
    assert "AutorisatieOngeldig" in iep.send(night).fault
    assert Sender(receiver, "99QQ00another-code-of-the-school").send(night).taken


def test_every_event_is_in_the_link_log(iep: Sender, engine: Engine, school: str) -> None:
    iep.send(samples()["test_message"])
    iep.send(samples()["first_night"])
    iep.send(samples()["first_night"])
    Sender(iep._url, "99QQ00verkeerdverkeerd").send(samples()["first_night"])
    with engine.begin() as session:
        links.configure(session, school, "beheer", links.Reading.LENIENT, None)
        links.pause(session, school, "beheer")
        links.resume(session, KEY, "beheer")
        links.end(session, school, "beheer")
    assert log(engine) == [
        ("activated", None),
        ("code_entered", None),
        ("test_message", None),
        ("message", None),
        ("message_again", None),
        ("message_refused", "Client.AutorisatieOngeldig"),
        ("changed", None),
        ("paused", None),
        ("code_removed", None),
        ("resumed", None),
        ("code_entered", None),
        ("ended", None),
        ("code_removed", None),
    ]
    assert rows(engine, "select distinct actor from mart.link_log where event = 'paused'") == [("beheer",)]
    [(terms,)] = rows(engine, "select detail from mart.link_log where event = 'activated'")
    assert terms == "terms accepted by M. Mandaat on 2026-01-05, starts on 2026-01-06"


def test_an_ended_link_comes_back_only_by_activating_it_again(engine: Engine, school: str) -> None:
    with engine.begin() as session:
        links.end(session, school, "beheer")
    with engine.begin() as session, pytest.raises(InvalidInput, match="no link that is active or paused"):
        links.resume(session, KEY, "beheer")
    with engine.begin() as session:
        assert links.activate(session, KEY, "Bureau ICE", "BUREAUICE", TERMS, "beheer") == school
    assert rows(engine, "select status from mart.school_links") == [("active",)]


def test_the_command_line_does_all_of_it_and_never_shows_the_code(
    warehouse: str, receiver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    monkeypatch.setenv("COLUMNS", "300")
    code = "99QQ00from-the-command-line"
    activate = ["iep", "link", "activate", "--by", "beheer", "--accepted-by", "M. Mandaat", "--accept-terms"]
    steps = [
        (activate, code, "school 99QQ00: link is active"),
        (["sandbox", "send", "first_night", "--to", receiver], code, "acknowledged"),
        (["iep", "link", "set", "99QQ00", "--by", "beheer", "--reading", "lenient"], None, "set"),
        (["iep", "link", "pause", "99QQ00", "--by", "beheer"], None, "paused"),
        (["iep", "link", "resume", "--by", "beheer"], code, "active again"),
        (["iep", "link", "list"], None, "99QQ00.*active"),
        (["iep", "link", "end", "99QQ00", "--by", "beheer"], None, "ended"),
        (["iep", "link", "log", "99QQ00"], None, "code_removed"),
    ]
    for arguments, typed, expected in steps:
        done = CliRunner().invoke(
            cli._typer, arguments, input=f"{typed}\n" if typed else None, catch_exceptions=False
        )
        assert done.exit_code == 0, done.output
        assert re.search(expected, done.output)
        assert code not in done.output


def test_the_terms_have_to_be_accepted(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    refused = CliRunner().invoke(
        cli._typer, ["iep", "link", "activate", "--by", "b", "--accepted-by", "M"], input=f"{KEY}\n"
    )
    assert refused.exit_code == 2
    assert "--accept-terms" in refused.output
