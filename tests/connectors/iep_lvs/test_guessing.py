"""A BRIN is public: who knows only that can neither guess a key without limit, nor keep the school from delivering."""

import http.client
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from lxml import etree
from sqlalchemy import Engine

from etl.engine.guesses import Guesses
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.conftest import serving
from tests.connectors.iep_lvs.school import KEY, rows

NIGHT = samples()["first_night"]
WRONG = "99QQ00verkeerdverkeerd"
INVALID, LATER = "Client.AutorisatieOngeldig", "Server.TijdelijkNietBeschikbaar"


@pytest.fixture
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the time between looks at a key, and of the longest wait for one."""
    for name in ("EVERY", "LONGEST"):
        monkeypatch.setattr(Guesses, name, getattr(Guesses, name) / 10)


def code_from(address: str, receiver: str, key: str, supplier: str = "Bureau ICE") -> str:
    """The fault code that a sender at this address of the loopback gets, empty when its message is taken."""
    there = urlsplit(receiver)
    call = http.client.HTTPConnection(there.hostname, there.port, timeout=60, source_address=(address, 0))
    call.request("POST", there.path, Sender(receiver, key, supplier).envelope(NIGHT))
    answer = call.getresponse()
    code = etree.fromstring(answer.read()).findtext(".//faultcode") or ""
    call.close()
    return code.removeprefix("soap:")


@pytest.mark.usefixtures("short_turns")
def test_after_ten_failures_a_sender_is_told_nothing_more(receiver: str) -> None:
    codes = [code_from("127.0.0.2", receiver, WRONG) for _ in range(12)]
    assert codes == [INVALID] * 10 + [LATER] * 2


@pytest.mark.usefixtures("short_turns")
def test_guessing_is_limited_also_when_the_right_key_is_known_and_the_right_key_works_all_the_time(
    receiver: str,
) -> None:
    assert code_from("127.0.0.1", receiver, KEY) == ""
    codes = [code_from("127.0.0.2", receiver, WRONG) for _ in range(12)]
    assert codes == [INVALID] * 10 + [LATER] * 2
    assert code_from("127.0.0.1", receiver, KEY) == ""


@pytest.mark.usefixtures("short_turns")
@pytest.mark.long
def test_the_right_key_works_in_a_fresh_process_after_many_failures_also_from_their_own_address(
    warehouse: str, school: str
) -> None:
    for address in ("127.0.0.1", "127.0.0.2"):
        with serving(warehouse) as fresh:
            for _ in range(11):
                code_from("127.0.0.2", fresh, WRONG)
            assert code_from(address, fresh, KEY) == ""


@pytest.mark.usefixtures("short_turns")
@pytest.mark.long
def test_the_right_key_works_while_others_guess(receiver: str) -> None:
    with ThreadPoolExecutor(8) as guessers:
        guesses = [guessers.submit(code_from, f"127.0.1.{n % 4}", receiver, f"{WRONG}{n}") for n in range(60)]
        assert code_from("127.0.0.1", receiver, KEY) == ""
        assert not all(guess.done() for guess in guesses)
        assert {guess.result() for guess in guesses} <= {INVALID, LATER}


@pytest.mark.usefixtures("short_turns")
def test_refusals_for_the_same_reason_are_one_entry_an_hour(receiver: str, engine: Engine) -> None:
    for _ in range(12):
        code_from("127.0.0.2", receiver, WRONG)
        code_from("127.0.0.3", receiver, KEY, supplier="Anders")
    counted = "select fault_code, times from mart.link_log where event = 'message_refused' order by 2, 1"
    assert rows(engine, counted) == [
        (LATER, 4),
        (INVALID, 10),
        ("Client.OngeldigeKlantIdentificatie", 10),
    ]
    with engine.begin() as session:
        session.exec_driver_sql("update ops.link_log set happened_at = happened_at - interval '61 minutes'")
    code_from("127.0.0.4", receiver, WRONG)
    assert rows(engine, "select count(*) from mart.link_log where event = 'message_refused'") == [(4,)]


def test_other_claims_and_other_addresses_never_make_a_sender_s_failures_forgotten() -> None:
    guesses = Guesses(clock=lambda: 1000.0)
    for _ in range(10):
        guesses.failed("192.0.2.1", "99QQ00")
    for number in range(20_000):
        guesses.failed("192.0.2.1", f"{number:06}")
        guesses.failed(f"10.0.{number // 256}.{number % 256}", "99QQ00")
    assert guesses.too_many("192.0.2.1", "99QQ00")


def test_looks_at_keys_take_turns_up_to_a_short_queue_and_failures_are_forgotten_in_time() -> None:
    now = [1000.0]
    guesses = Guesses(clock=lambda: now[0])
    for _ in range(9):
        guesses.failed("192.0.2.1", "99QQ00")
    assert guesses.turn("192.0.2.1", "99QQ00") == 0
    guesses.failed("192.0.2.1", "99QQ00")
    waits = [guesses.turn("192.0.2.1", "99QQ00") for _ in range(18)]
    assert waits == [*(float(second) for second in range(16)), None, None]
    assert guesses.turn("192.0.2.2", "99QQ00") == 0
    assert guesses.turn("192.0.2.1", "11AA00") == 0
    now[0] += Guesses.SECONDS
    assert guesses.turn("192.0.2.1", "99QQ00") == 0


def test_a_sender_cannot_hide_in_the_half_of_an_ipv6_address_that_is_its_own() -> None:
    guesses = Guesses(clock=lambda: 1000.0)
    for number in range(10):
        guesses.failed(f"2001:db8:1:2::{number}", "99QQ00")
    assert guesses.too_many("2001:db8:1:2:ffff::1", "99QQ00")
    assert not guesses.too_many("2001:db8:1:3::1", "99QQ00")
