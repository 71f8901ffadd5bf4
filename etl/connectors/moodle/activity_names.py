"""The activities of a Moodle course by name: from its grade report, or all of them from its contents."""

import html
from typing import Final

import msgspec
import pandas as pd
from msgspec import Raw

from etl.engine.decoding import BROKEN, Id, Text, outline

COLUMNS: Final = ["activity_id", "name", "module"]
_LEARNERS_READ: Final = 20  # everybody has the same activities, but for what is hidden from somebody


class _Item(msgspec.Struct, gc=False):
    itemtype: str
    cmid: Id | None = None
    itemname: Text | None = None
    itemmodule: Text | None = None


class _Learner(msgspec.Struct):
    gradeitems: list[_Item]


class _Report(msgspec.Struct):
    usergrades: list[Raw]


class _Module(msgspec.Struct, gc=False):
    id: Id
    name: Text
    modname: Text


class _Section(msgspec.Struct):
    modules: list[_Module]


_report = msgspec.json.Decoder(_Report)
_learner = msgspec.json.Decoder(_Learner)
_sections = msgspec.json.Decoder(list[_Section])


def decode_graded(body: bytes) -> list[tuple[str, str, str]]:
    """Activities with a grade item (rows of COLUMNS), of the first learners of a grade report that can be read."""
    found: dict[str, tuple[str, str]] = {}
    for row in outline(body, _report, "grade report").usergrades[:_LEARNERS_READ]:
        try:
            items = _learner.decode(row).gradeitems
        except BROKEN:
            continue  # the report itself lists this learner
        for item in items:
            if item.itemtype == "mod" and item.cmid is not None and item.itemmodule:
                found.setdefault(str(item.cmid), (item.itemname or "", item.itemmodule))
    return [_row(key, *names) for key, names in found.items()]


def decode_contents(body: bytes) -> pd.DataFrame:
    """All activities of a course (COLUMNS). Raises RejectRecord when the answer is not a list of sections."""
    sections = outline(body, _sections, "contents")
    rows = [_row(str(one.id), one.name, one.modname) for section in sections for one in section.modules]
    return pd.DataFrame(rows, columns=COLUMNS, dtype="str")


def _row(activity: str, name: str, module: str) -> tuple[str, str, str]:
    return activity, html.unescape(name).strip(), module
