"""What Airflow sees of the product: connection types, hooks, retries, and what its API server serves."""

import asyncio
import json
from datetime import timedelta

import learning_results_plugin as plugin
import pytest
from airflow.providers_manager import ProvidersManager
from airflow.sdk.definitions.connection import Connection as AirflowConnection
from airflow.sdk.definitions.retry_policy import RetryAction
from airflow.sdk.log import redact
from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime
from learning_results_airflow import LONGEST_WAIT, RETRY_POLICY, SOON, connect
from learning_results_hooks import IepLvsHook, MoodleHook, PeOnlineHook
from msgspec.structs import fields

from etl.connections import from_environment
from etl.connectors.pe_online import account as pe_account
from etl.connectors.registry import CONNECTORS, get_provider_info
from etl.errors import GiveUp, InvalidInput, OutcomeUnknown, RejectRecord, RetryLater
from etl.http.client import WAIT_LIMIT
from etl.sandbox import accounts
from etl.sandbox.pe_online import system

TYPES = ("moodle", "pe_online", "infocaption", "iep_lvs")


def address(connection):
    """The address as its connector reads it."""
    return next(one for one in CONNECTORS if one.system == connection.conn_type).address(connection)


def form(conn_type):
    return next(
        kind for kind in get_provider_info()["connection-types"] if kind["connection-type"] == conn_type
    )


# Connection types


@pytest.mark.parametrize("conn_type", TYPES)
def test_airflow_finds_the_hook_of_each_type_and_its_test_button(conn_type):
    hook = ProvidersManagerTaskRuntime().hooks[conn_type]
    assert hook.connection_testable
    assert hook.hook_name == form(conn_type)["hook-name"]


@pytest.mark.parametrize("conn_type", TYPES)
def test_airflow_shows_every_field_of_a_form(conn_type):
    manager = ProvidersManager()
    shown = {name for name in manager.connection_form_widgets if name.startswith(f"extra__{conn_type}__")}
    assert shown == {f"extra__{conn_type}__{name}" for name in form(conn_type)["conn-fields"]}
    assert (
        manager.field_behaviours[conn_type]["relabeling"]
        == form(conn_type)["ui-field-behaviour"]["relabeling"]
    )


def test_the_form_of_pe_online_has_the_settings_of_an_account_and_proposes_their_defaults():
    proposed = {name: field["schema"]["default"] for name, field in form("pe_online")["conn-fields"].items()}
    assert proposed == {field.name: field.default for field in fields(pe_account._Extra)}


@pytest.mark.parametrize("conn_type", ["moodle", "infocaption"])
def test_a_form_proposes_the_wait_that_an_empty_field_means(conn_type):
    assert form(conn_type)["conn-fields"]["wait_limit"]["schema"]["default"] == WAIT_LIMIT


# Connections


CONNECTIONS = (
    {"conn_type": "moodle", "host": "https://moodle.example.org", "password": "a/b@c:d%"},
    {"conn_type": "moodle", "host": "http://127.0.0.1:8090/Moodle", "login": "svc", "password": "x"},
    {"conn_type": "moodle", "host": "moodle.example.org", "port": 8443, "schema": "http", "password": "x"},
    {
        "conn_type": "pe_online",
        "host": "https://pe.example.org/a.asmx",
        "login": "52",
        "extra": {"mode": "live"},
    },
    {"conn_type": "iep_lvs", "host": "/srv/Drop", "extra": {"after": "move", "options": {"a": {"b": 1}}}},
    {"conn_type": "iep_lvs", "host": "s3://Bucket/Folder", "extra": {"after": None}},
)


@pytest.mark.parametrize("given", CONNECTIONS)
@pytest.mark.parametrize("written", ["json", "uri"])
def test_one_definition_means_the_same_to_airflow_and_to_the_command_line(given, written, monkeypatch):
    extra = json.dumps(given.get("extra", {}))
    uri = AirflowConnection(conn_id="x", **given | {"extra": extra}).get_uri()
    monkeypatch.setenv("AIRFLOW_CONN_SAME", uri if written == "uri" else json.dumps(given))
    assert connect("same") == from_environment("same")
    assert address(connect("same")) == address(from_environment("same"))
    assert connect("same").host == given["host"]


URIS = (
    "moodle://moodle.example.org",
    "moodle://:t%2Fk%40n@moodle.example.org:8443/moodle",
    "moodle://https://:token@Moodle.Example.org/moodle",
    "moodle://https://:token@moodle.example.org:8443/moodle/sub?service=etl&wait_limit=5",
    "moodle://http://u:p@127.0.0.1%3A8090%2FSite",
    "moodle://http://:t@127.0.0.1:8090/",
    "moodle://http://:t@[::1]:8090/moodle",
    "moodle://:t@[2001:db8::1]",
    "MOODLE://:t@host",
    "pe-online://52:k@pe.example.org/http",
    "infocaption://id:s%3Fcret@https%3A%2F%2Fcustomer.example%2Fbase",
    "iep-lvs://%2Fsrv%2FDrop",
    "iep-lvs:///srv/drop",
    "iep-lvs://s3://Bucket/Folder?after=keep",
    "iep-lvs://%2Fsrv%2FDrop?__extra__=%7B%22after%22%3A+%22move%22%7D",
)


@pytest.mark.parametrize("uri", URIS)
def test_a_uri_that_a_person_wrote_means_the_same_to_airflow_and_to_the_command_line(uri, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_SAME", uri)
    assert connect("same") == from_environment("same")
    assert address(connect("same")) == address(from_environment("same"))


@pytest.mark.parametrize(
    "uri",
    ["moodle://a://b://c", "moodle://:t@host?x=https://y", "moodle://:t@host:70000", "moodle://:t@host:x"],
)
def test_what_airflow_cannot_read_is_refused_by_the_command_line_too(uri, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_SAME", uri)
    for read in (connect, from_environment):
        with pytest.raises(GiveUp, match="AIRFLOW_CONN_SAME") as refused:
            read("same")
        assert "s3cret" not in str(refused.value)


def test_a_connection_that_is_not_there_is_named_with_the_way_out():
    with pytest.raises(GiveUp, match="AIRFLOW_CONN_NOWHERE"):
        connect("nowhere")


def test_what_stands_among_the_options_of_a_store_is_masked_whatever_its_name(monkeypatch):
    given = {
        "conn_type": "iep_lvs",
        "host": "s3://b",
        "extra": {"options": {"a": {"pass_code": "Wq8-secret"}}},
    }
    monkeypatch.setenv("AIRFLOW_CONN_STORE", json.dumps(given))
    connect("store")
    assert redact("listing with Wq8-secret failed") == "listing with *** failed"


# The Test button


@pytest.fixture
def template(sample_template):
    return sample_template


@pytest.fixture
def define(sandbox, warehouse, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)

    def define(conn_id, conn_type, path, **values):
        value = {"conn_type": conn_type, "host": f"{sandbox.url}{path}", **values}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(value))

    define("moodle_main", "moodle", "/moodle", password=accounts.MOODLE_TOKEN)
    return define


def test_the_test_of_moodle_names_the_site_and_that_nothing_is_missing(define):
    ok, message = MoodleHook("moodle_main").test_connection()
    assert ok, message
    assert "release 4.5.6" in message
    assert "Nothing is missing" in message


def test_a_copy_under_another_name_is_compared_with_what_is_mapped(define):
    define("zufallszeichen", "moodle", "/moodle", password=accounts.MOODLE_TOKEN_LIMITED)
    ok, message = MoodleHook("zufallszeichen").test_connection()
    assert not ok
    assert "Missing capability" in message


def test_a_wrong_token_is_said_and_not_shown(define):
    define("wrong", "moodle", "/moodle", password="no-token-of-this-site")
    ok, message = MoodleHook("wrong").test_connection()
    assert not ok
    assert "the token is not valid" in message
    assert "no-token-of-this-site" not in message


def test_the_test_of_pe_online_tells_a_right_key_from_a_wrong_one(define):
    for key, expected in ((accounts.PE_KEY, True), ("another-key", False)):
        define("pe_online", "pe_online", f"/pe{system.PATH}", login=accounts.PE_USER, password=key)
        ok, message = PeOnlineHook("pe_online").test_connection()
        assert ok is expected, message
        assert key not in message


def test_the_test_of_a_drop_location_counts_what_is_there(tmp_path, monkeypatch):
    (tmp_path / "one.xml").touch()
    monkeypatch.setenv("AIRFLOW_CONN_DROP", json.dumps({"conn_type": "iep_lvs", "host": str(tmp_path)}))
    assert IepLvsHook("drop").test_connection() == (
        True,
        "The location can be read: 1 XML files are there.\nFiles that were taken are kept.",
    )


# Retries


@pytest.mark.parametrize(
    ("problem", "action", "delay"),
    [
        (RetryLater("x"), RetryAction.RETRY, SOON),
        (RetryLater("x", retry_after=10), RetryAction.RETRY, SOON),
        (RetryLater("x", retry_after=1800), RetryAction.RETRY, timedelta(seconds=1800)),
        (RetryLater("x", retry_after=10**9), RetryAction.RETRY, LONGEST_WAIT),
        (OutcomeUnknown("x"), RetryAction.RETRY, 2 * SOON),
        (GiveUp("x"), RetryAction.FAIL, None),
        (InvalidInput("x"), RetryAction.FAIL, None),
        (RejectRecord("malformed_record", "x"), RetryAction.FAIL, None),
        (ConnectionError("x"), RetryAction.DEFAULT, None),
    ],
)
def test_each_error_class_says_what_airflow_does_next(problem, action, delay):
    decision = RETRY_POLICY.evaluate(problem, try_number=1, max_tries=3)
    assert (decision.action, decision.retry_delay) == (action, delay)


# What the API server serves


def ask(app, method, path, body=b""):
    """The status and body with which an ASGI application answers."""
    sent = []
    messages = [{"type": "http.request", "body": body}]

    async def receive():
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": b"", "headers": [(b"host", b"etl.test")], "scheme": "http", "server": ("etl.test", 80),
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def test_the_receiver_answers_below_its_own_path_only():
    mounted = {one["url_prefix"]: one["app"] for one in plugin.LearningResultsPlugin.fastapi_apps}
    assert set(mounted) == {"/uwlr", "/anewspring", "/certwell", "/elearning"}
    receiver = mounted["/uwlr"]
    status, contract = ask(receiver, "GET", "/leerresultaten")
    assert status == 200
    assert b"BrengLeerresultaten" in contract
    assert ask(receiver, "GET", "/anything")[0] == 404


@pytest.mark.parametrize(
    ("path", "body", "passed_on"),
    [
        (
            "/api/v2/connections/test",
            b'{"conn_type": "moodle", "port": 0}',
            b'{"conn_type": "moodle", "port": null}',
        ),
        ("/api/v2/connections/test", b'{"port": 8443}', b'{"port": 8443}'),
        ("/api/v2/connections/test", b"not json", b"not json"),
        ("/api/v2/connections", b'{"port": 0}', b'{"port": 0}'),
    ],
)
def test_the_test_button_works_without_a_port(path, body, passed_on):
    async def airflow(scope, receive, send):
        message = await receive()
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": message["body"]})

    assert ask(plugin.PortlessTest(airflow), "POST", path, body) == (200, passed_on)


@pytest.mark.parametrize("piece", [1, 1000, 64 * 1024])
def test_a_large_body_without_a_login_is_passed_on_as_it_came_and_hardly_any_of_it_is_held(piece):
    sent, held = [], []
    total = 100 * 1024

    async def receive():
        sent.append(min(piece, total - piece * len(sent)))
        return {"type": "http.request", "body": b" " * sent[-1], "more_body": piece * len(sent) < total}

    async def airflow(scope, receive, send):
        held.append(sum(sent))
        more, size = True, 0
        while more:
            message = await receive()
            size, more = size + len(message["body"]), message["more_body"]
        assert size == total

    scope = {"type": "http", "method": "POST", "path": "/api/v2/connections/test"}
    asyncio.run(plugin.PortlessTest(airflow)(scope, receive, None))
    assert held[0] <= 128 * 1024
    assert held[0] <= 256 * piece


def test_only_a_connection_test_is_read_before_airflow_reads_it():
    read = []

    async def receive():
        read.append(1)
        return {"type": "http.request", "body": b"{}"}

    async def airflow(scope, receive, send):
        assert read == []

    for method, path in (("GET", "/api/v2/connections/test"), ("POST", "/api/v2/dags")):
        asyncio.run(
            plugin.PortlessTest(airflow)({"type": "http", "method": method, "path": path}, receive, None)
        )


def test_a_caller_that_hangs_up_is_passed_on():
    async def receive():
        return {"type": "http.disconnect"}

    async def airflow(scope, receive, send):
        assert await receive() == {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "path": "/api/v2/connections/test"}
    asyncio.run(plugin.PortlessTest(airflow)(scope, receive, None))
