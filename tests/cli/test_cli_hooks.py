"""The command ``etl hooks``, and the test of the connection that holds a secret."""

import json
from contextlib import nullcontext

import pytest

from etl.connections import Connection
from etl.connectors import registry
from etl.connectors.coachview import flow
from etl.engine.options import Options
from etl.errors import GiveUp, InvalidInput, RetryLater
from etl.sandbox.elearning.sender import result, send, sender
from tests.fixtures.webhooks import SECRET, fill, receivers, serving


@pytest.fixture
def template(migrated_template):
    """Nothing is entered but what these tests enter."""
    return migrated_template


@pytest.fixture
def filled(engine, monkeypatch):
    fill(engine)
    for name in ("academy", "board", "studio"):
        secret = json.dumps({"conn_type": "elearning", "password": SECRET})
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}_SECRET", secret)
    return engine


@pytest.fixture
def origin(warehouse, filled):
    with serving(receivers(warehouse)) as origin:
        yield origin


@pytest.mark.parametrize("integration", ["academy", "board", "studio"])
def test_a_test_message_says_that_the_signature_is_right_and_registers_nothing(etl, sql, origin, integration):
    done = etl("hooks", "test", integration, "--to", origin)
    assert (done.exit_code, done.output) == (
        0,
        "HTTP 200: test message: the signature is right, nothing was registered\n",
    )
    assert sql("select event, integration from mart.webhook_log") == [("test_message", integration)]
    assert sql("select * from core.reported_completions") == []


def test_a_test_message_under_another_secret_is_told_so(etl, origin, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_STUDIO_SECRET", '{"conn_type": "elearning", "password": "another"}')
    done = etl("hooks", "test", "studio", "--to", origin)
    assert (done.exit_code, done.output.startswith("HTTP 403: X-WebHook-Signature: missing, or not")) == (
        1,
        True,
    )
    assert "another" not in done.output


@pytest.mark.parametrize(
    ("integration", "kind", "words"),
    [
        ("nobody", InvalidInput, "there is no integration nobody"),
        ("silent", InvalidInput, "integration silent has no secret"),
        ("studio", RetryLater, "the receiver cannot be reached"),
    ],
)
def test_what_cannot_be_tested_is_said_in_a_sentence(etl, filled, integration, kind, words):
    problem = etl("hooks", "test", integration, "--to", "http://127.0.0.1:9").exception
    assert isinstance(problem, kind)
    assert words in str(problem)


def test_integrations_and_messages_are_listed_with_ids_and_outcomes(etl, origin):
    etl("hooks", "test", "academy", "--to", origin)
    etl("hooks", "test", "studio", "--to", origin)
    header, *lines = etl("hooks", "list").output.splitlines()
    assert header.split("\t")[:3] == ["integration", "system", "active"]
    assert [line.split("\t")[:3] for line in lines] == [
        ["academy", "anewspring", "True"],
        ["board", "certwell", "True"],
        ["silent", "elearning", "True"],
        ["studio", "elearning", "True"],
    ]
    assert len(etl("hooks", "log").output.splitlines()) == 3
    assert [line.split("\t")[1] for line in etl("hooks", "log", "studio").output.splitlines()] == [
        "integration",
        "studio",
    ]


OPEN = (
    "select record_key from mart.rejections"
    " where resource = 'message' and resolved_at is null and dismissed_at is null order by 1"
)


def test_a_message_that_cannot_be_used_is_dismissed_and_another_one_is_listed_again(etl, sql, origin, filled):
    def arrives(person, grade):
        poster = sender(f"{origin}/elearning/studio", SECRET)
        assert send(poster, result(person, "V-1", Resultaat=grade)).status == 400

    def listed():
        flow.run(filled, None, Options())
        return [key for (key,) in sql(OPEN)]

    arrives("1001", "eleven")
    arrives("1002", "none")
    assert listed() == ["V-1/1001", "V-1/1002"]
    chosen = ("studio", "malformed_record", "--key", "V-1/1001")
    done = etl("rejections", "dismiss", *chosen, "--by", "anna", "--because", "a trial")
    assert done.output == "1 dismissed\n"
    assert listed() == ["V-1/1002"]
    arrives("1001", "twelve")
    assert listed() == ["V-1/1001", "V-1/1002"]


def said_of(engine, connection, others=()):
    known = {one.conn_id: one for one in others}

    def connect(conn_id):
        if conn_id not in known:
            raise GiveUp(f"connection {conn_id} is not defined")
        return known[conn_id]

    report = registry.check(connection, lambda: nullcontext(engine), connect)
    return report.ok, " ".join(report.lines)


def test_the_test_of_a_connection_says_whose_secret_it_is_and_where_messages_go(filled):
    held = Connection("studio_secret", "elearning", password=SECRET)
    for tested, others in ((held, ()), (Connection("under test", "elearning", password=SECRET), (held,))):
        content, said = said_of(filled, tested, others)
        assert content
        assert "it is that of studio" in said
        assert "/elearning/studio" in said
        assert SECRET not in said


def test_the_test_of_a_connection_names_what_is_missing(filled):
    empty = said_of(filled, Connection("studio_secret", "elearning"))
    unused = said_of(filled, Connection("spare", "elearning", password=SECRET))
    assert empty == (False, "No secret is entered: messages are not taken")
    assert unused == (False, "No integration of elearning in integrations.csv names this connection")
