"""Wrong signatures are slow and stop nobody else, hostile bodies are refused quickly, senders retry as they do."""

import gzip
import subprocess
import sys
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from etl import places
from etl.connectors.anewspring.app import SENDER as ACADEMY
from etl.connectors.elearning.app import SENDER as GENERIC
from etl.engine import receiving
from etl.engine.bodies import Posted
from etl.engine.guesses import Guesses, Turn
from etl.engine.mounting import Host
from etl.engine.webhooks.receiver import Receiver
from etl.sandbox.anewspring import sender as anewspring
from etl.sandbox.elearning import sender as elearning
from etl.sandbox.elearning.sender import result
from etl.sandbox.posting import Poster
from tests.engine.webhooks.hostile import BODIES
from tests.fixtures.webhooks import HASHES, SECRET, SYSTEMS, address, connect, receivers, serving

BODY = result("1001", "V-1")


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def receiver(filled, clock):
    return Receiver(filled, GENERIC, Host(connect=connect), 2**20, clock)


def posted(integration="studio", signature="", address="203.0.113.1"):
    return Posted(BODY, {"x-webhook-signature": signature}, address, {"integration": integration})


RIGHT = Poster("", SECRET, "sha512", lambda _: False, 1, 1.0).signature(BODY)


def wrong_ones(receiver, times, **of):
    """Posts wrong signatures without waiting; the answers, or how long each has to wait."""
    told = []
    for _ in range(times):
        try:
            told.append(receiver.take(posted(**of)).status)
        except Turn as turn:
            told.append(turn.seconds)
    return told


def test_wrong_signatures_wait_longer_and_longer_and_then_are_not_looked_at(receiver):
    told = wrong_ones(receiver, Guesses.FREE + 20)
    waited = int(Guesses.LONGEST)
    assert told[: Guesses.FREE + 1] == [403] * (Guesses.FREE + 1)
    assert told[Guesses.FREE + 1 : Guesses.FREE + 1 + waited] == [float(n) for n in range(1, waited + 1)]
    assert set(told[Guesses.FREE + 1 + waited :]) == {429}


def test_who_has_waited_is_told_that_the_signature_is_wrong(receiver):
    wrong_ones(receiver, Guesses.FREE + 5)
    assert receiver.take(posted(), has_waited=True).status == 403


def test_a_right_signature_never_waits_and_other_addresses_and_integrations_are_not_slowed_down(receiver):
    wrong_ones(receiver, Guesses.FREE + 30)
    assert receiver.take(posted(signature=RIGHT)).status == 200
    assert wrong_ones(receiver, 1, address="203.0.113.2") == [403]
    assert wrong_ones(receiver, 1, integration="silent") == [403]


def test_integrations_that_there_are_not_share_one_count(receiver):
    told = [wrong_ones(receiver, 1, integration=f"guess{number}")[0] for number in range(Guesses.FREE + 40)]
    assert told[-1] == 429


def test_after_a_while_wrong_signatures_are_forgotten(receiver, clock):
    wrong_ones(receiver, Guesses.FREE + 30)
    clock.now += Guesses.SECONDS
    assert wrong_ones(receiver, 1) == [403]


@pytest.mark.parametrize(
    ("integration", "system", "status"), [("studio", GENERIC, 500), ("academy", ACADEMY, 202)]
)
def test_a_fault_of_ours_loses_no_message(filled, clock, rows, integration, system, status):
    def fails(session, integration, said):
        raise KeyError

    body = BODY if integration == "studio" else anewspring.as_json(anewspring.completed("X1", "12"))
    signer = Poster("", SECRET, HASHES[integration], lambda _: False, 1, 1.0)
    message = Posted(body, {"x-webhook-signature": signer.signature(body)}, "", {"integration": integration})
    receiver = Receiver(filled, replace(system, judge=fails), Host(connect=connect), 2**20, clock)
    assert receiver.take(message).status == status
    assert rows("select integration from core.reported_completions") == [(integration,)]


def test_without_a_warehouse_senders_are_told_to_come_again(warehouse, filled):
    elsewhere = filled.url.set(database="there_is_none").render_as_string(hide_password=False)
    client = TestClient(receivers(elsewhere))
    told = [client.post(address("", one), content=BODY).status_code for one in SYSTEMS]
    assert told == [503] * len(SYSTEMS)


def test_a_secret_that_is_changed_counts_within_seconds(filled, clock):
    secrets = [SECRET, "another"]

    def changing(conn_id):
        return type(connect("studio_secret"))(conn_id, "elearning", password=secrets[0])

    receiver = Receiver(filled, GENERIC, Host(connect=changing), 2**20, clock)
    assert receiver.take(posted(signature=RIGHT)).status == 200
    del secrets[0]
    clock.now += 6
    assert receiver.take(posted(signature=RIGHT)).status == 403


@pytest.mark.parametrize("system", ["anewspring", "elearning"])
def test_hostile_bodies_are_refused_quickly_in_little_memory(system):
    command = [sys.executable, "-m", "tests.engine.webhooks.hostile", system]
    done = subprocess.run(command, cwd=places.ROOT, capture_output=True, text=True, check=True)
    measured = [line.split("\t") for line in done.stdout.splitlines()]
    assert {name: code for name, code, *_ in measured} == dict.fromkeys(BODIES, "malformed_record")
    assert [name for name, _, seconds, _ in measured if float(seconds) >= 1] == []
    assert sum(float(megabytes) for *_, megabytes in measured) < 100  # of all of them together


def test_a_packed_bomb_is_refused_before_it_is_unpacked_whole(client):
    bomb = gzip.compress(b" " * 50_000_000)
    signature = Poster("", SECRET, "sha512", lambda _: False, 1, 1.0).signature(bomb)
    sent = {"X-WebHook-Signature": signature, "Content-Encoding": "gzip"}
    assert client.post("/elearning/studio", content=bomb, headers=sent).status_code == 413


def test_a_sender_that_is_content_does_not_send_again_and_one_that_is_refused_does_as_it_really_does(
    warehouse, filled
):
    with serving(receivers(warehouse)) as origin:
        academy = anewspring.sender(address(origin, "academy"), SECRET)
        studio = elearning.sender(address(origin, "studio"), "wrong")
        unused = anewspring.sender(address(origin, "academy"), SECRET)
        anewspring.send(unused, anewspring.completed("nobody", "12"))
        elearning.send(studio, BODY)
    assert [told.status for told in unused.said] == [202]
    assert [told.status for told in studio.said] == [403]
    anewspring.send(academy, anewspring.completed("X1", "12"))  # nobody listens any more
    assert [told.status for told in academy.said] == [0] * 11


def test_a_burst_is_told_of_and_repeats_are_not(warehouse, filled, monkeypatch):
    told = []
    monkeypatch.setattr(receiving.Burst, "message", lambda burst: told.append(burst))
    with TestClient(receivers(warehouse)) as client:
        for _ in range(3):
            client.post("/elearning/studio", content=BODY, headers={"X-WebHook-Signature": RIGHT})
    assert len(told) == 1
