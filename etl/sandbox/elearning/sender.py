"""Plays a system that sends the generic message; it tries again only where it was told: not now."""

from typing import Final
from xml.sax.saxutils import escape

from etl.sandbox.posting import Poster, Told

_TRIES: Final = 4
_SECONDS: Final = 30.0
_NOT_NOW: Final = (503, 0)


def sender(url: str, secret: str, hash_name: str = "sha512") -> Poster:
    """A system that posts to this address."""
    return Poster(url, secret, hash_name, lambda told: told.status in _NOT_NOW, _TRIES, _SECONDS)


def result(person_id: str, course_id: str, completed: str | None = "2026-01-13", **said: str) -> bytes:
    """A message; what is said besides goes by the names of its elements (Resultaat, Presentie, Slaging)."""
    elements = {"PersoonExterneId": person_id, "Elearningcode": course_id, **said}
    if completed is not None:
        elements["DatumVoltooid"] = completed
    inside = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in elements.items())
    return f'<?xml version="1.0" encoding="utf-8"?><ElearningResultaat>{inside}</ElearningResultaat>'.encode()


def send(poster: Poster, message: bytes) -> Told:
    """Deliver a message."""
    return poster.deliver(message, "text/xml; charset=utf-8")
