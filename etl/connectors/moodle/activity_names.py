"""The activities of a Moodle course by name: from its grade report, or all of them from its contents."""

import html
from collections.abc import Sequence
from itertools import chain
from typing import Final

import msgspec
import pandas as pd

from etl.connectors.moodle.grade_report import ACTIVITY, UserGrades
from etl.engine.decoding import Id, Text, outline

COLUMNS: Final = ["activity_id", "name", "module"]
Row = tuple[str, str, str]
LEARNERS_READ: Final = 20  # everybody has the same activities, but for what is hidden from somebody


class _Module(msgspec.Struct, gc=False):
    id: Id
    name: Text
    modname: Text


class _Section(msgspec.Struct):
    modules: list[_Module]


_sections = msgspec.json.Decoder(list[_Section])


def of_learners(users: Sequence[UserGrades]) -> list[Row]:
    """Activities with a grade item (rows of COLUMNS), of the first learners of a grade report."""
    found: dict[int, Row] = {}
    for item in chain.from_iterable(user.gradeitems for user in users[:LEARNERS_READ]):
        activity = item.cmid
        if item.itemtype == ACTIVITY and activity and activity not in found:
            name = _text(item.itemname)
            if name is not None:
                found[activity] = _row(str(activity), name, item.itemmodule or "")
    return list(found.values())


def _text(name: object) -> str | None:
    """A name that can be kept; "" for none."""
    if name is None:
        return ""
    return name if isinstance(name, str) and "\x00" not in name else None


def decode_contents(body: bytes) -> pd.DataFrame:
    """All activities of a course (COLUMNS). Raises RejectRecord when the answer is not a list of sections."""
    sections = outline(body, _sections, "contents")
    rows = [_row(str(one.id), one.name, one.modname) for section in sections for one in section.modules]
    return pd.DataFrame(rows, columns=COLUMNS, dtype="str")


def _row(activity: str, name: str, module: str) -> Row:
    return activity, html.unescape(name).strip(), module
