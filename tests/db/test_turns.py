"""Calls to a site take turns, whichever process they come from."""

import subprocess
import sys
from collections import Counter
from threading import Event, Lock, Thread

import pytest

from etl import db
from etl.connections import Connection
from etl.connectors.coachview.client import CoachviewClient
from etl.connectors.infocaption.flow import InfoCaptionNight
from etl.connectors.moodle.client import MoodleClient
from etl.db.turns import Turns
from etl.errors import DatabaseFault, GiveUp, RetryLater
from tests.fixtures.http_peer import Answer

SITE = "https://moodle.example/school"
AT_ONCE, ENOUGH = 2, 25
DONE = b'{"done": true}'

# Two threads that ask until the site has heard enough of every process.
ASKING = """
import sys
from concurrent.futures import ThreadPoolExecutor
from etl import db
from etl.db.turns import Turns
from etl.http.client import Caller
warehouse, site, most, whose = sys.argv[1:]
turns = Turns(db.engine(warehouse), site, int(most))
caller = Caller("site", site, most_at_once=2, turn=turns.turn)
def ask(_):
    while b"done" not in caller.read("call", "", lambda reply: reply.body, method="POST", data={"whose": whose}):
        pass
with ThreadPoolExecutor(2) as threads:
    list(threads.map(ask, range(2)))
"""


class Site:
    """Counts the calls that are under way: the most there were together, and how many came of whom."""

    def __init__(self, expected):
        self.together, self.of = 0, Counter(dict.fromkeys(expected, 0))
        self._now, self._lock = 0, Lock()

    def respond(self, asked):
        with self._lock:
            self._now += 1
            self.together = max(self.together, self._now)
            self.of[asked.form["whose"]] += 1
            enough = min(self.of.values()) >= ENOUGH
        Event().wait(0.002)  # what a call takes
        with self._lock:
            self._now -= 1
        return Answer(DONE if enough else b"{}")


@pytest.fixture
def turns(engine):
    """Makes turns of others, as far as the warehouse can tell."""
    made = []

    def turns(most=1, address=SITE):
        made.append(Turns(engine, address, most))
        return made[-1]

    yield turns
    for one in made:
        one.close()


def in_queue(engine, call):
    """A thread in which ``call`` waits for a turn."""
    thread = Thread(target=call)
    thread.start()
    while not _locks(engine, granted=False):
        assert thread.is_alive(), "it did not wait"
    return thread


def _locks(engine, granted):
    with engine.connect() as session:
        query = f"select count(*) from pg_locks where locktype = 'advisory' and granted is {granted}"
        return session.exec_driver_sql(query).scalar_one()


def waits_and_is_refused(engine, peer, turns, call):
    """A call that is made when the turn is free, and not before."""
    peer.answers = [Answer(b"", 401)]
    refused = []

    def ask():
        try:
            call()
        except GiveUp as problem:
            refused.append(problem)

    with turns(address=peer.url).turn():
        waits = in_queue(engine, ask)
        assert not peer.asked
    waits.join()
    assert peer.asked
    assert refused


def take(turns):
    with turns.turn():
        pass


@pytest.mark.long
def test_processes_together_never_call_a_site_more_often_at_once_than_one_may(warehouse, peer):
    site = Site(["reading", "writing"])
    peer.respond = site.respond
    asking = [
        subprocess.Popen([sys.executable, "-c", ASKING, warehouse, peer.url, str(AT_ONCE), whose])
        for whose in site.of
    ]
    assert [process.wait(60) for process in asking] == [0, 0]
    assert site.together == AT_ONCE
    assert min(site.of.values()) >= ENOUGH, "each had its turns while the other asked all the time"


def test_a_client_of_moodle_waits_for_its_turn(engine, peer, turns):
    peer.answers = [Answer(b"{}")]
    connection = Connection("site", "moodle", peer.url, password="token", extra={"calls_at_once": 1})
    with MoodleClient(connection, engine) as client:
        with turns(address=peer.url).turn():
            waits = in_queue(engine, client.site_info)
            assert not peer.asked
        waits.join()
        assert len(peer.asked) == 1


def test_a_night_of_infocaption_waits_for_its_turn(engine, peer, turns):
    site = Connection("site", "infocaption", peer.url, "id", "secret")
    with InfoCaptionNight().client(engine, site) as client:
        waits_and_is_refused(engine, peer, turns, client.courses)


def test_reading_from_coachview_waits_for_its_turn(engine, peer, turns):
    site = Connection("site", "coachview", peer.url, "id", "secret")
    with CoachviewClient(site, ["a list"], turns=Turns(engine, site.site(), 1)) as client:
        waits_and_is_refused(engine, peer, turns, lambda: client.page("a list"))


@pytest.mark.parametrize("address", ["https://Moodle.example/school/", "http://moodle.example/school"])
def test_a_site_is_the_same_however_its_address_is_written(engine, turns, address):
    with turns().turn():
        waits = in_queue(engine, lambda: take(turns(address=address)))
    waits.join()


def test_another_site_waits_for_nobody(turns):
    with turns().turn():
        take(turns(address="https://moodle.example/college"))


def test_a_call_that_fails_gives_its_turn_back(engine, turns):
    with pytest.raises(RetryLater), turns().turn():
        raise RetryLater("later")
    assert not _locks(engine, granted=True)


def test_who_died_holds_no_turn(engine, turns):
    with turns().turn():
        waits = in_queue(engine, lambda: take(turns()))
        with engine.begin() as session:
            session.exec_driver_sql(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted"
            )
        waits.join()


def test_an_answer_counts_though_the_warehouse_was_lost_meanwhile(engine, turns):
    ours = turns()
    with ours.turn(), engine.begin() as session:
        session.exec_driver_sql("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
    take(ours)


def test_without_the_warehouse_no_call_is_made(peer):
    nowhere = Turns(db.engine("postgresql://nobody@127.0.0.1:9/none"), peer.url, 1)
    with pytest.raises(DatabaseFault), nowhere.turn():
        peer.answer(None)
    assert not peer.asked
