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
        ("moodle.example.org/", "", None, "https://moodle.example.org"),
        ("moodle.example.org:8443/moodle", "", None, "https://moodle.example.org:8443/moodle"),
        ("http://127.0.0.1:8090/moodle/", "", None, "http://127.0.0.1:8090/moodle"),
        ("http://x.example/moodle", "", 18300, "http://x.example:18300/moodle"),
        ("http://x.example:18300/moodle", "", 18300, "http://x.example:18300/moodle"),
        ("x.example/moodle//", "http", 18300, "http://x.example:18300/moodle"),
        ("https://x.example", "https", None, "https://x.example"),
        ("HTTPS://X.example/Moodle", "", None, "https://X.example/Moodle"),
        (" https://x.example\n", "", None, "https://x.example"),
        ("x.example", "moodle", None, "https://x.example/moodle"),  # Airflow's schema is the path of a URI
        ("https://x.example", "moodle/sub", 8443, "https://x.example:8443/moodle/sub"),
        ("https://x.example/a", "b", None, "https://x.example/a/b"),
        ("::1", "", None, "https://[::1]"),
        ("::1", "http", 8080, "http://[::1]:8080"),
        ("http://::1", "", 8080, "http://[::1]:8080"),
        ("http://[::1]", "", 8080, "http://[::1]:8080"),
        ("[2001:db8::1]:8443/moodle", "", None, "https://[2001:db8::1]:8443/moodle"),
    ],
)
def test_the_address_of_a_site_is_what_was_entered(host, schema, port, url):
    assert Connection("x", "moodle", host, schema=schema, port=port).site() == url


EMPTY = "the host is empty, or begins with / or :"
PARAMETERS = "the host holds parameters (? or #): enter the address without them"
LOGIN = "the host holds a login: enter it in the fields for it"
HOSTS_PORT = "the host has a port that is no number from 1 to 65535"
PORT = "the port is no number from 1 to 65535"
OTHER = "the host begins with another protocol than http:// and https://"


@pytest.mark.parametrize(
    ("host", "schema", "port", "reason"),
    [
        ("", "", None, EMPTY),
        ("https://", "", None, EMPTY),
        ("https:///s3cret", "", None, EMPTY),
        ("/srv/s3cret", "", None, EMPTY),
        (":8080", "", None, EMPTY),
        ("https://x.example?token=s3cret", "", None, PARAMETERS),
        ("x.example/a?WSDL", "", None, PARAMETERS),
        ("x.example/#s3cret", "", None, PARAMETERS),
        ("x.example", "a?s3cret", None, PARAMETERS),
        ("https://u:s3cret@x.example", "", None, LOGIN),
        ("u@x.example/moodle", "", None, LOGIN),
        ("ftp://x.example", "", None, OTHER),
        ("s3://bucket", "", None, OTHER),
        ("javascript://x", "", None, OTHER),
        ("https://http://x.example", "", None, HOSTS_PORT),
        ("https:/x.example", "", None, HOSTS_PORT),
        ("x.example:port", "", None, HOSTS_PORT),
        ("x.example:", "", None, HOSTS_PORT),
        ("x.example:0", "", None, HOSTS_PORT),
        ("x.example:65536", "", None, HOSTS_PORT),
        ("x.example:8_0", "", None, HOSTS_PORT),
        ("x.example:٨٠", "", None, HOSTS_PORT),
        ("x.example", "", 0, PORT),
        ("x.example", "", -1, PORT),
        ("x.example", "", 65536, PORT),
        ("x.example:8443", "", 443, "the host names one port and the field port another"),
        ("http://x.example", "https", None, "the host and the field schema name two protocols"),
        ("my site.example", "", None, "the host holds a blank or a backslash"),
        ("https:\\\\x.example", "", None, "the host holds a blank or a backslash"),
        ("x.example\u200b", "", None, "the host holds a character that does not show"),
        ("x.example\n/moodle", "", None, "the host holds a character that does not show"),
        ("http://[::g]", "", None, "the host has brackets that hold no IPv6 address"),
        ("http://[::1]x", "", None, "the host has brackets that hold no IPv6 address"),
    ],
)
def test_an_address_that_cannot_be_asked_is_refused_with_the_reason(host, schema, port, reason):
    with pytest.raises(GiveUp) as refused:
        Connection("x", "moodle", host, schema=schema, port=port).site()
    assert str(refused.value) == f"connection x: {reason}"


@pytest.mark.parametrize(
    ("host", "schema", "port", "url"),
    [
        ("/srv/drop", "", None, "/srv/drop"),
        ("/srv/my drop/", "", None, "/srv/my drop"),
        ("", "srv/drop", None, "/srv/drop"),  # iep-lvs:///srv/drop
        ("s3://Bucket/Folder", "", None, "s3://Bucket/Folder"),
        ("s3://Bucket", "Folder", None, "s3://Bucket/Folder"),
        ("sftp://u@host/in", "", 2222, "sftp://u@host:2222/in"),
        ("file:///srv/drop", "", None, "file:///srv/drop"),
        ("files.example.org/iep", "", 8443, "https://files.example.org:8443/iep"),
    ],
)
def test_the_address_of_a_store_may_be_a_folder(host, schema, port, url):
    assert Connection("x", "iep_lvs", host, schema=schema, port=port).store() == url


@pytest.mark.parametrize(
    "given", [("", "", None), ("/", "", None), ("/srv/drop", "", 22), ("https://u:p@x", "", None)]
)
def test_a_store_without_an_address_is_refused(given):
    host, schema, port = given
    with pytest.raises(GiveUp, match="connection x: "):
        Connection("x", "iep_lvs", host, schema=schema, port=port).store()


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ('{"host": "x", "passwrd": "s3cret"}',
         "it has a field that no connection has; those of one are conn_type, description, extra, host, login, password,"
         " port, schema"),
        ('{"host": 5}', "host must be text, in quotes"),
        ('{"host": "x", "password": 12345}', "password must be text, in quotes"),
        ('{"host": "x", "login": ["s3cret"]}', "login must be text, in quotes"),
        ('{"host": "x", "port": "8_0"}', "the port is not a whole number"),
        ('{"host": "x", "port": 80.5}', "the port is not a whole number"),
        ('{"host": "x", "port": true}', "the port is not a whole number"),
        ('{"host": "x", "port": NaN}', "the port is not a whole number"),
        ('{"host": "x", "port": Infinity}', "the port is not a whole number"),
        ('{"host": "x", "port": "-1"}', "the port is not a whole number"),
        ("moodle://:t@host:noport", "the port is no number from 1 to 65535"),
        ("moodle://:t@host:70000", "the port is no number from 1 to 65535"),
        ("moodle://:s3#cret@host", "it holds a #, behind which nothing would be read (in a value it is written %23)"),
        ("moodle://:t@host?x=https://y",
         ":// stands in it at a place that no URI has (in a value it is written %3A%2F%2F)"),
        ("pe_online://52:k@host", "the type before :// has letters, digits and hyphens only, such as elearning"),
    ],
)  # fmt: skip
def test_a_part_that_cannot_be_read_is_named(written, reason, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_X", written)
    with pytest.raises(GiveUp) as refused:
        from_environment("x")
    assert str(refused.value) == f"connection x: AIRFLOW_CONN_X: {reason}"


@pytest.mark.parametrize("written", ["", "{not json", '["list"]', "moodle://host:noport"])
def test_what_cannot_be_read_is_said_without_showing_it(written, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_X", written)
    with pytest.raises(GiveUp, match="AIRFLOW_CONN_X") as refused:
        from_environment("x")
    assert not written or written not in str(refused.value)


def test_a_password_does_not_show():
    connection = Connection("x", "moodle", password="Wq8-secret", extra={"options": "Wq8-secret"})
    assert "Wq8-secret" not in repr(connection)
