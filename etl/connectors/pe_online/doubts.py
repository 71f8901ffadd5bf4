"""What of accreditations may be imported and is perhaps not meant (docs/reference-files.md)."""

from collections.abc import Iterator, Mapping
from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.files.problems import Problem
from etl.words import counted

_AGAIN: Final = "point would be sent again: it stands", "points would be sent again: they stand"
_FILE: Final = "accreditations"


def doubts(frames: Mapping[str, pd.DataFrame], session: Session) -> Iterator[Problem]:
    """Of a set that is to be imported, what has to do with points that were sent already."""
    if _FILE in frames:
        yield from _points_again(frames[_FILE], session)


def _points_again(accreditations: pd.DataFrame, session: Session) -> Iterator[Problem]:
    """Points that were sent under a PE course or module that no line names any more for that day."""
    sent = db.query(session, "pe_online/doubts.points_sent")
    by = ["org_id", "source", "source_course_id"]
    stated = accreditations.assign(
        course=_named(accreditations, "course"),
        module=_named(accreditations, "module").fillna(""),
        line=accreditations.index,
    )
    pairs = sent.merge(stated, on=by, suffixes=("", "_stated"))
    inside = (pairs["day"] >= pairs["valid_from"]) & ~(pairs["day"] > pairs["valid_to"])
    pairs = pairs[inside].assign(
        kept=(pairs["course"] == pairs["course_stated"]) & (pairs["module"] == pairs["module_stated"])
    )
    gone = pairs[~pairs.groupby([*by, "course", "module", "day"])["kept"].transform("any")]
    for line, points in gone.groupby("line")["points"].sum().items():
        reason = (
            f"{counted(points, *_AGAIN)} under another PE course or module."
            " They are withheld until a person has them sent (`etl pe resend`)"
        )
        yield Problem(f"{_FILE}.csv", int(str(line)), "pe_course_id", reason)


def _named(accreditations: pd.DataFrame, what: str) -> "pd.Series[str]":
    return accreditations[f"pe_{what}_id"].fillna("code " + accreditations[f"external_{what}_code"])
