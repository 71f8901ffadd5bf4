"""Drop location: the same documents, polled where a site cannot be reached.

See docs/connectors/iep_lvs.md, Who calls whom.

Each file is taken once; then it is kept where it is or moved to ``taken/``. One that cannot be taken is set aside
with its reason (moved to ``set_aside/``), one that waits for its school's link stays where it is; as long as they
lie there, both are looked at again by every poll.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors.iep_lvs import intake
from etl.connectors.iep_lvs.faults import Code, UwlrFault, fault_of
from etl.connectors.iep_lvs.intake import Origin
from etl.connectors.iep_lvs.location import SET_ASIDE, TAKEN, Location, base_name
from etl.connectors.iep_lvs.message import School
from etl.connectors.iep_lvs.reading import Message, Open, read
from etl.engine import failpoint, hardened
from etl.errors import GiveUp, NotTaken, RetryLater

_SETTLED_SECONDS: Final = 60  # a file that was written to a moment ago may not be complete yet
_VERSION_FIELDS: Final = ("ETag", "etag", "mtime", "LastModified", "last_modified", "created", "size")
_MODIFIED_FIELDS: Final = ("mtime", "LastModified", "last_modified")


@dataclass
class Polled:
    """What one poll found; ``problem``: the first thing that could not be read or moved.

    ``listed``: how many files lay there. ``set_aside``, ``waiting`` and ``unmoved`` (those taken) hold the name of each
    file and why; ``others`` the names of what is no XML file.
    """

    listed: int = 0
    taken: int = 0
    known: int = 0
    left: int = 0
    size: int = 0
    set_aside: list[tuple[str, str]] = field(default_factory=list)
    waiting: list[tuple[str, str]] = field(default_factory=list)
    unmoved: list[tuple[str, str]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    problem: RetryLater | GiveUp | None = None


class Waits(Exception):  # noqa: N818 - not an error: the file stays where it is until the school's link is active
    """The file cannot be taken yet; ``str()`` of it says what it waits for."""


def poll(engine: Engine, source: str, location: Location) -> Polled:
    """Take every new file of a drop location into the inbox. Raises RetryLater when it cannot be listed."""
    listing = location.listing()
    polled = Polled(listed=len(listing.files) + len(listing.others), others=listing.others)
    for entry in listing.files:
        if _is_being_written(entry):
            polled.left += 1
            continue
        try:
            _take(engine, source, location, entry, polled)
        except (RetryLater, GiveUp) as problem:
            polled.waiting.append((base_name(str(entry["name"])), str(problem)))
            polled.problem = polled.problem or problem
    return polled


def _take(engine: Engine, source: str, location: Location, entry: Mapping[str, Any], polled: Polled) -> None:
    name = str(entry["name"])
    try:
        size = _land_file(engine, source, location, entry)
    except Waits as waits:
        polled.waiting.append((base_name(name), str(waits)))
        return
    except NotTaken as problem:
        fault = fault_of(problem)
        reason = f"{fault.code}: {fault.text}"
        location.put_away(name, SET_ASIDE, reason)
        polled.set_aside.append((base_name(name), reason))
        return
    failpoint.point("iep.drop_landed")
    polled.known += size is None
    polled.taken += size is not None
    polled.size += size or 0
    try:
        location.put_away(name, TAKEN, None)
    except (RetryLater, GiveUp) as problem:
        polled.unmoved.append((base_name(name), str(problem)))
        polled.problem = polled.problem or problem


def _land_file(engine: Engine, source: str, location: Location, entry: Mapping[str, Any]) -> int | None:
    """Land a file and return its size; None when this version of it was taken before. Raises NotTaken or Waits."""
    name, told = str(entry["name"]), _told(entry)
    body = b"" if told else location.content(name)
    file = {"source": source, "address": name, "fingerprint": told or hashlib.sha256(body).hexdigest()}
    with engine.connect() as session:
        if db.rows(session, "iep_lvs/drop.known", **file):
            return None
    body = body or location.content(name)
    with engine.begin() as session:
        message_id = _land(session, body)
        db.execute(session, "iep_lvs/drop.taken", **file, message_id=message_id)
    return len(body)


def _land(session: Session, body: bytes) -> int | None:
    """Put a document into the inbox and return the number of the message; None where it names nobody but people who
    were erased. Raises NotTaken or Waits.
    """
    text = hardened.as_utf8(body)
    gate, message = Open(lenient=False), Message()
    try:
        school = read(text, gate, message)
    except UwlrFault:
        gate, message = Open(lenient=True), Message()
        school = read(text, gate, message)
        if not _allows_lenient(session, school):
            raise
    link = _link(session, school)
    if link is None:
        named = f"school {school.brin6}" if school.brin6 else "the school of this schoolkey"
        raise Waits(f"{named} has no link: the file is taken once the link is active")
    brin6 = str(link["brin6"])
    if link["status"] != "active":
        state = f"a link that is {link['status']}"
        raise Waits(f"school {brin6} has {state}: the file is taken once the link is active")
    intake.check_types(message, lenient=gate.lenient)
    kept = intake.without_header(text, gate.header.key) if gate.header else text
    others = intake.of_others(session, kept, message, brin6, lenient=gate.lenient)
    if others is None:
        return None
    kept, message = others
    unknown = intake.unknown_pupils(session, message, brin6)
    if unknown and link["fault_on_unknown_pupil"]:
        raise UwlrFault(Code.PUPIL, f"{unknown} of {len(message.pupils)} pupils are not known here")
    origin = Origin(brin6, "drop", gate.lenient)
    received = intake.add(session, origin, kept, school, message.delivered)
    event = "message" if received.is_new else "message_again"
    intake.log(session, brin6, event, intake.summary(message, unknown), message_id=received.message_id)
    return received.message_id


def _allows_lenient(session: Session, school: School) -> bool:
    link = _link(session, school)
    return link is not None and bool(link["lenient"])


def _link(session: Session, school: School) -> Mapping[str, Any] | None:
    """The link of the school that a document is of, None when there is none or several could be meant."""
    named = {"brin6": school.brin6, "schoolkey": school.schoolkey}
    found = db.rows(session, "iep_lvs/drop.link", **named)
    return found[0] if len(found) == 1 else None


def _is_being_written(entry: Mapping[str, Any]) -> bool:
    modified = next((entry[name] for name in _MODIFIED_FIELDS if entry.get(name)), None)
    seconds = modified.timestamp() if isinstance(modified, datetime) else modified
    return isinstance(seconds, int | float) and time.time() - seconds < _SETTLED_SECONDS


def _told(entry: Mapping[str, Any]) -> str | None:
    """What the store says that tells this version of a file from another; None: only its content does."""
    said = {name: str(entry[name]) for name in _VERSION_FIELDS if entry.get(name)}
    return json.dumps(said, sort_keys=True) if set(said) - {"size"} else None
