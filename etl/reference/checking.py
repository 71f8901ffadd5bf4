"""Check a reference set as a whole before anything of it is imported (docs/reference-files.md)."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl.connectors.registry import CONNECTORS
from etl.engine.people import CLIENT
from etl.files.columns import COURSES, USERS, Column, File
from etl.files.kinds import Kind
from etl.files.problems import Problem, at_lines
from etl.load import erased
from etl.load.erased import Fact
from etl.reference import held
from etl.reference.beside import Beside
from etl.reference.reading import ReferenceSet, read_set
from etl.reference.spec import FILES

# The codes of each file, and the values of other columns by file.column, from the set or from the warehouse
Known = Mapping[str, "pd.Series[str]"]

_ERASED = "was erased on request: leave the line out, or have an administrator lift that (etl erase lift)"


def check(directory: Path, engine: Engine | None) -> list[Problem]:
    """Every wrong line of a set, with file, line, column and reason; none = the set may be imported.

    References to files that are not in the set are looked up in the warehouse; without one they pass.
    """
    reference_set = read_set(directory)
    if engine is None or not reference_set.absent:
        return problems_with(reference_set, None)
    with engine.connect() as session:
        return problems_with(reference_set, session)


def problems_with(reference_set: ReferenceSet, session: Session | None) -> list[Problem]:
    """What is wrong with a set that was read, by itself and beside what the warehouse holds."""
    problems = list(reference_set.problems)
    known = {file.name: frame[file.key[0]] for file, frame in reference_set.files()}
    if session is not None:
        known |= {
            file.name: pd.concat([known[file.name], held.stated(session, file)])
            for file, _ in reference_set.files()
        }
        problems += _left_out(reference_set.absent, known, session)
        known |= {file.name: held.values(session, file, file.key[0]) for file in reference_set.absent}
    known |= _excluding(reference_set, session)
    beside = Beside(reference_set, session)
    for file, frame in reference_set.files():
        problems += _in_file(file, frame, known, beside)
    return problems + _of_erased(reference_set, session)


def _of_erased(reference_set: ReferenceSet, session: Session | None) -> list[Problem]:
    """Lines of clients who were erased on request."""
    clients = reference_set.frames.get("clients")
    if session is None or clients is None or not (gone := erased.read(session)):
        return []
    codes = clients["client_code"].dropna()
    lines = codes.index[[gone.whose([Fact(CLIENT, "", code)]) is not None for code in codes]]
    return at_lines("clients.csv", lines, "client_code", _ERASED)


def _left_out(absent: list[File], known: Known, session: Session) -> Iterator[Problem]:
    """A file may not leave out a row that a table needs whose own file is not in the set."""
    for file in absent:
        for column in file.columns:
            if column.references in known:
                needed = held.entered(session, file, column.name)
                missing = needed[~_among(needed, known[column.references])]
                if len(missing):
                    reason = f"{len(missing)} that {file.filename}, which is not in this set, still refers to"
                    where = f"{column.references}.csv"
                    yield Problem(where, 0, "", f"leaves out {reason}; the first is {missing.iloc[0]}")


def _excluding(reference_set: ReferenceSet, session: Session | None) -> dict[str, "pd.Series[str]"]:
    """The values that a column of another file must not have, such as the groups of the competence tree."""
    known = {}
    for excluded in {column.not_a for file in FILES for column in file.columns if column.not_a}:
        name, column = excluded.split(".")
        if name in reference_set.frames:
            known[excluded] = reference_set.frames[name][column].dropna()
        elif session is not None:
            file = next(file for file in FILES if file.name == name)
            known[excluded] = held.values(session, file, column)
    return known


def _in_file(file: File, frame: pd.DataFrame, known: Known, beside: Beside) -> list[Problem]:
    systems = beside.systems
    problems = [wrong for column in file.columns for wrong in _in_column(file, column, frame, systems)]
    sound = frame.drop(index=list({problem.line for problem in problems}))  # one mistake, one problem
    for column in file.columns:
        values = sound[column.name]
        if column.references in known:
            lost = sound.index[values.notna() & ~_among(values, known[column.references])]
            problems += at_lines(file.filename, lost, column.name, _not_listed(column.references, beside))
        if column.not_a in known:
            wrong = sound.index[_among(values, known[column.not_a])]
            problems += at_lines(
                file.filename, wrong, column.name, "is a {1} of {0}.csv".format(*column.not_a.split("."))
            )
    for rule in file.rules:
        problems += at_lines(file.filename, sound.index[rule.wrong(sound)], rule.column, rule.reason)
    problems += _repeated_keys(file, sound)
    return sorted(problems)


def _in_column(
    file: File, column: Column, frame: pd.DataFrame, systems: Mapping[str, str]
) -> Iterator[Problem]:
    values = frame[column.name]
    if column.required:
        yield from at_lines(file.filename, values.index[values.isna()], column.name, "must be filled in")
    for kind, meant in _kinds_of_ids(column, frame, systems):
        yield from _of_kind(file, column, kind, values[meant])
        values = values[~meant]
    yield from _of_kind(file, column, column.kind, values)


def _kinds_of_ids(
    column: Column, lines: pd.DataFrame, systems: Mapping[str, str]
) -> Iterator[tuple[Kind, "pd.Series[bool]"]]:
    """How the ids of a column look, and at which lines, by the system that the line's source belongs to."""
    for one in CONNECTORS:
        if column.ids_of == COURSES and one.course_id:
            yield one.course_id, lines["source"].map(systems) == one.system
        if column.ids_of == USERS and one.user_id:
            yield one.user_id, lines["scheme"].str.startswith(f"{one.system}:", na=False)


def _of_kind(file: File, column: Column, kind: Kind, values: "pd.Series[str]") -> Iterator[Problem]:
    judged = {value: kind(value) for value in pa.array(values.dropna()).unique().to_pylist()}
    reasons = {value: reason for value, reason in judged.items() if reason}
    for line, value in values[_among(values, pd.Series(reasons.keys(), dtype="str"))].items():
        yield Problem(file.filename, int(str(line)), column.name, reasons[value])


def _among(values: "pd.Series[str]", known: "pd.Series[str]") -> "pd.Series[bool]":
    """Series.isin, which would make a Python object of every known value."""
    return pd.Series(pc.is_in(pa.array(values), pa.array(known)).to_numpy(False), index=values.index)


def _not_listed(name: str, beside: Beside) -> str:
    if beside.session is None or name in beside.reference_set.frames:
        return f"is not in {name}.csv"
    return f"is not in {name}.csv as the warehouse holds it (never there, or closed): bring that file in this set"


def _repeated_keys(file: File, frame: pd.DataFrame) -> Iterator[Problem]:
    key = list(file.key)
    repeated = frame.loc[frame.duplicated(key, keep=False), key]
    lines = repeated.index.to_series()
    first = lines.groupby([repeated[name] for name in key]).transform("min")
    for line, first_line in first[first != lines].items():
        where = ", ".join(key)
        yield Problem(file.filename, int(str(line)), where, f"the same key stands in line {first_line}")
