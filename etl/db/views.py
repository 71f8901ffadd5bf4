"""Views are what people read: replaced in place, so that grants on them and views of others upon them stay."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Connection as Session

from etl import db
from etl.errors import DatabaseFault, GiveUp

_CREATES: Final = re.compile(r"^create or replace view (\w+\.\w+)", re.MULTILINE)
_OTHER_SHAPE: Final = "42P16"  # invalid_table_definition: columns may only be added at the end


def defined(files: Iterable[Path]) -> list[str]:
    """The names of the views that files define, as mart.name."""
    return [name for path in files for name in _CREATES.findall(path.read_text(encoding="utf-8"))]


def grants(session: Session) -> dict[str, list[str]]:
    """By view of mart: statements that grant again what others than its owner were granted on it."""
    granted: dict[str, list[str]] = {}
    for row in db.rows(session, "schema/views.grants"):
        granted.setdefault(row["view"], []).append(row["statement"])
    return granted


def of_others(session: Session, ours: Sequence[str], views: Sequence[str]) -> list[str]:
    """Views that read one of ``views`` and are none of ours, by name."""
    found = db.rows(session, "schema/views.of_others", ours=list(ours), views=list(views))
    return [row["dependent"] for row in found]


def replace(session: Session, files: Sequence[Path], granted: Mapping[str, Sequence[str]]) -> None:
    """Make the views of the files, in order, and grant again what was granted on those that had to be made anew.

    Raises GiveUp where a view takes another shape while others have built on it, naming what they built.
    """
    ours = defined(files)
    for path in files:
        for statement in statements(path.read_text(encoding="utf-8")):
            created = _CREATES.search(statement)
            if created:
                _replace_one(session, ours, created.group(1), statement)
            else:
                _run(session, statement)
    for statement in (statement for view in ours for statement in granted.get(view, ())):
        _run(session, statement)


def _replace_one(session: Session, ours: Sequence[str], view: str, statement: str) -> None:
    trial = session.begin_nested()
    try:
        _run(session, statement)
    except DatabaseFault as fault:
        trial.rollback()
        if fault.sqlstate != _OTHER_SHAPE:
            raise
        _drop(session, ours, view)
        _run(session, statement)
    else:
        trial.commit()


def _drop(session: Session, ours: Sequence[str], view: str) -> None:
    """Drop a view that takes another shape, and our own views upon it: they are made again after it."""
    others = of_others(session, ours, [view])
    if others:
        raise GiveUp(
            f"{view} takes another shape, and others have built {', '.join(others)} on it:"
            " drop that, run `etl db migrate` again, and make it anew"
        )
    _run(session, f"drop view {view} cascade")


def statements(text: str) -> Iterator[str]:
    """The statements of a file; each ends with a line that ends in a semicolon."""
    return (statement for part in re.split(r";[ \t]*(?:\n|\Z)", text) if (statement := part.strip()))


def _run(session: Session, statement: str) -> None:
    session.exec_driver_sql(statement.replace("%", "%%"))
