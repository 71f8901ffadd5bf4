"""Rows of reference files that a system states: what it says goes in as an import does, beside what people enter.

A row is the system's or a person's. What a person entered is never changed by a system, and stays when the system says
nothing of it; where the two differ, that is said. A person who imports a row that a system states takes it over
(etl/reference/importing.py). What a system no longer states is closed, as in an import.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import text

from etl import db
from etl.engine.stating import BY_HAND, Refused, Stated
from etl.files.columns import File
from etl.load.merge import stage
from etl.reference import doubts, held
from etl.reference.beside import Beside
from etl.reference.checking import problems_with
from etl.reference.reading import ReferenceSet
from etl.reference.spec import FILES
from etl.words import counted


def state(
    session: Session,
    system: str,
    stated: Mapping[str, pd.DataFrame],
    refusals: Callable[[str, pd.DataFrame], "pd.Series[str]"],
) -> dict[str, Stated]:
    """Make what ``system`` states of each file, by name, the rows that are its own, in the caller's transaction.

    ``refusals``: of a file and its rows, the reasons why some cannot be taken at all, by their index. What is wrong by
    the rules of the whole set is refused row by row, with what refers to it; the others are taken.
    """
    db.rows(session, "reference/files.lock")
    files = [file for file in FILES if file.name in stated]
    rows = {file.name: _numbered(file, stated[file.name]) for file in files}
    hand = {file.name: _by_hand(session, file) for file in files}
    refused: dict[str, dict[int, str]] = {file.name: {} for file in files}
    differing = {file.name: _differing(file, rows[file.name], hand[file.name]) for file in files}
    for file in files:
        given = refusals(file.name, rows[file.name])
        refused[file.name] |= {int(line): why for line, why in zip(given.index, given, strict=True)}
    while wrong := problems_with(together := _set(files, rows, hand, refused), session):
        of_the_system = [problem for problem in wrong if problem.line > 0]
        if not of_the_system:
            break
        for problem in of_the_system:
            name = problem.file.removesuffix(".csv")
            refused[name].setdefault(problem.line, f"{problem.column}: {problem.reason}")
    doubted = _doubts(together, session)
    return {
        file.name: replace(
            _put(session, system, file, rows[file.name], refused[file.name], differing[file.name]),
            doubts=doubted.get(file.name, ()),
        )
        for file in files
    }


def _numbered(file: File, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows as text, one a key, with the line numbers that a file of them would have."""
    complete = frame.reindex(columns=file.column_names).astype("str")
    complete.index = pd.RangeIndex(1, len(complete) + 1)
    return complete


def _by_hand(session: Session, file: File) -> pd.DataFrame:
    """The rows that people entered, numbered downwards from -1: no stated row has such a number."""
    with db.driver_cursor(session) as cursor:
        cursor.execute(
            held.statement("by_hand", file, texts=held.texts(file.column_names)), {"file": file.name}
        )
        found = pd.DataFrame(cursor.fetchall(), columns=file.column_names, dtype="str")
    found.index = pd.RangeIndex(-1, -len(found) - 1, -1)
    return found


def _keys(file: File, frame: pd.DataFrame) -> "pd.Series[str]":
    keys = frame[file.key[0]].fillna("")
    for name in file.key[1:]:
        keys = keys + "/" + frame[name].fillna("")
    return keys


def _differing(file: File, rows: pd.DataFrame, hand: pd.DataFrame) -> "pd.Series[bool]":
    """Of stated rows that a person entered too: whether they say otherwise. Rows that nobody entered are not in it."""
    both = rows[_keys(file, rows).isin(_keys(file, hand))]
    same = both.reset_index().merge(hand, on=file.column_names, how="inner")["index"]
    return pd.Series(~both.index.isin(same), index=both.index)


def _set(
    files: Sequence[File],
    rows: Mapping[str, pd.DataFrame],
    hand: Mapping[str, pd.DataFrame],
    refused: Mapping[str, Mapping[int, str]],
) -> ReferenceSet:
    """The files as they would stand: what people entered, and the stated rows beside it that are not refused."""
    frames = {}
    for file in files:
        taken = rows[file.name].drop(index=list(refused[file.name]))
        alone = taken[~_keys(file, taken).isin(_keys(file, hand[file.name]))]
        frames[file.name] = pd.concat([hand[file.name], alone])
    return ReferenceSet(frames, [file for file in FILES if file.name not in frames], [], [])


def _doubts(together: ReferenceSet, session: Session) -> dict[str, list[str]]:
    """By file, what of stated rows an import would warn of."""
    found = Counter(
        (one.file, one.column, one.reason) for one in doubts.doubts(Beside(together, session)) if one.line > 0
    )
    said: dict[str, list[str]] = {}
    for (filename, column, why), count in sorted(found.items()):
        said.setdefault(filename.removesuffix(".csv"), []).append(f"{counted(count, 'row')}: {column} {why}")
    return said


def _put(
    session: Session,
    system: str,
    file: File,
    rows: pd.DataFrame,
    refused: Mapping[int, str],
    differing: "pd.Series[bool]",
) -> Stated:
    own = rows.drop(index=[*differing.index.union(list(refused))])
    origin = {"file": file.name, "system": system}
    stage(session, file.table, rows.loc[list(refused), list(file.key)])
    session.execute(text("alter table staged rename to refused"))
    stage(session, file.table, own)
    session.execute(text("analyze staged"))
    [standing] = held.counts(session, "standing", file)
    written, _ = held.counts(session, "merge", file)
    held.run(session, "own", file, origin)
    closed = held.run(session, "close_own", file, origin)
    session.execute(text("drop table refused"))
    if written:
        held.run(session, "analyze", file)
    keys = _keys(file, rows)
    listed = [Refused(keys[line], reason, by_hand=False) for line, reason in refused.items()]
    others = differing.drop(index=list(refused), errors="ignore")
    listed += [Refused(keys[line], BY_HAND, by_hand=True) for line in others.index[others]]
    same = len(others) - int(others.sum())
    return Stated(len(rows), written, standing + same, closed, listed)
