"""The connection types that Airflow shows, and what a connection means to it and to the command line."""

import json

import pytest
from airflow.providers_manager import ProvidersManager
from airflow.sdk.definitions.connection import Connection as AirflowConnection
from airflow.sdk.log import redact
from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime
from learning_results_airflow import connect
from msgspec.structs import fields

from etl.connections import from_environment
from etl.connectors.pe_online import account as pe_account
from etl.connectors.registry import CONNECTORS, get_provider_info
from etl.errors import GiveUp
from etl.http.client import WAIT_LIMIT

TYPES = [one.system for one in CONNECTORS]


def address(connection):
    """The address as its connector reads it."""
    return next(one for one in CONNECTORS if one.system == connection.conn_type).address(connection)


def form(conn_type):
    return next(
        kind for kind in get_provider_info()["connection-types"] if kind["connection-type"] == conn_type
    )


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
