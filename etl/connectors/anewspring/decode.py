"""What a message of aNewSpring says, as JSON or as XML (docs/connectors/anewspring.md, Messages).

Names, logins and addresses of users are in the messages too: they are not read.
"""

import json
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from lxml import etree

from etl.engine import hardened
from etl.engine.bodies import Posted
from etl.engine.decoding import MALFORMED, outline, without_mark
from etl.engine.webhooks import values
from etl.engine.webhooks.heard import TEST_PERSON, Heard, ReportedCompletion, heard_of
from etl.engine.webhooks.integrations import Integration
from etl.errors import RejectRecord, RetryLater

COMPLETED: Final = "CourseCompleted"


class _User(msgspec.Struct):
    id: Any = None
    uid: Any = None


class _Course(msgspec.Struct):
    id: Any = None
    uid: Any = None


class _Subscription(msgspec.Struct):
    completed: Any = None
    completeDate: Any = None  # noqa: N815 - as it is written there
    completeDateTime: Any = None  # noqa: N815
    grade: Any = None
    passed: Any = None


class _Message(msgspec.Struct):
    event: Any = None
    created: Any = None
    user: _User | None = None
    course: _Course | None = None
    subscription: _Subscription | None = None


_JSON: Final = msgspec.json.Decoder(_Message)
_PARTS: Final[dict[str, type[msgspec.Struct]]] = {
    "user": _User, "course": _Course, "subscription": _Subscription,
}  # fmt: skip
_TOP: Final = [f"{{*}}{name}" for name in ("event", "type", "created", *_PARTS)]


def hear(posted: Posted, integration: Integration) -> Heard:
    """What a message says. Raises Malformed or RejectRecord where it is none."""
    said = _from_json(posted.body) if without_mark(posted.body).lstrip()[:1] == b"{" else _from_xml(posted)
    event, created = _text("event", said.event), _text("created", said.created)
    if event is None:
        raise values.missing("event")
    user, course = said.user or _User(), said.course or _Course()
    heard = _completed(said, user, course, integration.zone) if event == COMPLETED else Heard(None)
    if created is None:
        return heard
    about = [_known_by("user", user), _known_by("course", course)]
    return replace(
        heard, created_at=_moment_of(created, integration.zone), name=json.dumps([event, *about, created])
    )


def test_message() -> tuple[str, bytes]:
    """A message that tests the integration: of a user whom nobody is."""
    moment = "2026-01-01T00:00:00Z"
    said = {
        "event": COMPLETED, "created": moment, "user": {"id": TEST_PERSON}, "course": {"id": TEST_PERSON},
        "subscription": {"completed": True, "completeDateTime": moment},
    }  # fmt: skip
    return "application/json", json.dumps(said).encode()


def _completed(said: _Message, user: _User, course: _Course, zone: ZoneInfo) -> Heard:
    """A completed course; ids are those of the system that the users were taken over from, and may be absent."""
    try:
        person_id = values.identifier("user.id", _text("user.id", user.id))
        course_id = values.identifier("course.id", _text("course.id", course.id))
    except RejectRecord as problem:
        return Heard(problem)
    held = said.subscription or _Subscription()
    return heard_of(person_id, course_id, lambda: _completion(person_id, course_id, held, said, zone))


def _completion(
    person_id: str, course_id: str, held: _Subscription, said: _Message, zone: ZoneInfo
) -> ReportedCompletion:
    completed, grade, passed = (
        _text(f"subscription.{name}", getattr(held, name)) for name in ("completed", "grade", "passed")
    )
    if completed is not None and not values.flag("subscription.completed", completed):
        raise RejectRecord(
            MALFORMED, "element subscription.completed: not true, so that nothing is completed"
        )
    at, on = _completed_at(held, said, zone)
    return ReportedCompletion(
        person_id, course_id, at, on,
        grade=None if grade is None else values.grade("subscription.grade", grade),
        presence=True,  # who completed a course was there; whether that is registered says the integration
        passed=None if passed is None else values.flag("subscription.passed", passed),
    )  # fmt: skip


def _completed_at(held: _Subscription, said: _Message, zone: ZoneInfo) -> tuple[datetime, date]:
    """The moment as exactly as it is told; the event itself is made when the course is completed."""
    told = {
        "subscription.completeDateTime": held.completeDateTime,
        "subscription.completeDate": held.completeDate,
        "created": said.created,
    }
    for name, value in told.items():
        if (text := _text(name, value)) is not None:
            return values.moment(name, text, zone)
    raise values.missing("subscription.completeDateTime")


def _moment_of(created: str, zone: ZoneInfo) -> datetime | None:
    try:
        return values.moment("created", created, zone)[0]
    except RejectRecord:
        return None


def _known_by(name: str, one: _User | _Course) -> str:
    """What tells a user or a course from others: its id elsewhere, or else its own."""
    return _text(f"{name}.id", one.id) or f"uid {_text(f'{name}.uid', one.uid)}"


def _text(name: str, value: object) -> str | None:
    """A value of JSON or XML as text, None where nothing is said. Raises RejectRecord where it is no single value."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value).strip() or None
    raise RejectRecord(MALFORMED, f"element {name}: not a single value")


def _from_json(body: bytes) -> _Message:
    try:
        return outline(body, _JSON, "the message")
    except RetryLater as problem:
        raise RejectRecord(MALFORMED, str(problem)) from None


def _from_xml(posted: Posted) -> _Message:
    """The same from XML: the elements stand in the root, whatever its name; what JSON calls event is type there."""
    said: dict[str, Any] = {}
    for kind, element in hardened.events(hardened.as_utf8(posted.body, posted.charset), _TOP):
        parent = element.getparent()
        if kind == "end" and parent is not None and parent.getparent() is None:
            name = hardened.local_name(element)
            if name in said:
                raise _doubled(name)
            said[name] = _PARTS[name](**_known(_PARTS[name], element)) if name in _PARTS else element.text
    said["event"] = said.pop("type", None) or said.get("event")
    return _Message(**said)


def _known(kind: type[msgspec.Struct], element: etree._Element) -> dict[str, str]:
    names = Counter(hardened.local_name(child) for child in element)
    for name in kind.__struct_fields__:
        if names[name] > 1:
            raise _doubled(f"{hardened.local_name(element)}.{name}")
    return {name: text for name, text in hardened.texts(element).items() if name in kind.__struct_fields__}


def _doubled(name: str) -> RejectRecord:
    return RejectRecord(MALFORMED, f"element {name}: more than once, a message is of one person and course")
