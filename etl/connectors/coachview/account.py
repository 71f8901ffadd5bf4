"""What is agreed with a Coachview on the results that it is sent: one connection."""

from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from etl.connections import Connection
from etl.errors import GiveUp

CONNECTION: Final = "coachview"
Hash = Literal["sha1", "sha256", "sha384", "sha512"]


class _Extra(msgspec.Struct):
    # Off until a person says otherwise: what Coachview took it does not give back.
    push: bool = False
    plugin: str = ""
    webhook_secret: str = ""
    hash: Hash = "sha512"
    timeout_seconds: Annotated[float, Meta(gt=0, le=3_600)] = 60.0


@dataclass(frozen=True)
class CoachviewAccount:
    """Where results go, under which plugin and secret, and whether they go at all."""

    conn_id: str
    url: str
    push: bool
    plugin: str
    webhook_secret: str = field(repr=False)
    hash: Hash
    timeout_seconds: float
    mode: str = "live"
    retry_days: int = 0  # what Coachview refused is offered again only by a person


def account(connection: Connection) -> CoachviewAccount:
    """Read an account from its connection. Raises GiveUp naming the connection and the setting that is wrong."""
    where = f"connection {connection.conn_id}"
    entered = {name: value for name, value in connection.extra.items() if value not in (None, "")}
    try:
        extra = msgspec.convert(entered, _Extra, strict=False)  # a form or a URI gives numbers as text
    except msgspec.ValidationError as problem:
        raise GiveUp(f"{where}: {problem}") from None
    missing = [name for name in ("plugin", "webhook_secret") if not getattr(extra, name)]
    if extra.push and missing:
        raise GiveUp(f"{where}: push is on, and it needs {' and '.join(missing)}: enter what is missing")
    return CoachviewAccount(connection.conn_id, connection.site(), **msgspec.structs.asdict(extra))
