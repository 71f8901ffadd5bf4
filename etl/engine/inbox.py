"""The inbox: what outside systems send is kept as it came, before anybody is told that it arrived.

What a connector reads in a message is its own, and stands in tables of its own under the number of the message. What
came in is told apart by the message alone (system, origin, key), whatever the site has named or connected since.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection as Session

from etl import db
from etl.load.packing import Packer, Unpacker

Channel = Literal["http", "drop"]
Proof = Literal["key", "signature", "location"]


@dataclass(frozen=True)
class Incoming:
    """A message whose sender is known. ``body`` holds nothing that proves who one is: no key, no signature.

    ``origin``: whose key or signature it came under, such as a school or an integration. ``name``: what the sender
    tells it from others by, where that is not the body. ``created_at``: when the sender made it, where it says so.
    """

    system: str
    origin: str
    channel: Channel
    authenticated_by: Proof
    content_type: str
    body: bytes = field(repr=False)
    created_at: datetime | None = None
    name: str | None = None

    @property
    def key(self) -> bytes:
        """What makes it the same message when it comes again."""
        told = self.body if self.name is None else self.name.encode()
        return hashlib.sha256(told).digest()


@dataclass(frozen=True)
class Received:
    """Where a message stands in the inbox; not ``is_new`` when it was there already."""

    message_id: int
    is_new: bool


def add(session: Session, incoming: Incoming) -> Received:
    """Keep a message in the transaction of ``session``; the same one again is one more delivery of it."""
    [kept] = db.rows(
        session,
        "engine/inbox.add",
        system=incoming.system,
        origin=incoming.origin,
        key=incoming.key,
        content_type=incoming.content_type,
        created_at=incoming.created_at,
        body=Packer().pack(incoming.body),
    )
    message_id = int(kept["message_id"])
    way = {"channel": incoming.channel, "authenticated_by": incoming.authenticated_by}
    [delivery] = db.rows(session, "engine/inbox.deliver", message_id=message_id, **way)
    return Received(message_id, delivery["is_first"])


def body(session: Session, message_id: int) -> bytes:
    """A message as it was kept."""
    [row] = db.rows(session, "engine/inbox.body", message_id=message_id)
    return Unpacker().unpack(bytes(row["body"]))


def put_body(session: Session, message_id: int, body: bytes) -> None:
    """Keep this body of a message instead of the one before, of which nothing could be made."""
    db.execute(session, "engine/inbox.put_body", message_id=message_id, body=Packer().pack(body))


def forget_bodies(session: Session, system: str, flow: str, days: int) -> int:
    """Delete the bodies that came in more than ``days`` ago and that ``flow`` has derived; returns how many."""
    return db.execute(session, "engine/inbox.retention", system=system, flow=flow, days=days)
