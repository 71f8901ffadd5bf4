"""Ids are plain digits; any other form of a number is named and never converted."""

import pytest

from etl import digits

WHOLE = "must be a whole number without leading zeros"
SCRIPT, ZERO, SIGN = "it has digits of another script", "it begins with a zero", "it has a sign"
POWERS = "a spreadsheet wrote it in powers of ten"
MARK = "it has a point, a comma or another mark between its digits"
FAULTS = [
    ("2.041", f"{WHOLE}: {MARK}"),
    ("2,041", f"{WHOLE}: {MARK}"),
    ("1'234", f"{WHOLE}: {MARK}"),
    ("1_000", f"{WHOLE}: {MARK}"),
    ("2 041", f"{WHOLE}: {MARK}"),
    ("3.0", f"{WHOLE}: {MARK}"),
    ("1e3", f"{WHOLE}: {POWERS}"),
    ("8.71234E+11", f"{WHOLE}: {POWERS}"),
    ("8,401E+10", f"{WHOLE}: {POWERS}"),
    ("+5", f"{WHOLE}: {SIGN}"),
    ("-5", f"{WHOLE}: {SIGN}"),
    ("007", f"{WHOLE}: {ZERO}"),
    ("'7", f"{WHOLE}: it begins with an apostrophe, with which a spreadsheet marks text"),
    (" 7", f"{WHOLE}: it has a blank around it"),
    ("7 ", f"{WHOLE}: it has a blank around it"),
    ("7\u00a0", f"{WHOLE}: it holds a character that does not show (U+00A0)"),
    ("\u200b7", f"{WHOLE}: it holds a character that does not show (U+200B)"),
    ("\ufeff7", f"{WHOLE}: it holds a character that does not show (U+FEFF)"),
    ("7\n", f"{WHOLE}: it holds a character that does not show (U+000A)"),
    ("٣", f"{WHOLE}: {SCRIPT}"),
    ("７", f"{WHOLE}: {SCRIPT}"),
    ("²", WHOLE),
    ("inf", WHOLE),
    ("nan", WHOLE),
    ("0x1f", WHOLE),
    ("", WHOLE),
    ("abc", WHOLE),
    ("9223372036854775808", "must be a whole number of at most 9223372036854775807"),
    ("9" * 5_000_000, "must be a whole number of at most 9223372036854775807"),
]


@pytest.mark.parametrize("value", ["0", "7", "1234567890", "9223372036854775807"])
def test_plain_digits_are_a_number(value):
    assert digits.fault(value) is None
    assert digits.id_fault(value) is None


@pytest.mark.parametrize(("value", "reason"), FAULTS, ids=range(len(FAULTS)))
def test_any_other_form_is_refused_with_what_was_seen(value, reason):
    assert digits.fault(value) == reason


@pytest.mark.parametrize(
    "value", [value for value, _ in FAULTS if value not in ("abc", "0x1f")], ids=str.__len__
)
def test_an_id_may_be_a_name_but_no_number_of_another_form(value):
    assert digits.id_fault(value)
    assert digits.id_fault("b-2") is digits.id_fault("5f0e8c1a-guid") is None


def test_a_limit_is_named():
    assert digits.fault("2147483648", digits.INTEGER) == "must be a whole number of at most 2147483647"
    assert digits.fault("2147483647", digits.INTEGER) is None
