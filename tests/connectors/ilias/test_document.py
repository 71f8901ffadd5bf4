"""The documents in ILIAS's answers: what is read of them, what is refused, and that nothing is loaded."""

import re
import time
from zoneinfo import ZoneInfo

import pytest

from etl.connectors.ilias import document
from etl.errors import Unusable
from etl.sandbox.ilias import documents
from etl.sandbox.ilias.books import Books

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
CHANGE = '<LPChange UserId="301" ObjId="260" RefIds="71,72" Timestamp="2026-03-28 09:15:00" LPStatus="2"/>'


def changes(*elements):
    body = f'<?xml version="1.0" encoding="utf-8"?><LPData>{"".join(elements)}</LPData>'
    return document.decode_changes(body.encode(), AMSTERDAM)


def test_a_change_is_a_row_in_the_zone_of_the_site():
    [row] = changes(CHANGE).frame.to_dict("records")
    assert (row["user_id"], row["object_id"], row["ref_ids"], row["status"]) == ("301", "260", "{71,72}", "2")
    assert (str(row["completed_at"]), str(row["completed_on"])) == ("2026-03-28 08:15:00+00:00", "2026-03-28")


@pytest.mark.parametrize(
    ("clock", "moment", "day"),
    [
        ("2026-03-29 02:30:00", "2026-03-29T01:30:00+00:00", "2026-03-29"),  # skipped: counted on from before
        ("2025-10-26 02:30:00", "2025-10-26T00:30:00+00:00", "2025-10-26"),  # twice: the first of the two
        ("2026-07-01 00:10:00", "2026-06-30T22:10:00+00:00", "2026-07-01"),  # the day is the site's
    ],
)
def test_a_time_of_the_site_s_clock_is_one_moment_whatever_summer_time_does(clock, moment, day):
    [row] = changes(CHANGE.replace("2026-03-28 09:15:00", clock)).frame.to_dict("records")
    assert (row["completed_at"].isoformat(), row["completed_on"].isoformat()) == (moment, day)


@pytest.mark.parametrize(
    ("wrong", "key", "said"),
    [
        (('LPStatus="2"', 'LPStatus="9"'), "object 260, user 301", "LPStatus: none of 0 to 3"),
        (('"2026-03-28 09:15:00"', '"28.03.2026"'), "object 260, user 301", "Timestamp: not of the form"),
        (('"2026-03-28 ', '"2026-02-30 '), "object 260, user 301", "not a moment of the calendar"),
        (('UserId="301"', 'UserId="x"'), "change at position 1", "UserId: not an id"),
        (('RefIds="71,72"', 'RefIds="71;72"'), "object 260, user 301", "RefIds: not an id"),
        (('ObjId="260" ', ""), "change at position 1", "ObjId: not an id"),
    ],
)
def test_a_change_that_cannot_be_read_is_listed_and_the_others_count(wrong, key, said):
    decoded = changes(CHANGE, CHANGE.replace(*wrong))
    [rejected] = decoded.rejected.to_dict("records")
    assert len(decoded.frame) == 1
    assert (rejected["record_key"], said in rejected["reason"]) == (key, True)


def test_users_have_the_numbers_that_the_site_lets_out():
    books, site = Books(), "https://ilias.example"
    found = document.decode_users(
        documents.users(books.users.values(), site, {"matriculation"}).encode()
    ).frame
    assert found["user_id"].tolist() == ["301", "302", "303", "304", "305"]
    assert found["matriculation"].tolist()[:2] == ["P0101", "P0102"]
    assert found["matriculation"].isna().tolist() == [False, False, True, False, False]
    assert found["external_account"].isna().all()


def test_results_are_parts_of_the_points_by_the_names_of_their_columns():
    books, site = Books(), "https://ilias.example"
    rows = [
        (books.users["301"], "30", "27"),
        (books.users["302"], "40", "10,5"),
        (books.users["303"], "0", "0"),
    ]
    body = documents.results(rows, site)
    found = document.decode_results(body.encode()).frame.set_index("user_id")
    assert found.loc["301":"302", "points"].tolist() == ["27", "10.5"]
    assert found.loc["301":"302", "maximum"].tolist() == ["30", "40"]
    assert found.loc["303"].isna().all()
    decoded = document.decode_results(body.replace("<column>27</column>", "<column>n/a</column>").encode())
    assert decoded.rejected["record_key"].tolist() == ["row at position 0"]
    assert len(document.decode_results(body.replace("received_points", "points").encode()).rejected) == 3


def test_a_doctype_with_an_address_is_passed_over_and_never_loaded(peer):
    body = documents.users(Books().users.values(), peer.url, {"matriculation"})
    assert f"{peer.url}/xml/" in body
    assert len(document.decode_users(body.encode()).frame) == 5
    assert peer.asked == []


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE Users [<!ENTITY a "1234567890"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE Users SYSTEM "a.dtd" [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Users [<!ENTITY % p SYSTEM "http://elsewhere.example/p.dtd">%p;]>',
        "<!DOCTYPE Users PUBLIC>",
        '<!-- a --><!DOCTYPE Users "b"><!DOCTYPE Users SYSTEM "c">',
    ],
)
def test_a_doctype_that_declares_anything_is_refused(doctype):
    user = '<User Id="il_0_usr_3"><Matriculation>&a;</Matriculation></User>'
    body = f'<?xml version="1.0"?>{doctype}<Users>{user}</Users>'
    with pytest.raises(Unusable, match="DTD is not allowed"):
        document.decode_users(body.encode())


def test_a_long_prolog_takes_no_longer_than_reading_it():
    begun = time.process_time()
    for prolog in (b" " * 2_000_000, b"<!-- -->" * 200_000, b"<!DOCTYPE a PUBLIC " + b'"b" ' * 200_000):
        with pytest.raises(Unusable):
            document.decode_users(prolog + b"<x/>")
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><body>Login</body></html>", "no LPData document"),
        (b"<LPData><LPChange/>", "not well-formed"),
        (b"", "not well-formed|no LPData"),
        (b"\xff\xfe\x00", "valid|well-formed"),
        ("<LPData>\u00e9</LPData>".encode("latin-1"), "not well-formed"),
        (b'<?xml version="1.0" encoding="koi8-r"?><LPData/>', "encoding"),
        (b"<x><LPData/></x>", "no LPData document"),
    ],
)
def test_what_is_no_such_document_is_said(body, said):
    with pytest.raises(Unusable) as refused:
        document.decode_changes(body, AMSTERDAM)
    assert re.search(said, str(refused.value))


@pytest.mark.long
def test_a_large_answer_is_read_a_row_at_a_time():
    decoded = changes(*(CHANGE.replace("301", str(300 + number)) for number in range(120_000)))
    assert (len(decoded.frame), decoded.frame["user_id"].iloc[-1]) == (120_000, "120299")
