"""Connections from the environment, in both forms that Airflow reads."""

import pytest

from etl.connections import Connection, from_environment
from etl.errors import GiveUp


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (
            '{"conn_type": "moodle", "host": "https://moodle.example.org", "password": "t", "extra": {"service": "s"}}',
            Connection("x", "moodle", "https://moodle.example.org", password="t", extra={"service": "s"}),
        ),
        (
            '{"conn_type": "moodle", "host": "m", "port": "8443", "extra": "{\\"a\\": \\"\\", \\"b\\": null}"}',
            Connection("x", "moodle", "m", port=8443),
        ),
        (
            "moodle://https://:a%2Fb@moodle.example.org",
            Connection("x", "moodle", "https://moodle.example.org", password="a/b"),
        ),
        (
            "moodle://http://u:p@127.0.0.1%3A8090%2FSite",
            Connection("x", "moodle", "http://127.0.0.1:8090/Site", "u", "p"),
        ),
        (
            "pe-online://52:k@pe.example.org?mode=live",
            Connection("x", "pe_online", "pe.example.org", "52", "k", extra={"mode": "live"}),
        ),
        (
            "iep-lvs://%2Fsrv%2FDrop?__extra__=%7B%22after%22%3A+%22move%22%7D",
            Connection("x", "iep_lvs", "/srv/Drop", extra={"after": "move"}),
        ),
    ],
)
def test_a_connection_is_read_as_airflow_reads_it(written, meant, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_X", written)
    assert from_environment("x") == meant


@pytest.mark.parametrize(
    ("host", "schema", "port", "url"),
    [
        ("moodle.example.org", "", None, "https://moodle.example.org"),
        ("moodle.example.org", "http", 8080, "http://moodle.example.org:8080"),
        ("http://127.0.0.1:8090/moodle/", "", None, "http://127.0.0.1:8090/moodle"),
        ("/srv/drop", "", None, "/srv/drop"),
    ],
)
def test_the_address_is_https_unless_it_says_otherwise(host, schema, port, url):
    assert Connection("x", "moodle", host, schema=schema, port=port).base_url == url


@pytest.mark.parametrize("written", ["", "{not json", '["list"]', "moodle://host:noport"])
def test_what_cannot_be_read_is_said_without_showing_it(written, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_X", written)
    with pytest.raises(GiveUp, match="AIRFLOW_CONN_X") as refused:
        from_environment("x")
    assert not written or written not in str(refused.value)


def test_a_password_does_not_show():
    connection = Connection("x", "moodle", password="Wq8-secret", extra={"options": "Wq8-secret"})
    assert "Wq8-secret" not in repr(connection)
