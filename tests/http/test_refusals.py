"""An answer that is not the system's own: where a redirect leads, and what stands before the system."""

import pytest

from etl.errors import GiveUp
from etl.http import refusals
from etl.http.client import Caller
from tests.fixtures.http_peer import Answer, Peer

CALL = "webservice/rest/server.php"
ELSEWHERE = "redirects to another page of the same address, such as a login"
PAGE = b"<!DOCTYPE html><html><head><title>Attention Required!</title></head></html>"


@pytest.mark.parametrize(
    ("location", "said"),
    [
        (f"/moodle/{CALL}", "redirects to http://site.example:8080/moodle: correct the host"),
        (f"/moodle/{CALL}?wstoken=s3cret", "redirects to http://site.example:8080/moodle: correct the host"),
        ("/moodle/", "redirects to http://site.example:8080/moodle: correct the host"),
        ("/moodle", "redirects to http://site.example:8080/moodle: correct the host"),
        (
            f"http://site.example:8080/moodle/{CALL}",
            "redirects to http://site.example:8080/moodle: correct the host",
        ),
        (f"https://site.example/{CALL}", "redirects to https://site.example: correct the host"),
        (f"https://site.example/v41/{CALL}", "redirects to https://site.example/v41: correct the host"),
        (f"//www.site.example/{CALL}", "redirects to http://www.site.example: correct the host"),
        ("https://u:s3cret@other.example/s3cret", "redirects to https://other.example: correct the host"),
        ("https://[2001:db8::1]:8443/", "redirects to https://[2001:db8::1]:8443: correct the host"),
        ("/login/index.php", ELSEWHERE),
        ("/auth/s3cret", ELSEWHERE),
        ("/login", ELSEWHERE),
        ("/auth/saml/", ELSEWHERE),
        ("?session=s3cret", ELSEWHERE),
        ("", "redirects to no address that can be read: correct the host"),
        ("ftp://site.example/", "redirects to no address that can be read: correct the host"),
        ("http://[", "redirects to no address that can be read: correct the host"),
        ("http://<b>/", "redirects to no address that can be read: correct the host"),
    ],
)
def test_a_redirect_names_the_address_to_enter(location, said):
    found = refusals.moved("http://site.example:8080", CALL, location)
    assert found.startswith(said)
    assert "s3cret" not in found


def test_a_site_in_a_folder_that_moved_is_named_with_its_new_folder():
    found = refusals.moved("https://site.example/old", CALL, f"/new/{CALL}")
    assert found == "redirects to https://site.example/new: correct the host"


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("/new/WriteAttendance.asmx", "redirects to https://pe.example/new/WriteAttendance.asmx: correct the host"),
        ("https://www.pe.example/pe/WriteAttendance.asmx?s3cret",
         "redirects to https://www.pe.example/pe/WriteAttendance.asmx: correct the host"),
        ("https://login.example/s3cret/", "redirects to https://login.example: correct the host"),
    ],
)  # fmt: skip
def test_an_address_that_ends_in_the_service_itself_is_named_whole(location, said):
    assert refusals.moved_page("https://pe.example/pe/WriteAttendance.asmx", location) == said
    assert refusals.moved_page("https://pe.example", "https://other.example/a/") == (
        "redirects to https://other.example: correct the host"
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_call_that_is_redirected_needs_a_person(status, peer: Peer):
    peer.answers = [Answer(b"", status, {"Location": "/moodle/path"})]
    with pytest.raises(GiveUp, match=f"HTTP {status}, redirects to {peer.url}/moodle: correct the host"):
        Caller("Peer", peer.url).read("call", "path", bytes)


@pytest.mark.parametrize(
    ("silent", "answer", "hint"),
    [
        (True, Answer(b"", 403), "own"),
        (True, Answer(b" \n", 403, {"Server": "cloudflare", "CF-RAY": "1"}), "own"),  # passed on by it
        (True, Answer(PAGE, 403, {"Server": "cloudflare"}), refusals.BEFORE),
        (True, Answer(b"Access denied", 403), refusals.BEFORE),
        (True, Answer(b'{"message": "Forbidden"}', 403), refusals.BEFORE),
        (True, Answer(b"", 403, {"cf-mitigated": "challenge"}), refusals.BEFORE),
        (False, Answer(b'{"message": "Forbidden"}', 403), "own"),
        (False, Answer(PAGE, 403), refusals.BEFORE),
        (False, Answer(PAGE, 406), refusals.BEFORE),
    ],
)
def test_a_refusal_that_is_not_the_systems_own_is_told_from_it(silent, answer, hint, peer: Peer):
    peer.answers = [answer]
    with pytest.raises(GiveUp) as refused:
        Caller("Peer", peer.url, hints={403: "own"}, silent=silent).read("call", "path", bytes)
    assert str(refused.value) == f"Peer: call: HTTP {answer.status}: {hint}"


def test_a_server_that_asks_for_tls_is_understood(peer: Peer):
    page = b"<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>"
    peer.answers = [Answer(page, 400)]
    with pytest.raises(GiveUp, match="HTTP 400: the host asks for TLS on this port: enter https://"):
        Caller("Peer", peer.url).read("call", "path", bytes)
