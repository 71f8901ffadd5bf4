"""PE-Online's books: every row that came in, every booking once, durable."""

import re

import pytest
import requests

from etl.sandbox import accounts
from etl.sandbox.pe_online.ledger import Ledger
from etl.sandbox.pe_online.system import PeOnline
from etl.sandbox.server import serve
from tests.sandbox.pe_online.entries import MODULE_ROW, entry, row


@pytest.fixture
def pe():
    pe = PeOnline(Ledger())
    yield pe
    pe.close()


def moments(pe):
    return [(booking["moment"], booking["points"]) for booking in pe.ledger.bookings()]


def test_the_same_row_again_is_accepted_and_booked_once(pe):
    for _ in range(3):
        assert "<accepted_rows>1<" in pe.process(entry(row()))
    assert moments(pe) == [("2026-09-25T17:13:20", 1)]
    assert [received["attempt"] for received in pe.ledger.received()] == [1, 2, 3]


def test_another_time_on_the_same_day_is_another_booking_without_points(pe):
    pe.process(entry(row(end="2026-09-25T10:00:00+02:00"), row(end="2026-09-25T11:00:00+02:00")))
    assert moments(pe) == [("2026-09-25T10:00:00", 1), ("2026-09-25T11:00:00", 0)]


def test_a_retry_that_slipped_over_midnight_makes_a_second_booking_with_points(pe):
    pe.process(entry(row(end="2026-09-25T00:30:00+02:00")))
    pe.process(entry(row(end="2026-09-24T00:30:00+02:00")))
    assert [points for _, points in moments(pe)] == [1, 1]


def test_the_same_instant_in_another_zone_is_the_same_booking(pe):
    pe.process(entry(row(end="2026-09-25T17:13:20+02:00")))
    pe.process(entry(row(end="2026-09-25T15:13:20Z")))
    assert moments(pe) == [("2026-09-25T17:13:20", 1)]


def test_an_account_in_test_mode_checks_everything_and_books_nothing(pe):
    test = {"userID": accounts.PE_TEST_USER, "userKey": accounts.PE_TEST_KEY}
    answer = pe.process(entry(row(), row("99"), **test))
    assert answer == pe.process(entry(row(), row("99")))
    modes = [(received["mode"], received["outcome"]) for received in pe.ledger.received()]
    assert modes == [("test", "accepted"), ("test", "rejected"), ("live", "accepted"), ("live", "rejected")]
    assert len(pe.ledger.bookings()) == 1


def test_every_row_is_logged_with_its_call_line_and_reason(pe):
    pe.process(entry(row(), row("99")))
    pe.process(entry(MODULE_ROW))
    log = [(r["call_id"], r["line"], r["person"], r["reason"]) for r in pe.ledger.received()]
    assert log == [(1, 2, "052001", ""), (1, 3, "99", "PERSON_UNKNOWN"), (2, 2, "052014", "")]
    assert pe.ledger.bookings()[-1]["pe_module_id"] == "12"


def test_persons_can_be_known_by_a_pattern(pe):
    pe.ledger.add_persons_like(52, r"9\d{5}")
    for person, accepted in (("900001", 1), ("9000012", 0), ("800001", 0)):
        assert f"<accepted_rows>{accepted}<" in pe.process(entry(row(person)))


def test_the_books_survive_a_restart_and_a_reset_empties_them(tmp_path):
    for attempt in (1, 2):
        with serve(state_dir=tmp_path) as sandbox:
            sandbox.pe.process(entry(row()))
            (booking,) = sandbox.ledger.bookings()
            assert booking["points"] == 1
            ledger = requests.get(f"{sandbox.url}/control/pe/ledger", timeout=5).json()
            assert ledger["bookings"] == [booking]
            assert [received["attempt"] for received in ledger["received"]] == [1, 2][:attempt]
    with serve(state_dir=tmp_path) as sandbox:
        requests.post(f"{sandbox.url}/control/reset", timeout=5).raise_for_status()
        assert sandbox.ledger.bookings() == sandbox.ledger.received() == []
        assert sandbox.ledger.knows_person(52, "052001")


def test_an_activated_account_stays_activated_after_a_restart(tmp_path):
    with serve(state_dir=tmp_path) as sandbox:
        url = f"{sandbox.url}/control/pe/accounts/{accounts.PE_TEST_USER}/mode"
        requests.post(url, json={"mode": "live"}, timeout=5).raise_for_status()
    with serve(state_dir=tmp_path) as sandbox:
        assert sandbox.ledger.account(accounts.PE_TEST_USER).mode == "live"


def test_an_unknown_account_cannot_be_activated(control):
    assert control("POST", "pe/accounts/nobody/mode", mode="live").status_code == 404


def test_without_a_state_folder_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with serve() as sandbox:
        sandbox.pe.process(entry(row()))
    assert list(tmp_path.iterdir()) == []


def test_a_call_that_fails_half_way_leaves_no_trace(pe):
    pe.ledger.add_persons_like(52, "(")  # breaks as soon as somebody unknown is looked up
    with pytest.raises(re.error):
        pe.process(entry(row(), row("052099")))
    assert pe.ledger.bookings() == pe.ledger.received() == []


def test_persons_are_made_known_over_http(sandbox, control):
    control("POST", "pe/persons", org_id=19, number="19000000001").raise_for_status()
    control("POST", "pe/persons", org_id=19, pattern=r"5\d{10}").raise_for_status()
    assert sandbox.ledger.knows_person(19, "19000000001")
    assert sandbox.ledger.knows_person(19, "50000000000")
    assert not sandbox.ledger.knows_person(52, "50000000000")
