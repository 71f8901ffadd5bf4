"""Plays aNewSpring: posts events as JSON or XML, and asks again for anything that is no success."""

import json
from typing import Any, Final
from xml.sax.saxutils import escape

from etl.sandbox.posting import Poster, Told

_SUCCESS: Final = (200, 201, 202, 204)
_TRIES: Final = 11  # once, and ten times more
_SECONDS: Final = 10.0
_MOMENT: Final = "2026-01-13T09:30:00Z"


def sender(url: str, secret: str) -> Poster:
    """An academy that posts to this address."""
    return Poster(url, secret, "sha1", lambda told: told.status not in _SUCCESS, _TRIES, _SECONDS)


def completed(
    person_id: str,
    course_id: str,
    created: str = _MOMENT,
    event: str = "CourseCompleted",
    **subscription: Any,
) -> dict[str, Any]:
    """What the event of a completed course says; its person has a name and an address besides."""
    return {
        "event": event,
        "created": created,
        "user": {
            "id": person_id, "uid": f"u{person_id}", "login": "j.janssen", "email": "jo.janssen@example.org",
            "firstName": "Jo", "middleName": "van", "lastName": "Janssen",
        },
        "course": {"id": course_id, "uid": f"c{course_id}", "name": "Safe working"},
        "subscription": {"completed": True, "completeDateTime": created, **subscription},
    }  # fmt: skip


def as_json(said: dict[str, Any]) -> bytes:
    """The event as JSON."""
    return json.dumps(said).encode()


def as_xml(said: dict[str, Any]) -> bytes:
    """The event as XML, which calls it type."""
    inside = "".join(_element("type" if name == "event" else name, value) for name, value in said.items())
    return f'<?xml version="1.0" encoding="UTF-8"?><webhook>{inside}</webhook>'.encode()


def send(poster: Poster, said: dict[str, Any], *, xml: bool = False) -> Told:
    """Deliver an event."""
    if xml:
        return poster.deliver(as_xml(said), "application/xml")
    return poster.deliver(as_json(said), "application/json")


def _element(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(*pair) for pair in value.items())}</{name}>"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(text)}</{name}>"
