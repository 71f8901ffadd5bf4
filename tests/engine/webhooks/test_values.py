"""Moments, grades and flags as senders write them; what is none is refused by its element, not by what it holds."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from etl.engine.webhooks import values
from etl.errors import RejectRecord

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment", "day"),
    [
        ("2026-01-13", at(2026, 1, 12, 23), date(2026, 1, 13)),
        ("2026-01-13+02:00", at(2026, 1, 12, 22), date(2026, 1, 13)),  # as XML may write a day
        ("2026-01-13Z", at(2026, 1, 13), date(2026, 1, 13)),
        ("2026-01-13T00:30:00", at(2026, 1, 12, 23, 30), date(2026, 1, 13)),
        ("2026-07-13 00:30", at(2026, 7, 12, 22, 30), date(2026, 7, 13)),
        ("2026-01-13T23:30:00Z", at(2026, 1, 13, 23, 30), date(2026, 1, 14)),
        ("2026-01-13T23:30:00.123456789Z", datetime(2026, 1, 13, 23, 30, 0, 123456, UTC), date(2026, 1, 14)),
        ("2026-01-13T00:30:00+05:30", at(2026, 1, 12, 19), date(2026, 1, 12)),
        ("2026-01-13T00:30:00-0500", at(2026, 1, 13, 5, 30), date(2026, 1, 13)),
        ("2026-03-29T02:30:00", at(2026, 3, 29, 1, 30), date(2026, 3, 29)),  # an hour that there is not
    ],
)
def test_a_time_without_a_zone_is_in_that_of_the_integration_and_so_is_every_day(text, moment, day):
    assert values.moment("x", text, AMSTERDAM) == (moment, day)


@pytest.mark.parametrize(
    "text",
    ["13-01-2026", "2026-1-13", "2026-02-30", "2026-01-13T25:00", "2026-01-13+25:00", "2026-W03-2", "20260113",
     "1768262400", "0001-01-01T00:00:00+12:00", "2026-01-13T10:00:00+25:00", "２０２６-01-13", "", "soon"],
)  # fmt: skip
def test_what_is_no_moment_is_refused_by_its_element(text):
    with pytest.raises(RejectRecord, match=r"^element DatumVoltooid: not a (date|moment)") as refused:
        values.moment("DatumVoltooid", text, AMSTERDAM)
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "1899-12-30", "1900-01-01", "1970-01-01T00:00:00Z"])
def test_a_moment_that_programs_write_for_none_is_refused(text):
    with pytest.raises(RejectRecord, match=r"^element x: before there was e-learning"):
        values.moment("x", text, ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("text", "comma", "expected"),
    [
        ("8", False, "8"),
        ("8.50", False, "8.50"),
        ("-1", False, "-1"),
        ("66.66666666666667", False, "66.66666666666667"),  # as JSON writes a mean
        ("8,5", True, "8.5"),
        ("8.5", True, "8.5"),
    ],
)
def test_a_grade_is_plain_digits_and_dutch_suppliers_may_write_a_comma(text, comma, expected):
    assert values.grade("x", text, comma=comma) == Decimal(expected)


@pytest.mark.parametrize("comma", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "Infinity",
        "-inf",
        "1e3",
        "1_0",
        "1.234,5",
        "8,5,5",
        "8.",
        ".5",
        "٨",
        "eight",
        "8 ",
        "0x8",
        "9" * 30,
    ],
)
def test_what_is_no_number_is_refused(text, comma):
    with pytest.raises(RejectRecord, match=r"^element Resultaat: not a number"):
        values.grade("Resultaat", text, comma=comma)


def test_a_comma_is_read_for_who_may_write_one_only():
    with pytest.raises(RejectRecord, match=r"not a number such as 7\.5$"):
        values.grade("subscription.grade", "8,5")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", True), ("1", True), ("Ja", True), ("FALSE", False), ("0", False), ("nee", False)],
)
def test_yes_and_no(text, expected):
    assert values.flag("x", text) is expected


def test_what_is_neither_yes_nor_no_is_refused():
    with pytest.raises(RejectRecord, match=r"^element Slaging: not true or false$"):
        values.flag("Slaging", "2")
