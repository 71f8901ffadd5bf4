"""What is agreed with a Coachview on what it is sent, and on what is read of it: one connection."""

from collections.abc import Mapping
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
    read: bool = False
    environments: str = ""
    persons_are_clients: bool = False


@dataclass(frozen=True)
class CoachviewAccount:
    """Where results go, under which plugin and secret, and whether they go at all; what is read, if anything is.

    ``environments``: the integration of each e-learning environment, by Coachview's number of it.
    """

    conn_id: str
    url: str
    push: bool
    plugin: str
    webhook_secret: str = field(repr=False)
    hash: Hash
    timeout_seconds: float
    read: bool
    environments: Mapping[str, str]
    persons_are_clients: bool
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
    agreed = msgspec.structs.asdict(extra) | {"environments": _environments(where, extra.environments)}
    return CoachviewAccount(connection.conn_id, connection.site(), **agreed)


def _environments(where: str, entered: str) -> dict[str, str]:
    """Such as ``6=moodle_main, 7=studio``."""
    pairs = [part.partition("=") for part in entered.replace(";", ",").split(",") if part.strip()]
    found = {number.strip(): integration.strip() for number, _, integration in pairs}
    if not all(number and integration for number, integration in found.items()) or len(found) < len(pairs):
        raise GiveUp(
            f"{where}: environments is not of the form 6=moodle_main, 7=studio: each number of an e-learning"
            " environment once, and its integration"
        )
    return found
