"""Read a folder of reference files as text, keeping the line number of every row (docs/reference-files.md)."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Protocol

import pandas as pd
import pyarrow as pa

from etl.files.columns import File
from etl.files.problems import Problem
from etl.reference import folder, formulas
from etl.reference.spec import FILES

_CHUNK = 10_000  # rows held as Python objects at once
_LINE = "line"
_OTHER_QUOTES: Final = "'`´‘’“”„«»"
_LONGEST_HEADER: Final = 10_000
_SEPARATORS: Final = {";": "semicolons", "\t": "tabs", "|": "bars"}


class _Reader(Protocol):
    """What csv.reader returns."""

    line_num: int

    def __next__(self) -> list[str]: ...


@dataclass(frozen=True)
class ReferenceSet:
    """The readable files as text, indexed by line number; the files that are not there; what is wrong or odd."""

    frames: dict[str, pd.DataFrame]
    absent: list[File]
    problems: list[Problem]
    warnings: list[Problem]

    def files(self) -> list[tuple[File, pd.DataFrame]]:
        """The readable files, each after the files that it refers to."""
        return [(file, self.frames[file.name]) for file in FILES if file.name in self.frames]


def read_set(directory: Path) -> ReferenceSet:
    """Every row of the files in ``directory``; empty values are missing values."""
    found = ReferenceSet({}, [], *folder.around(directory))
    for file in FILES:
        path = directory / file.filename
        if not path.is_file():
            found.absent.append(file)
            continue
        frame, problems = _read(file, path)
        found.problems.extend(problems)
        if frame is not None:
            found.frames[file.name] = frame
    return found


def _read(file: File, path: Path) -> tuple[pd.DataFrame | None, list[Problem]]:
    problems = list(folder.unreadable(path))
    if problems:
        return None, problems
    with path.open(encoding="utf-8-sig", newline="") as stream:
        first_line = stream.readline(_LONGEST_HEADER)
        stream.seek(0)
        reader = csv.reader(stream, strict=True)
        header, problems = _header(file, reader, first_line)
        if problems:
            return None, problems
        schema = pa.schema([(_LINE, pa.int64()), *((name, pa.string()) for name in header)])
        records = _records(file, reader, len(header), problems)
        batches = [_batch(chunk, schema) for chunk in iter(lambda: list(islice(records, _CHUNK)), [])]
    frame = pa.Table.from_batches(batches, schema).to_pandas().set_index(_LINE)
    return with_defaults(file, frame), problems


def _header(file: File, reader: _Reader, first_line: str) -> tuple[list[str], list[Problem]]:
    """The header and what is wrong with it.

    Unknown columns are named by position: in a file without a header they are somebody's data.
    """
    try:
        header = next(reader)
    except (StopIteration, csv.Error):
        header = []
    reasons = _header_reasons(file, header, first_line)
    return header, [Problem(file.filename, 1, "", reason) for reason in reasons]


def _header_reasons(file: File, header: Sequence[str], first_line: str) -> Iterator[str]:
    names = file.column_names
    if not {_plain(name) for name in header} & set(names):
        yield _no_header(names, first_line)
        return
    for position, name in enumerate(header, 1):
        if name not in names and _plain(name) in names:
            yield f"column {position} must be spelt {_plain(name)}, in small letters and without blanks"
        elif name not in names:
            yield f"column {position} is not a column of this file"
        elif name in header[: position - 1]:
            yield f"column {position} is {name} once more"
    for column in file.columns:
        if column.name not in map(_plain, header) and not column.may_be_absent:
            yield f"column {column.name} is missing"


def _no_header(names: Sequence[str], line: str) -> str:
    """Why a first line does not name the columns."""
    if not _plain(line):
        return "is empty: the first line names the columns"
    if line.lower().startswith("sep="):
        return "is a line for a spreadsheet, sep=: leave it out, and separate the columns by commas"
    for separator, what in _SEPARATORS.items():
        if {_plain(name) for name in line.split(separator)} & set(names):
            return f"separates the columns by {what}: save the file as CSV with commas"
    if line.strip().startswith('"') and {_plain(name) for name in line.split(",")} & set(names):
        return "stands in quotes as a whole: each value has quotes of its own, or none"
    if {_plain(name).strip(_OTHER_QUOTES) for name in line.split(",")} & set(names):
        return 'has other quotes than "'
    return "is not a header line that names the columns, separated by commas"


def _plain(name: str) -> str:
    return name.strip('\ufeff \t\r\n\u00a0"').lower()


def _records(
    file: File, reader: _Reader, width: int, problems: list[Problem]
) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it starts; what is not a record goes to ``problems``."""
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.append(Problem(file.filename, line, "", _not_csv(error)))
            continue
        if len(values) == width:
            yield line, values
        elif values:
            reason = f"has {len(values)} values where the header has {width}"
            if len(values) == 1 and any(mark in values[0] for mark in _SEPARATORS):
                reason += ": are they separated by commas?"
            problems.append(Problem(file.filename, line, "", reason))


def _not_csv(error: csv.Error) -> str:
    """What the reader of CSV found, in a person's words; its own are those of its source code."""
    words = str(error)
    if "unexpected end" in words:
        return "is not CSV: a quote opens here and is never closed"
    if "expected after" in words:
        return "is not CSV: text follows a closing quote (a quote inside quotes is written twice)"
    if "field limit" in words:
        return f"holds a value of more than {csv.field_size_limit()} characters: is a quote never closed?"
    return f"is not CSV: {words}"


def _batch(records: Sequence[tuple[int, list[str]]], schema: pa.Schema) -> pa.RecordBatch:
    lines = pa.array([line for line, _ in records], pa.int64())
    columns = [
        formulas.undone(pa.array([values[n] or None for _, values in records], pa.string()))
        for n in range(len(schema) - 1)
    ]
    return pa.record_batch([lines, *columns], schema=schema)


def with_defaults(file: File, frame: pd.DataFrame) -> pd.DataFrame:
    """All columns of the file, with what an empty value stands for."""
    completed = frame.reindex(columns=file.column_names).astype("str")
    for column in file.columns:
        if column.default is None:
            continue
        empty = completed[column.name].isna()
        if column.no_default is not None:
            other, values = column.no_default
            empty &= ~completed[other].isin(values)
        completed[column.name] = completed[column.name].mask(empty, column.default)
    return completed
