"""Rows of a writing function: refused as a whole, as the site does, where one of them is not well formed."""

import re
from collections.abc import Mapping
from typing import Literal

from etl.sandbox.moodle.protocol import MoodleError

Row = dict[str, str]
Kind = Literal["int", "bool", "username", "email", "notags", "text"]
_FORMS: Mapping[Kind, re.Pattern[str]] = {
    "int": re.compile(r"-?\d+"),
    "bool": re.compile(r"[01]"),
    "username": re.compile(r"[-.@_a-z0-9]+"),
    "email": re.compile(r"[^@\s<>]+@[^@\s<>]+"),
    "notags": re.compile(r"[^<>]*", re.DOTALL),
    "text": re.compile(r".*", re.DOTALL),
}
_INVALID = "core_user_create_users__uppercase_username"
_MISSING = "core_user_update_users__missing_id"
_SPOKEN = {"username": "Upper@student.example", "type": 'expecting \\"username\\"'}


def rows(
    params: Mapping[str, str], name: str, kinds: Mapping[str, Kind], required: tuple[str, ...]
) -> list[Row]:
    """Well-formed structures: users[0][email]=x -> [{email: x}]."""
    found: list[Row] = []
    while given := _row(params, f"{name}[{len(found)}]["):
        found.append(given)
    for row in found:
        _check(name, row, kinds, required)
    return found


def _row(params: Mapping[str, str], start: str) -> Row:
    return {key[len(start) : -1]: value for key, value in params.items() if key.startswith(start)}


def _check(name: str, row: Row, kinds: Mapping[str, Kind], required: tuple[str, ...]) -> None:
    for key in required:
        if key not in row:
            raise MoodleError(_MISSING, {"users =>": f"{name} =>", "structure: id": f"structure: {key}"})
    if unexpected := sorted(row.keys() - kinds.keys()):
        other = {"bogus": ", ".join(unexpected)}
        raise MoodleError("core_webservice_get_site_info__unexpected_parameter", other)
    for key, value in row.items():
        if not _FORMS[kinds[key]].fullmatch(value):
            told = {"users =>": f"{name} =>", "username =>": f"{key} =>", _SPOKEN["username"]: value}
            told |= {_SPOKEN["type"]: f'expecting "{kinds[key]}"'}
            raise MoodleError(_INVALID, told)
