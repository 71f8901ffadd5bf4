"""The InfoCaption client over real HTTP: tokens, pages that do not add up, courses that are gone, own names."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from etl.connections import Connection
from etl.connectors.infocaption.client import InfoCaptionClient
from etl.connectors.infocaption.contract import decode_courses, decode_participants
from etl.errors import GiveUp, RejectRecord, RetryLater
from etl.sandbox import accounts
from tests.fixtures.http_peer import Answer

SECRET = "client-s3cret"


@pytest.fixture
def client_of(naps):
    """Clients that note their naps instead of taking them."""
    made = []

    def build(url, mapping=None, clock=lambda: 0.0, **fields):
        credentials = {"login": "client-id", "password": SECRET, **fields}
        connection = Connection(
            "infocaption_main", "infocaption", host=url, **credentials, extra={"mapping": mapping}
        )
        made.append(InfoCaptionClient(connection, sleep=naps.append, clock=clock))
        return made[-1]

    yield build
    for client in made:
        client.close()


@pytest.fixture
def site(sandbox, client_of):
    """A client of the sandbox, with pages of ten."""
    sandbox.infocaption.reset()
    login = {"login": accounts.INFOCAPTION_ID, "password": accounts.INFOCAPTION_SECRET}
    return client_of(f"{sandbox.url}/infocaption", {"page_size": 10}, **login)


def page(rows, number=1, pages=1, total=None):
    total = len(rows) if total is None else total
    body = {"results": rows, "hitsPerPage": 2, "totalHits": total, "totalPages": pages, "currentPage": number}
    return Answer(json.dumps(body).encode())


def listing(peer, pages_of, expires_in=None):
    """A peer that gives tokens t1, t2 ... and answers a page with ``pages_of(number, asked)``."""

    def respond(asked):
        if asked.path == "/oauth2/token":
            token = {
                "access_token": f"t{len(tokens(peer))}",
                "token_type": "Bearer",
                "expires_in": expires_in,
            }
            return Answer(json.dumps({k: v for k, v in token.items() if v is not None}).encode())
        return pages_of(int(parse_qs(urlsplit(asked.path).query)["page"][0]), asked)

    peer.respond = respond


def tokens(peer):
    return [asked for asked in peer.asked if asked.path == "/oauth2/token"]


def ids(body):
    return [row["id"] for row in json.loads(body)["results"]]


def test_a_token_is_fetched_once_with_the_client_s_id_and_secret(peer, client_of):
    listing(peer, lambda number, asked: page([{"id": 1}]))
    client = client_of(peer.url)
    client.courses()
    client.courses()
    (token,) = tokens(peer)
    assert token.form == {"grant_type": "client_credentials"}
    assert token.headers["Authorization"] == "Basic Y2xpZW50LWlkOmNsaWVudC1zM2NyZXQ="
    assert {asked.headers["Authorization"] for asked in peer.asked[1:]} == {"Bearer t1"}
    assert client.calls == 3


def test_a_token_that_says_when_it_ends_is_renewed_before(peer, client_of):
    listing(peer, lambda number, asked: page([{"id": 1}]), expires_in=3600)
    now = [0.0]
    client = client_of(peer.url, clock=lambda: now[0])
    for now[0] in (0.0, 3500.0, 3541.0):
        client.courses()
    assert len(tokens(peer)) == 2


def test_a_token_that_does_not_say_so_is_renewed_once_when_it_is_refused(site, sandbox):
    site.courses()
    sandbox.infocaption.expire_tokens()
    site.courses()
    assert sandbox.counters.of("infocaption") == {"courses": 5 - 2, "token": 2}


def test_a_second_refusal_has_another_cause(peer, client_of):
    listing(peer, lambda number, asked: Answer(b'{"error": "invalid_token"}', 401))
    with pytest.raises(GiveUp, match=r"courses: HTTP 401: the client id or its secret is wrong"):
        client_of(peer.url).courses()
    assert (len(tokens(peer)), len(peer.asked)) == (2, 4)


def test_wrong_credentials_are_said_so_and_not_shown(site, sandbox, client_of):
    with pytest.raises(GiveUp, match=r"token: HTTP 401") as refused:
        client_of(f"{sandbox.url}/infocaption", password=SECRET).courses()
    assert SECRET not in str(refused.value)


def test_one_page_is_kept_as_the_site_sent_it(peer, client_of):
    sent = page([{"id": 1, "name": "Å \\u00e5"}])
    listing(peer, lambda number, asked: sent)
    assert client_of(peer.url).courses() == sent.body


def test_pages_are_joined_row_for_row(site):
    body = site.participants("101")
    attempts = decode_participants(body, site.mapping.participants, "Europe/Stockholm")
    assert len(attempts.frame) == 26
    assert attempts.rejected.empty
    assert site.calls == 1 + 3


def test_an_empty_list_is_a_list(peer, client_of):
    listing(peer, lambda number, asked: page([], pages=0))
    assert ids(client_of(peer.url).courses()) == []


def test_a_day_to_begin_with_is_passed_on(peer, client_of):
    listing(peer, lambda number, asked: page([]))
    client_of(peer.url).participants("5", "2026-11-19")
    asked = urlsplit(peer.asked[-1].path)
    assert asked.path == "/API/public/courses/5/participants"
    assert parse_qs(asked.query) == {"page": ["1"], "hitsPerPage": ["600"], "from": ["2026-11-19"]}


@pytest.mark.parametrize(
    "pages_of",
    [
        lambda number, asked: page([{"id": 1}, {"id": 2}], 1, pages=3, total=6),  # page is ignored
        lambda number, asked: page([{"id": 1}, {"id": 2}], number, pages=3, total=6),  # so it says
    ],
)
def test_pages_that_go_round_are_noticed(peer, client_of, pages_of):
    listing(peer, pages_of)
    with pytest.raises(GiveUp, match="courses: page 2 repeats another page"):
        client_of(peer.url).courses()


def test_a_list_that_shrinks_while_it_is_read_is_read_again(peer, client_of):
    rows = [{"id": number} for number in range(1, 6)]

    def shrinking(number, asked):
        if number == 2 and len(rows) == 5:
            del rows[0]  # what was on page 2 moves to page 1, which was read already
        return page(rows[2 * number - 2 : 2 * number], number, pages=(len(rows) + 1) // 2, total=len(rows))

    listing(peer, shrinking)
    assert ids(client_of(peer.url).courses()) == [2, 3, 4, 5]


@pytest.mark.parametrize(
    "pages_of",
    [
        lambda number, asked: page([{"id": number}], number, pages=3, total=3 + number),  # it grows
        lambda number, asked: page([{"id": number}], number, pages=2, total=9),  # rows are missing
        lambda number, asked: page([{"id": number}], number, pages=9, total=2),  # more than it says
        lambda number, asked: page([], number, pages=10**9, total=5),  # it never ends
    ],
)
def test_a_list_that_never_adds_up_is_left_for_later(peer, client_of, pages_of):
    listing(peer, pages_of)
    with pytest.raises(RetryLater, match="the list kept changing while it was read"):
        client_of(peer.url).courses()
    assert len(peer.asked) <= 1 + 3 * 3


def test_a_course_that_is_gone_is_a_matter_of_that_course(site):
    with pytest.raises(RejectRecord) as gone:
        site.participants("105")
    assert gone.value.reason_code == "course_gone"


def test_a_list_of_courses_that_is_not_there_is_a_matter_of_the_connection(peer, client_of):
    listing(peer, lambda number, asked: Answer(b"{}", 404))
    with pytest.raises(GiveUp, match="courses: HTTP 404: there is no such list at this address"):
        client_of(peer.url).courses()


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        (b"<html>Log in</html>", GiveUp, "HTML instead of JSON"),
        (b"", RetryLater, "empty answer"),
        (b'{"results": [{"id": 1}', RetryLater, "truncated or damaged JSON"),
        (b'{"results": {}}', GiveUp, "correct the mapping"),
        (b'{"items": []}', GiveUp, "correct the mapping"),
        (b"[]", GiveUp, "correct the mapping"),
    ],
)
def test_an_answer_that_is_no_list_says_what_to_do(peer, client_of, body, error, message):
    listing(peer, lambda number, asked: Answer(body))
    with pytest.raises(error, match=message):
        client_of(peer.url).courses()


def test_a_busy_site_is_asked_again(site, sandbox, naps):
    sandbox.faults.add("infocaption", "too_many_requests", operation="courses", retry_after=3)
    assert len(decode_courses(site.courses(), site.mapping.courses).frame) == 7
    assert naps == [3.0]


def test_a_site_s_own_paths_and_names_are_read_from_the_connection(peer, client_of):
    mapping = {
        "token": "/oauth2/token",
        "page": "page",
        "hits_per_page": "size",
        "since": "changedAfter",
        "courses": {
            "path": "/API/public/guides",
            "query": {"type[]": "14"},
            "fields": {"name": "title", "published": None},
        },
        "participants": {
            "path": "/api/v2/results?course={id}",
            "fields": {"email": "mail", "completed": "finishedAt"},
        },
    }
    guide = {"id": 7, "title": "Brandskydd", "guideType": 14}
    attempt = {
        "userId": "u-1",
        "mail": "a@b.example",
        "lessonStatus": "passed",
        "finishedAt": "2026-03-02T09:00:00Z",
    }
    listing(peer, lambda number, asked: page([attempt if "results" in asked.path else guide]))
    client = client_of(peer.url, json.dumps(mapping))
    courses = decode_courses(client.courses(), client.mapping.courses).frame
    assert courses.to_numpy().tolist() == [["7", "Brandskydd", True]]
    body = client.participants("7", "2026-11-01")
    attempts = decode_participants(body, client.mapping.participants, "Europe/Stockholm").frame
    assert attempts[["user_id", "email", "status"]].to_numpy().tolist() == [["u-1", "a@b.example", "passed"]]
    assert "type%5B%5D=14" in peer.asked[1].path
    assert parse_qs(urlsplit(peer.asked[2].path).query) | {"course": ["7"]} == {
        "course": ["7"],
        "page": ["1"],
        "size": ["600"],
        "changedAfter": ["2026-11-01"],
    }


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"pages": "p"}, "unknown field `pages`"),
        ('{"courses": {"path": 5}}', "Expected `str`"),
        ("{", "extra mapping is not usable"),
        ({"page_size": 0}, "page_size"),
        ({"page_size": -5}, "page_size"),
    ],
)
def test_a_mapping_that_cannot_be_used_names_the_field(client_of, mapping, message):
    with pytest.raises(GiveUp, match=message):
        client_of("http://127.0.0.1:1", mapping)


def test_a_connection_without_a_secret_is_said_so(client_of):
    with pytest.raises(GiveUp, match=r"connection infocaption_main: client id \(login\) or secret"):
        client_of("http://127.0.0.1:1", password="")
