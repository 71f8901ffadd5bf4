"""Results go to Coachview on one connection while they follow at once; the status alone is the answer."""

import pytest

from etl.connections import Connection
from etl.connectors.coachview.account import account
from etl.connectors.coachview.poster import CoachviewPoster
from etl.http import transport
from etl.sandbox import accounts
from tests.fixtures.http_peer import Answer, serving

MESSAGE = b"<result/>"


@pytest.fixture
def keeping():
    with serving(keeps=True) as peer:
        yield peer


def posted(peer, times=2):
    given = Connection(
        "coachview", "coachview", host=peer.url, login="id", password=accounts.COACHVIEW_SECRET,
        extra={"push": True, "plugin": "p", "webhook_secret": accounts.COACHVIEW_WEBHOOK_SECRET},
    )  # fmt: skip
    with CoachviewPoster(account(given)) as poster:
        return [poster.post(MESSAGE).status for _ in range(times)]


@pytest.mark.parametrize(("kept_seconds", "connections"), [(60.0, 1), (0.0, 2)])
@pytest.mark.parametrize("body", [b"", b"a page that says that it was taken"])
def test_results_that_follow_at_once_share_a_connection_and_later_ones_make_another(
    keeping, monkeypatch, kept_seconds, connections, body
):
    monkeypatch.setattr(transport, "_KEPT_SECONDS", kept_seconds)
    keeping.answers = [Answer(body)]
    assert posted(keeping) == ["accepted", "accepted"]
    assert keeping.connections == connections


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"half", headers={"Content-Length": "100", "Connection": "close"}),
        Answer(b"x" * 1_000_000),
        Answer(b"no gzip", headers={"Content-Encoding": "gzip"}),
    ],
)
def test_a_status_that_says_taken_counts_whatever_comes_behind_it(keeping, answer):
    keeping.answers = [answer]
    assert posted(keeping) == ["accepted", "accepted"]
