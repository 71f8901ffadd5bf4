"""A PE-Online account: one connection, with its mode, pause switch and limits.

See docs/connectors/pe_online.md, Service.
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from etl.connections import Connection
from etl.errors import GiveUp

Mode = Literal["test", "live"]


class _Extra(msgspec.Struct):
    # Test is the mode that is wrong the safe way: what it accepted is sent again after activation.
    mode: Mode = "test"
    paused: bool = False
    timezone: str = "Europe/Amsterdam"
    batch_limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    language_id: Literal[1, 3, 6] = 1
    retry_days: Annotated[int, Meta(ge=0, le=36_525)] = 60
    timeout_seconds: Annotated[float, Meta(gt=0, le=3_600)] = 60.0


@dataclass(frozen=True)
class PeAccount:
    """What is needed to write attendance for the profession groups that this account serves."""

    conn_id: str
    url: str
    user_id: str
    user_key: str = field(repr=False)
    mode: Mode = "test"
    paused: bool = False
    timezone: str = "Europe/Amsterdam"
    batch_limit: int = 100
    language_id: int = 1
    retry_days: int = 60
    timeout_seconds: float = 60.0


def account(connection: Connection) -> PeAccount:
    """Read an account from its connection: host = service URL, login = userID, password = userKey.

    Raises GiveUp naming the connection and the setting that is wrong.
    """
    where = f"connection {connection.conn_id}"
    if not (connection.host and connection.login and connection.password):
        raise GiveUp(f"{where}: host (service URL), login (userID) and password (userKey) are all needed")
    entered = {name: value for name, value in connection.extra.items() if value not in (None, "")}
    try:
        extra = msgspec.convert(entered, _Extra, strict=False)  # a form or a URI gives numbers as text
        ZoneInfo(extra.timezone)
    except (msgspec.ValidationError, ZoneInfoNotFoundError, ValueError) as exc:
        raise GiveUp(f"{where}: {exc}") from None
    return PeAccount(
        connection.conn_id,
        connection.site(),
        connection.login,
        connection.password,
        **msgspec.structs.asdict(extra),
    )
