"""An account is a connection; what is missing or wrong in it is named."""

import pytest

from etl.connections import Connection
from etl.connectors.pe_online.account import account
from etl.errors import GiveUp


def connection(**extra):
    return Connection("pe_online", "pe_online", "https://pe.test/x.asmx", "5201", "the-key", extra=extra)


def test_without_a_mode_an_account_is_in_test_mode_and_not_paused():
    made = account(connection())
    assert (made.mode, made.paused, made.timezone, made.batch_limit) == (
        "test",
        False,
        "Europe/Amsterdam",
        100,
    )
    assert made.url == "https://pe.test/x.asmx"


def test_a_form_or_a_uri_gives_everything_as_text():
    made = account(connection(mode="live", paused="true", batch_limit="50", language_id="3", retry_days=""))
    assert (made.mode, made.paused, made.batch_limit, made.language_id, made.retry_days) == (
        "live",
        True,
        50,
        3,
        60,
    )


@pytest.mark.parametrize(
    "extra",
    [{"mode": "Live"}, {"batch_limit": 0}, {"batch_limit": 1001}, {"language_id": 2}, {"timezone": "Mars/Base"},
     {"timezone": "../x"}, {"paused": "perhaps"}, {"timeout_seconds": 0}, {"timeout_seconds": "inf"},
     {"timeout_seconds": float("nan")}, {"timeout_seconds": -1}, {"retry_days": "1_0"}, {"retry_days": 10**9}],
)  # fmt: skip
def test_a_wrong_setting_is_named_with_its_connection(extra):
    with pytest.raises(GiveUp, match=r"connection pe_online: .*") as raised:
        account(connection(**extra))
    assert "the-key" not in str(raised.value)


@pytest.mark.parametrize("missing", ["host", "login", "password"])
def test_an_account_without_address_user_or_key_is_refused(missing):
    given = {"host": "https://pe.test", "login": "5201", "password": "k"} | {missing: ""}
    with pytest.raises(GiveUp, match="are all needed"):
        account(Connection("pe_online", "pe_online", **given))
