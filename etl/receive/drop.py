"""Drop location: the same documents, polled where a site cannot be reached (spec/iep_lvs_uwlr.md, Who calls whom).

A folder, an object store or an HTTPS address, through fsspec. Each file is taken once; then it is kept where
it is or moved to ``taken/``; one that cannot be taken is set aside with its reason (moved to ``set_aside/``).
"""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import fsspec
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import crash, db
from etl.connections import Connection
from etl.errors import GiveUp, InvalidInput, RetryLater
from etl.receive import hardened, inbox
from etl.receive.faults import Code, Fault
from etl.receive.inbox import Origin
from etl.receive.message import School
from etl.receive.reading import Message, Open, read

_MAX_BYTES: Final = 20 * 1024 * 1024
_SETTLED_SECONDS: Final = 60  # a file that was written to a moment ago may not be complete yet
_VERSION_FIELDS: Final = ("ETag", "etag", "mtime", "LastModified", "last_modified", "created", "size")
_MODIFIED_FIELDS: Final = ("mtime", "LastModified", "last_modified")


@dataclass
class Polled:
    """What one poll found. ``set_aside``: name and reason of the files that cannot be taken, also of earlier polls."""

    taken: int = 0
    known: int = 0
    left: int = 0
    size: int = 0
    set_aside: list[tuple[str, str]] = field(default_factory=list)


class Paused(Exception):  # noqa: N818 - not an error: the file waits
    """The school has paused its link: its files stay where they are until it goes on."""


class Location:
    """A drop location as its connection defines it: ``host`` is the address; ``after`` and ``options`` are extras."""

    def __init__(self, connection: Connection) -> None:
        extra = connection.extra
        self.conn_id = connection.conn_id
        self.moves = extra.get("after", "keep") == "move"
        if extra.get("after", "keep") not in ("keep", "move"):
            raise InvalidInput(f"connection {self.conn_id}: after must be keep or move")
        address = connection.base_url
        if self.moves and urlsplit(address).scheme in ("http", "https"):
            raise InvalidInput(f"connection {self.conn_id}: files at an HTTPS address can only be kept")
        try:
            self._fs, self._root = fsspec.url_to_fs(address, **(extra.get("options") or {}))
        except (ValueError, ImportError) as problem:
            raise GiveUp(
                f"connection {self.conn_id}: the address cannot be used ({type(problem).__name__})"
            ) from None

    def files(self) -> list[Mapping[str, Any]]:
        """The XML files that are there, by name. Raises RetryLater when the location cannot be read."""
        try:
            self._fs.invalidate_cache()
            one = self._root.lower().endswith(".xml")
            listed = [self._fs.info(self._root)] if one else self._fs.ls(self._root, detail=True)
        except Exception as problem:  # each kind of store has errors of its own
            raise RetryLater(
                f"drop location {self.conn_id} cannot be listed: {type(problem).__name__}"
            ) from None
        found = [
            entry for entry in listed if entry["type"] == "file" and entry["name"].lower().endswith(".xml")
        ]
        return sorted(found, key=lambda entry: str(entry["name"]))

    def content(self, name: str) -> bytes:
        """The bytes of a file. Raises Fault when it is too large, RetryLater when it cannot be read."""
        try:
            with self._fs.open(name, "rb") as file:
                body: bytes = file.read(_MAX_BYTES + 1)
        except Exception as problem:
            raise RetryLater(
                f"drop location {self.conn_id}: a file cannot be read: {type(problem).__name__}"
            ) from None
        if len(body) > _MAX_BYTES:
            raise Fault(Code.MESSAGE, f"the file is larger than {_MAX_BYTES} bytes")
        return body

    def put_away(self, name: str, folder: str, reason: str | None) -> None:
        """Move a file to a folder beside it, with its reason in a file of its own, where the location says so."""
        if not self.moves:
            return
        target = f"{self._root.rstrip('/')}/{folder}/{name.rpartition('/')[2]}"
        self._fs.makedirs(target.rpartition("/")[0], exist_ok=True)
        if reason:
            self._fs.pipe_file(f"{target}.reason.txt", reason.encode())
        self._fs.mv(name, target)


def poll(engine: Engine, source: str, location: Location) -> Polled:
    """Take every new file of a drop location into the inbox. Raises RetryLater when it cannot be read."""
    polled = Polled()
    for entry in location.files():
        if _is_being_written(entry):
            polled.left += 1
        else:
            _take(engine, source, location, entry, polled)
    return polled


def _take(engine: Engine, source: str, location: Location, entry: Mapping[str, Any], polled: Polled) -> None:
    name = str(entry["name"])
    file = {"source": source, "address": name, "fingerprint": _fingerprint(location, entry)}
    with engine.connect() as session:
        before = db.rows(session, "load/iep_drop_known", **file)
    reason = before[0]["reason"] if before else None
    try:
        if not before:
            _land_file(engine, file, location.content(name), polled)
    except Paused:
        polled.left += 1
        return
    except Fault as fault:
        reason = f"{fault.code}: {fault.text}"
        with engine.begin() as session:
            db.execute(session, "load/iep_drop_taken", **file, message_id=None, reason=reason)
    crash.point("iep.drop_landed")
    if reason:
        polled.set_aside.append((name.rpartition("/")[2], reason))
    elif before:
        polled.known += 1
    location.put_away(name, "set_aside" if reason else "taken", reason)


def _land_file(engine: Engine, file: Mapping[str, str], body: bytes, polled: Polled) -> None:
    with engine.begin() as session:
        message_id = _land(session, file["source"], body)
        db.execute(session, "load/iep_drop_taken", **file, message_id=message_id, reason=None)
    polled.taken += 1
    polled.size += len(body)


def _land(session: Session, source: str, body: bytes) -> int:
    """Put a document into the inbox and return the number of the message. Raises Fault or Paused."""
    text = hardened.as_utf8(body)
    gate, message = Open(lenient=False), Message()
    try:
        school = read(text, gate, message)
    except Fault:
        gate, message = Open(lenient=True), Message()
        school = read(text, gate, message)
        if not _allows_lenient(session, school):
            raise
    if school.brin6 is None:
        raise Fault(Code.MESSAGE, "element schoolkey: a dropped file names its school by brincode")
    link = _link(session, school.brin6)
    if link is None or link["status"] == "ended":
        raise Fault(Code.AUTHORISATION, f"school {school.brin6} has no link")
    if link["status"] == "paused":
        raise Paused
    unknown = inbox.unknown_pupils(session, message)
    if unknown and link["fault_on_unknown_pupil"]:
        raise Fault(Code.PUPIL, f"{unknown} of {len(message.pupils)} pupils are not known here")
    origin = Origin(source, school.brin6, "drop", gate.lenient)
    kept = inbox.without_header(text, gate.header.key) if gate.header else text
    received = inbox.add(session, origin, kept, school, message.delivered)
    event = "message" if received.is_new else "message_again"
    inbox.log(session, school.brin6, event, inbox.summary(message, unknown), message_id=received.message_id)
    return received.message_id


def _allows_lenient(session: Session, school: School) -> bool:
    link = _link(session, school.brin6 or "")
    return link is not None and bool(link["lenient"])


def _link(session: Session, brin6: str) -> Mapping[str, Any] | None:
    return next(iter(db.rows(session, "load/iep_link_of", brin6=brin6)), None)


def _is_being_written(entry: Mapping[str, Any]) -> bool:
    modified = next((entry[name] for name in _MODIFIED_FIELDS if entry.get(name)), None)
    seconds = modified.timestamp() if isinstance(modified, datetime) else modified
    return isinstance(seconds, int | float) and time.time() - seconds < _SETTLED_SECONDS


def _fingerprint(location: Location, entry: Mapping[str, Any]) -> str:
    """What tells this version of a file from another: what the store says of it, else its content."""
    said = {name: str(entry[name]) for name in _VERSION_FIELDS if entry.get(name)}
    if set(said) - {"size"}:
        return json.dumps(said, sort_keys=True)
    return hashlib.sha256(location.content(str(entry["name"]))).hexdigest()
