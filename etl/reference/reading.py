"""Read a folder of reference files as text, keeping the line number of every row (spec/reference.md)."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import pandas as pd
import pyarrow as pa

from etl.reference.problems import Problem
from etl.reference.spec import FILES, File

_CHUNK = 10_000  # rows held as Python objects at once
_LINE = "line"


class _Reader(Protocol):
    """What csv.reader returns."""

    line_num: int

    def __next__(self) -> list[str]: ...


@dataclass(frozen=True)
class ReferenceSet:
    """The readable files as text, indexed by line number; the files that are not there; what is wrong."""

    frames: dict[str, pd.DataFrame]
    absent: list[File]
    problems: list[Problem]

    def files(self) -> list[tuple[File, pd.DataFrame]]:
        """The readable files, each after the files that it refers to."""
        return [(file, self.frames[file.name]) for file in FILES if file.name in self.frames]


def read_set(directory: Path) -> ReferenceSet:
    """Every row of the files in ``directory``; empty values are missing values."""
    found = ReferenceSet({}, [], _folder_problems(directory))
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


def _folder_problems(directory: Path) -> list[Problem]:
    """A misspelt file name would silently leave its table alone, so unknown CSV files are wrong."""
    if not directory.is_dir():
        return [Problem(str(directory), 0, "", "is not a folder")]
    known = {file.filename for file in FILES}
    names = {path.name for path in directory.iterdir() if path.suffix.lower() == ".csv"}
    if not names:
        return [Problem(str(directory), 0, "", "holds no reference files")]
    return [Problem(name, 0, "", "is not a file of a reference set") for name in sorted(names - known)]


def _read(file: File, path: Path) -> tuple[pd.DataFrame | None, list[Problem]]:
    problems = list(_undecodable(file, path))
    if problems:
        return None, problems
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        header, problems = _header(file, reader)
        if problems:
            return None, problems
        schema = pa.schema([(_LINE, pa.int64()), *((name, pa.string()) for name in header)])
        records = _records(file, reader, len(header), problems)
        batches = [_batch(chunk, schema) for chunk in iter(lambda: list(islice(records, _CHUNK)), [])]
    frame = pa.Table.from_batches(batches, schema).to_pandas().set_index(_LINE)
    return _with_defaults(file, frame), problems


def _undecodable(file: File, path: Path) -> Iterator[Problem]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if b"\0" in line:
                yield Problem(file.filename, number, "", "holds a NUL character")
            try:
                line.decode()
            except UnicodeDecodeError:
                yield Problem(file.filename, number, "", "is not UTF-8")


def _header(file: File, reader: _Reader) -> tuple[list[str], list[Problem]]:
    """The header and what is wrong with it.

    Unknown columns are named by position: in a file without a header they are somebody's data.
    """
    try:
        header = next(reader)
    except (StopIteration, csv.Error):
        header = []
    return header, [Problem(file.filename, 1, "", reason) for reason in _header_reasons(file, header)]


def _header_reasons(file: File, header: Sequence[str]) -> Iterator[str]:
    names = file.column_names
    if not set(header) & set(names):
        yield "is not a header line that names the columns, separated by commas"
        return
    for position, name in enumerate(header, 1):
        if name not in names:
            yield f"column {position} is not a column of this file"
        elif name in header[: position - 1]:
            yield f"column {position} is {name} once more"
    for column in file.columns:
        if column.name not in header and not column.may_be_absent:
            yield f"column {column.name} is missing"


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
            problems.append(Problem(file.filename, line, "", f"is not CSV: {error}"))
            continue
        if len(values) == width:
            yield line, values
        elif values:
            reason = f"has {len(values)} values where the header has {width}"
            problems.append(Problem(file.filename, line, "", reason))


def _batch(records: Sequence[tuple[int, list[str]]], schema: pa.Schema) -> pa.RecordBatch:
    lines = pa.array([line for line, _ in records], pa.int64())
    columns = [
        pa.array([values[n] or None for _, values in records], pa.string()) for n in range(len(schema) - 1)
    ]
    return pa.record_batch([lines, *columns], schema=schema)


def _with_defaults(file: File, frame: pd.DataFrame) -> pd.DataFrame:
    completed = frame.reindex(columns=file.column_names).astype("str")
    return completed.fillna({column.name: column.default for column in file.columns if column.default})
