"""The documents in ILIAS's answers, as tables (docs/connectors/ilias.md, Interface).

They begin with a DOCTYPE that names a file of the site. It is passed over: nothing is ever loaded, and one that
declares anything itself, as an entity would have to be, is refused.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd
from lxml import etree

from etl.engine import hardened
from etl.engine.decoding import MALFORMED, Decoded, Rejects
from etl.engine.webhooks import values
from etl.errors import Malformed, RejectRecord, Unusable
from etl.files.kinds import code

NOT_ATTEMPTED, IN_PROGRESS, COMPLETED, FAILED = "0", "1", "2", "3"
_STATUSES: Final = frozenset({NOT_ATTEMPTED, IN_PROGRESS, COMPLETED, FAILED})
_MOST_ROWS: Final = 20_000_000  # of one answer, whose size is limited
_DOCTYPE: Final = re.compile(
    rb"""\A((?>\s+|<\?(?>.*?\?>)|<!--(?>.*?-->))*+)"""
    rb"""<!DOCTYPE\s+[\w.:-]+(?>\s+(?:PUBLIC|SYSTEM)(?>\s+(?:"[^"]*"|'[^']*'))+)?\s*>""",
    re.DOTALL,
)
_ID: Final = re.compile(r"[1-9][0-9]{0,17}")
_USER: Final = re.compile(r"il_-?[0-9]+_usr_([1-9][0-9]{0,17})")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_POINTS: Final = re.compile(r"-?[0-9]{1,9}([.,][0-9]{1,15})?")


def decode_changes(body: bytes, zone: ZoneInfo) -> Decoded:
    """user_id, object_id, ref_ids (an array of PostgreSQL), status, changed (by the site's clock), completed_at,
    completed_on.
    """
    rejects = Rejects()
    rows = []
    for position, element in enumerate(_elements("learning progress", body, "LPData", "LPChange")):
        given = {str(name): str(value) for name, value in element.items()}
        user, thing = given.get("UserId", ""), given.get("ObjId", "")
        named = f"object {thing}, user {user}" if _ID.fullmatch(thing) and _ID.fullmatch(user) else ""
        try:
            rows.append(_change(given, zone))
        except RejectRecord as problem:
            rejects.add(named or f"change at position {position}", problem)
    columns = ["user_id", "object_id", "ref_ids", "status", "changed", "completed_at", "completed_on"]
    return Decoded(pd.DataFrame(rows, columns=columns), None, rejects.frame())


def decode_users(body: bytes) -> Decoded:
    """user_id, matriculation, external_account of the accounts that there are."""
    rejects = Rejects()
    rows = []
    for position, element in enumerate(_elements("users", body, "Users", "User")):
        user = user_of(element)
        if user is None:
            rejects.add(f"user at position {position}", "Id: not that of a user")
            continue
        said = hardened.texts(element)
        rows.append((user, _number(said.get("Matriculation")), _number(said.get("ExternalAccount"))))
    frame = pd.DataFrame(rows, columns=["user_id", "matriculation", "external_account"], dtype="str")
    return Decoded(frame.drop_duplicates("user_id"), None, rejects.frame())


def decode_results(body: bytes) -> Decoded:
    """user_id, points and maximum (text) of the participants of a test; a maximum of nothing says nothing."""
    rejects = Rejects()
    names: dict[str, str] = {}
    rows = []
    position = 0
    for element in _elements("test results", body, "result", "colspec", "row"):
        if hardened.local_name(element) == "colspec":
            names[element.get("name", "")] = element.get("idx", "")
            continue
        cells = [(column.text or "").strip() for column in element]
        try:
            rows.append(_result(cells, names))
        except RejectRecord as problem:
            rejects.add(f"row at position {position}", problem)
        position += 1
    frame = pd.DataFrame(rows, columns=["user_id", "points", "maximum"], dtype="str")
    return Decoded(frame, None, rejects.frame())


def user_of(element: etree._Element) -> str | None:
    """The number of the account that an element of users is about, where it is one."""
    found = _USER.fullmatch(element.get("Id", ""))
    return found[1] if found else None


def without_doctype(body: bytes) -> bytes:
    """A document in UTF-8 without its DOCTYPE. Raises Malformed for one that declares anything, or is in another
    encoding than it says.
    """
    return hardened.as_utf8(_DOCTYPE.sub(rb"\1", body, count=1))


def _elements(what: str, body: bytes, root: str, *names: str) -> Iterator[etree._Element]:
    """The elements of these names, each forgotten after its turn. Raises Unusable where it is no such document."""
    seen = False
    try:
        text = without_doctype(body)
        for kind, element in hardened.events(text, [root, *names], _MOST_ROWS):
            if element.getparent() is None:
                if element.tag != root:
                    break
                seen = True
            elif kind == "end" and seen:
                yield element
                hardened.forget(element)
    except Malformed as problem:
        raise Unusable(f"{what}: {problem}") from None
    if not seen:
        raise Unusable(f"{what}: the answer is no {root} document")


def _change(given: dict[str, str], zone: ZoneInfo) -> tuple[str, str, str, str, str, datetime, date]:
    user, thing = _id("UserId", given.get("UserId")), _id("ObjId", given.get("ObjId"))
    references = [_id("RefIds", one) for one in given.get("RefIds", "").split(",") if one]
    status, changed = given.get("LPStatus", ""), given.get("Timestamp", "")
    if status not in _STATUSES:
        raise _refused("LPStatus", "none of 0 to 3")
    if not _MOMENT.fullmatch(changed):
        raise _refused("Timestamp", "not of the form YYYY-MM-DD hh:mm:ss")
    at, on = values.moment("Timestamp", changed, zone)
    return user, thing, f"{{{','.join(references)}}}", status, changed, at, on


def _result(cells: list[str], names: dict[str, str]) -> tuple[str, str | None, str | None]:
    user = _id("user_id", _cell(cells, names, "user_id"))
    most, got = (_points(name, _cell(cells, names, name)) for name in ("maximum_points", "received_points"))
    return (user, str(got), str(most)) if most > 0 else (user, None, None)


def _cell(cells: list[str], names: dict[str, str], name: str) -> str:
    place = names.get(name, "")
    if not place.isdecimal() or int(place) >= len(cells):
        raise _refused(name, "missing")
    return cells[int(place)]


def _points(name: str, text: str) -> Decimal:
    """Points as PHP writes them: with a comma where the site's language has one."""
    if not _POINTS.fullmatch(text):
        raise _refused(name, "not a number")
    return Decimal(text.replace(",", "."))


def _id(name: str, text: str | None) -> str:
    if not text or not _ID.fullmatch(text):
        raise _refused(name, "not an id")
    return text


def _number(text: str | None) -> str | None:
    """The number of a person, where there is one that could be one of the administration."""
    return text if text and code(text) is None else None


def _refused(name: str, reason: str) -> RejectRecord:
    return RejectRecord(MALFORMED, f"{name}: {reason}")
