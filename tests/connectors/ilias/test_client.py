"""The SOAP server of an ILIAS site: sessions, arrays, faults, and answers that are none."""

import logging

import pytest

from etl.connectors.ilias import client as ilias_client
from etl.connectors.ilias.client import IliasClient
from etl.errors import CapabilityMissing, GiveUp, RetryLater, Unusable
from etl.sandbox import accounts
from etl.sandbox.ilias import documents
from tests.connectors.ilias.conftest import connection_to
from tests.fixtures.http_peer import Answer

LONG_AGO = "1970-01-01 00:00:00"


def test_one_login_serves_all_calls_and_is_logged_out(sandbox, ilias, client_of):
    with client_of() as client:
        assert b"LPChange" in client.changes(LONG_AGO)
        assert b"P0101" in client.users(["301"])
        assert b"received_points" in client.test_results("85")
        assert len(ilias.sessions) == 1
    assert ilias.sessions == {}
    assert sandbox.counters.of("ilias")["login"] == 1
    assert client.calls == 5


def test_the_session_is_closed_after_an_error_too(sandbox, ilias, client_of):
    ilias.rights.discard("users")
    with pytest.raises(CapabilityMissing, match=r"users: the account lacks the right"), client_of() as client:
        client.users(["301"])
    assert ilias.sessions == {}


def test_a_session_that_ended_is_opened_anew_once(sandbox, ilias, client_of):
    with client_of() as client:
        client.changes(LONG_AGO)
        ilias.sessions.clear()
        assert b"P0101" in client.users(["301"])
        ilias.lasting = 0
        with pytest.raises(GiveUp, match="the session ended, also right after a login"):
            client.users(["301"])
    assert sandbox.counters.of("ilias")["login"] == 3


def test_the_filter_of_types_and_ids_of_users_arrive_as_arrays(client_of):
    with client_of({"types": "tst"}) as client:
        found = client.changes(LONG_AGO).decode()
        assert found.count("<LPChange") == found.count('RefIds="85"') == 2
        assert client.users(["301", "302", "999"]).decode().count("<User ") == 2
        with pytest.raises(ValueError, match="an empty array"):
            client.users([])


def test_a_moment_that_changes_are_asked_since_counts_itself(client_of):
    with client_of() as client:
        assert client.changes("2026-03-28 09:15:00").decode().count("<LPChange") == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"extra": {"client": "another"}}, "the client ID is missing or none of the site"),
        ({"extra": {"client": ""}}, "enter the client ID"),
        ({"password": "wrong"}, "the login was refused"),
        ({"password": ""}, "enter user name and password"),
        ({"extra": {"types": " , "}}, "extra types is not a list"),
        ({"extra": {"person_field": "email"}}, "extra person_field is neither"),
        ({"extra": {"tests": {"71": "final"}}}, "extra tests is not an object of ids"),
        ({"extra": {"begin": "yesterday"}}, "extra begin is not a day"),
    ],
)
def test_what_is_missing_in_the_connection_is_named(client_of, fields, said):
    with pytest.raises(GiveUp, match=said):
        client_of(**fields).changes(LONG_AGO)


def test_soap_that_is_not_enabled_needs_a_person(ilias, client_of):
    ilias.soap_enabled = False
    with pytest.raises(GiveUp, match="SOAP is not enabled for this client"):
        client_of().changes(LONG_AGO)


def test_a_test_that_is_none_and_a_right_that_is_missing_are_of_this_object_only(ilias, client_of):
    with client_of() as client:
        with pytest.raises(Unusable, match="results of test 71: there is no test with this reference"):
            client.test_results("71")
        ilias.rights.discard("results")
        with pytest.raises(CapabilityMissing, match="results of test 85: the account lacks the right"):
            client.test_results("85")


@pytest.mark.parametrize(
    ("kind", "error", "said"),
    [
        ("html", Unusable, "HTML instead of SOAP"),
        ("fatal", Unusable, "plain text instead of SOAP"),
        ("truncated", RetryLater, "the answer broke off"),
        ("cut", RetryLater, "no complete answer"),
        ("lost_answer", RetryLater, "no complete answer"),
        ("server_error", RetryLater, "HTTP 500"),
        ("unavailable", RetryLater, "HTTP 503"),
        ("forbidden", GiveUp, "HTTP 403"),
    ],
)
def test_an_answer_that_is_none_says_what_came(sandbox, client_of, kind, error, said):
    sandbox.faults.add("ilias", kind, operation="getLearningProgressChanges", count=None)
    with pytest.raises(error, match=said):
        client_of().changes(LONG_AGO)


def test_the_address_of_the_server_itself_may_be_entered(sandbox):
    with IliasClient(connection_to(f"{sandbox.url}/ilias/webservice/soap/server.php")) as client:
        assert client.changes(LONG_AGO)
    with pytest.raises(GiveUp, match="there is no SOAP server at this address"):
        IliasClient(connection_to(f"{sandbox.url}/ilias/soap/server.php")).changes(LONG_AGO)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (documents.answer("login", "sid", "x").body.replace(b"<sid", b"<!DOCTYPE a><sid"), Unusable),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>' + documents.answer("login", "sid", "x").body[38:], Unusable),
        (documents.answer("login", "sid", "x").body.replace(b">x<", b">\xff\xfe<"), Unusable),
        (documents.answer("login", "sid", "").body, GiveUp),
        (documents.fault("Musterfrau ist unbekannt", "Server").body, GiveUp),
        (b"<?xml version='1.0'?><rss/>", Unusable),
        (b"", RetryLater),
    ],
)
def test_a_damaged_or_hostile_envelope_is_refused_without_its_words(peer, body, error):
    peer.answers.append(Answer(body))
    with pytest.raises(error) as refused:
        IliasClient(connection_to(peer.url)).changes(LONG_AGO)
    assert "Musterfrau" not in str(refused.value)


def test_nothing_is_fetched_from_anywhere_but_this_package(peer):
    client = IliasClient(connection_to(peer.url))
    assert peer.asked == []
    for url in (f"{peer.url}/soap/encoding/", "http://www.w3.org/2001/xml.xsd", "/etc/hostname"):
        with pytest.raises(GiveUp, match="nothing is fetched from outside"):
            client._transport.load(url)
    assert peer.asked == []


def test_no_log_holds_the_session_or_the_password(ilias, client_of, caplog):
    caplog.set_level(logging.DEBUG)
    with client_of() as client:
        client.changes(LONG_AGO)
        [sid] = ilias.sessions
    assert "urllib3" in caplog.text
    assert sid.partition("::")[0] not in caplog.text
    assert accounts.ILIAS_PASSWORD not in caplog.text


def test_the_schemas_are_in_the_package():
    assert {path.name for path in ilias_client._SCHEMAS.iterdir()} == {"ilias.wsdl", "soap_encoding.xsd"}
