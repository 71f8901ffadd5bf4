"""The sample school of the tests: its key, its pupils, and how to look at what was kept of them."""

from typing import Any

import zstandard
from sqlalchemy import Engine, text

KEY = "99QQ001234567890abcd"
ECK_7001 = "https://ketenid.nl/pilot/" + "0a1b" * 32
ECK_7002 = "https://ketenid.nl/pilot/" + "2c3d" * 32
PUPILS = {
    "PUP7001": {"leerlingid:99QQ00": "LL-7001", "eckid": ECK_7001},
    "PUP7002": {"leerlingid:99QQ00": "LL-7002", "eckid": ECK_7002},
    "PUP4003": {"leerlingid:99QQ00": "LL-4003"},
    "PUP8004": {"leerlingid:99QQ00": "LL-8004"},
}


def rows(engine: Engine, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with engine.connect() as session:
        return [tuple(row) for row in session.execute(text(statement), parameters)]


def bodies(engine: Engine) -> list[bytes]:
    """Every message of the inbox as it was kept."""
    return [
        zstandard.decompress(body)
        for (body,) in rows(engine, "select body from raw.inbox order by message_id")
    ]


def log(engine: Engine) -> list[tuple[Any, ...]]:
    """Events of the link log with their fault codes, oldest first."""
    return rows(engine, "select event, fault_code from mart.link_log order by log_id")
