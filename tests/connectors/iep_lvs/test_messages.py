"""What a message may be: read leniently, a test message, of a school by another name; what cannot be read."""

import re

import pytest
from sqlalchemy import Engine

from etl.connectors.iep_lvs import links
from etl.engine.options import Options
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.nights import current, night, rejected
from tests.connectors.iep_lvs.school import log, rows

FIRST = samples()["first_night"]


def test_lenient_reading_lands_the_message_and_lists_the_bad_rows(
    iep: Sender, engine: Engine, school: str
) -> None:
    assert "OngeldigBericht" in iep.send(samples()["deviating"]).fault
    with engine.begin() as session:
        links.configure(session, school, "beheer", links.Reading.LENIENT, None)
    assert iep.send(samples()["deviating"]).taken
    assert night(engine) == {"read": 3, "written": 1, "unchanged": 0, "rejected": 2, "ignored": 0}
    assert rejected(engine) == [
        ("99QQ00/IEP-100010", "malformed_record"),
        ("99QQ00/IEP-100011", "malformed_record"),
    ]
    [(reason,)] = rows(engine, "select distinct reason from ops.rejections")
    assert "element score" in reason


def test_a_bad_row_is_settled_when_a_later_message_says_it_well(
    iep: Sender, engine: Engine, school: str
) -> None:
    with engine.begin() as session:
        links.configure(session, school, "beheer", links.Reading.LENIENT, None)
    iep.send(samples()["deviating"])
    night(engine)
    better = (
        samples()["deviating"]
        .replace(b"2026-01-15", b"2026-01-16")
        .replace(b">X<", b">3<")
        .replace(b"17.5", b"17")
    )
    iep.send(better)
    night(engine)
    assert rejected(engine) == []
    night(engine, Options(full=True))
    assert rejected(engine) == []


def test_what_cannot_be_read_is_listed_once_whatever_key_it_comes_under(
    iep: Sender, engine: Engine, school: str
) -> None:
    with engine.begin() as session:
        links.configure(session, school, "beheer", links.Reading.LENIENT, None)
    for day in (15, 17, 16):
        again = samples()["deviating"].replace(b"2026-01-15T", f"2026-01-{day}T".encode())
        for key in ("IEP-100010", "IEP-100011"):
            again = again.replace(key.encode(), f"{key}-{day}".encode())
        assert iep.send(again).taken
        counts = night(engine)
        assert counts["rejected"] + counts["ignored"] == 2
        last = max(day, 17) if day == 16 else day
        assert rejected(engine) == [
            (f"99QQ00/IEP-100010-{last}", "malformed_record"),
            (f"99QQ00/IEP-100011-{last}", "malformed_record"),
        ]
    night(engine, Options(full=True))
    assert [key for key, _ in rejected(engine)] == ["99QQ00/IEP-100010-17", "99QQ00/IEP-100011-17"]
    assert rows(engine, "select count(*) from ops.rejections") == [(2,)]


def test_a_test_message_is_answered_logged_and_leaves_no_row(iep: Sender, engine: Engine) -> None:
    assert iep.send(samples()["test_message"]).taken
    assert night(engine) == {"read": 1, "written": 0, "unchanged": 0, "rejected": 0, "ignored": 1}
    assert log(engine)[-1] == ("test_message", None)
    assert current(engine) == rejected(engine) == []


def test_a_test_message_may_have_several_dummy_pupils(iep: Sender, engine: Engine) -> None:
    [pupil] = re.findall(rb"<toetsafname>.*</toetsafname>", samples()["test_message"], re.DOTALL)
    results = b"".join(
        pupil[pupil.index(b"<resultaat ") : pupil.index(b"</resultaten>")].replace(b'"TEST"', b'"%d-%d"')
        for _ in range(3)
    )
    start, end = pupil.index(b"<resultaat "), pupil.index(b"</resultaten>")
    dummies = b"".join(
        (pupil[:start] + results % (n, 1, n, 2, n, 3) + pupil[end:]).replace(
            b">TEST</leerling", b">T%d</leerling" % n
        )
        for n in range(3)
    )
    assert iep.send(samples()["test_message"].replace(pupil, dummies)).taken
    assert night(engine) == {"read": 9, "written": 0, "unchanged": 0, "rejected": 0, "ignored": 9}
    assert log(engine)[-1] == ("test_message", None)
    assert current(engine) == rejected(engine) == []


def test_a_first_delivery_of_many_unknown_pupils_is_no_test_message(iep: Sender, engine: Engine) -> None:
    [pupil] = re.findall(rb"<toetsafname>.*</toetsafname>", samples()["test_message"], re.DOTALL)
    strangers = b"".join(
        pupil.replace(b"TEST</leerling", b"T%d</leerling" % n).replace(b'"TEST"', b'"%d"' % n)
        for n in range(11)
    )
    assert iep.send(samples()["test_message"].replace(pupil, strangers)).taken
    assert night(engine)["rejected"] == 11
    assert log(engine)[-1] == ("message", None)


@pytest.mark.parametrize(
    "body", [b"<s:Empty xmlns:s='x'/>", b"", FIRST.replace(b">14<", b">X<"), b"<leerlinggegevens_verzoek/>"]
)
def test_a_test_message_of_any_form_is_told_that_its_key_is_right(
    body: bytes, iep: Sender, engine: Engine
) -> None:
    fault = iep.send(body).fault
    assert fault
    assert "Autorisatie" not in fault
    assert log(engine)[-1][0] == "test_message"


NAMED = b"<lr:brincode>99QQ</lr:brincode>\n    <lr:dependancecode>00</lr:dependancecode>"


def test_a_schoolkey_is_that_of_the_school_of_the_key_or_refused(
    iep: Sender, engine: Engine, school: str
) -> None:
    def named(key: str) -> bytes:
        assert NAMED in FIRST
        return FIRST.replace(NAMED, f"<lr:schoolkey>{key}</lr:schoolkey>".encode())

    refused = (
        "soap:Client.AutorisatieOngeldig: element schoolkey: not of the school of the autorisatiesleutel"
    )
    for key in ("school-1", "11AA00", "11AA", "99QQ01"):
        assert iep.send(named(key)).fault == refused
    for key in ("99QQ00", "99QQ"):
        assert iep.send(named(key)).taken
    with engine.begin() as session:
        links.configure(session, school, "beheer", None, None, "school-1")
    assert iep.send(named("school-1")).taken
    night(engine)
    assert len(current(engine)) == 10
