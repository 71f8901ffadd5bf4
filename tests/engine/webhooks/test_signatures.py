"""The signature is the Base64 of an HMAC over the bytes that were sent, as aNewSpring and Coachview describe it."""

import pytest

from etl.engine.webhooks.signatures import is_signed, signature

# The check values of the senders' own description, under the secret s3cret.
SHA1 = {
    b"<Resultaat/>": "2b8IQdHdqtOVx9XSrgfKwebhQV0=",
    b'{"event":"CourseCompleted"}': "99T+uU77dAfwWxPaYkoNFA0xZRM=",
}
BODY, SIGNATURE = next(iter(SHA1.items()))
HEX = "d9bf0841d1ddaad395c7d5d2ae07cac1e6e1415d"  # of the same digest


@pytest.mark.parametrize(("body", "expected"), SHA1.items())
def test_the_check_values_are_signed_as_described(body, expected):
    assert signature(body, "s3cret", "sha1") == expected
    assert is_signed(body, expected, "s3cret", "sha1")


@pytest.mark.parametrize(
    "given",
    [
        "",
        HEX,
        f"sha1={HEX}",
        f"sha1={SIGNATURE}",
        SIGNATURE.rstrip("="),
        SIGNATURE.lower(),
        f"{SIGNATURE}=",
        "é",
        "\x00",
    ],
)
def test_hex_prefixes_and_anything_else_is_no_signature(given):
    assert not is_signed(BODY, given, "s3cret", "sha1")


def test_another_byte_hash_or_secret_has_another_signature():
    assert not is_signed(BODY + b"\n", SIGNATURE, "s3cret", "sha1")
    assert not is_signed(BODY, SIGNATURE, "s3cret", "sha512")
    assert not is_signed(BODY, SIGNATURE, "s3cret ", "sha1")


def test_without_a_secret_nothing_is_signed():
    assert not is_signed(BODY, signature(BODY, "", "sha1"), "", "sha1")
