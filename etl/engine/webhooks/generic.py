"""The generic message ElearningResultaat: one person and one part, as suppliers of e-learning send it."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from etl.engine import hardened
from etl.engine.bodies import Posted
from etl.engine.decoding import MALFORMED
from etl.engine.webhooks import values
from etl.engine.webhooks.heard import TEST_PERSON, Heard, ReportedCompletion, heard_of
from etl.engine.webhooks.integrations import Integration
from etl.engine.webhooks.receiver import Verdict
from etl.errors import RejectRecord

ROOT: Final = "ElearningResultaat"
PERSON: Final = "PersoonExterneId"
COURSE: Final = "Elearningcode"
RESULT: Final = "Resultaat"
PRESENCE: Final = "Presentie"
PASSED: Final = "Slaging"
COMPLETED: Final = "DatumVoltooid"
_NAMES: Final = frozenset({PERSON, COURSE, RESULT, PRESENCE, PASSED, COMPLETED})
_CONTENT_TYPE: Final = "text/xml; charset=utf-8"
_CANNOT_BE_USED: Final = frozenset({MALFORMED, "completed_in_future", "grade_outside_definition"})


def hear(
    posted: Posted,
    integration: Integration,
    completed: Callable[[ReportedCompletion], ReportedCompletion] = lambda said: said,
) -> Heard:
    """What a generic message says; ``completed``: what its system means besides. Raises Malformed, RejectRecord."""
    said = _elements(hardened.as_utf8(posted.body, posted.charset))
    person_id = values.identifier(PERSON, said.get(PERSON))
    course_id = values.identifier(COURSE, said.get(COURSE))
    return heard_of(
        person_id, course_id, lambda: completed(_completion(person_id, course_id, said, integration.zone))
    )


def answer(verdict: Verdict) -> tuple[int, str]:
    """What the sender of a generic message is told: precisely, since a person may mend it and send it again."""
    if verdict.outcome == "failed":
        return HTTPStatus.INTERNAL_SERVER_ERROR, "kept; what becomes of it could not be said"
    if verdict.outcome != "refused":
        told = {
            "registered": "registered",
            "already": "already registered: the first registration stands",
            "test": "test message: the signature is right, nothing was registered",
        }
        return HTTPStatus.OK, told[verdict.outcome]
    if verdict.reason_code in _CANNOT_BE_USED:
        return HTTPStatus.BAD_REQUEST, verdict.reason
    paused = verdict.reason_code == "integration_paused"
    return HTTPStatus.SERVICE_UNAVAILABLE if paused else HTTPStatus.NOT_FOUND, verdict.reason


def written(said: Mapping[str, str]) -> bytes:
    """The message that says this, by the names of its elements."""
    elements = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in said.items())
    return f'<?xml version="1.0" encoding="utf-8"?><{ROOT}>{elements}</{ROOT}>'.encode()


def test_message() -> tuple[str, bytes]:
    """A message that tests the integration: of a person whom nobody is."""
    said = {PERSON: TEST_PERSON, COURSE: TEST_PERSON, COMPLETED: "2026-01-01"}
    return _CONTENT_TYPE, written(said)


def _completion(
    person_id: str, course_id: str, said: Mapping[str, str], zone: ZoneInfo
) -> ReportedCompletion:
    if COMPLETED not in said:
        raise values.missing(COMPLETED)
    at, on = values.moment(COMPLETED, said[COMPLETED], zone)
    return ReportedCompletion(
        person_id, course_id, at, on,
        grade=values.grade(RESULT, said[RESULT], comma=True) if RESULT in said else None,
        presence=values.flag(PRESENCE, said[PRESENCE]) if PRESENCE in said else None,
        passed=values.flag(PASSED, said[PASSED]) if PASSED in said else None,
    )  # fmt: skip


def _elements(text: bytes) -> dict[str, str]:
    """The elements of the one message in a document; empty ones are left out."""
    said: dict[str, str] = {}
    has_root = False
    for kind, element in hardened.events(text, [f"{{*}}{name}" for name in (ROOT, *_NAMES)]):
        name, parent = hardened.local_name(element), element.getparent()
        if parent is None:
            has_root |= name == ROOT
        elif kind == "end" and has_root and parent.getparent() is None and name in _NAMES:
            if name in said:
                raise RejectRecord(
                    MALFORMED, f"element {name}: more than once, a message is of one person and course"
                )
            if len(element):
                raise RejectRecord(MALFORMED, f"element {name}: has elements in it")
            said[name] = (element.text or "").strip()
    if not has_root:
        raise values.missing(ROOT)
    return {name: value for name, value in said.items() if value}
