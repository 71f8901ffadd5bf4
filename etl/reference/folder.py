"""The files of a folder before they are read: which are there beside the set's, and which hold no text."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from etl.files.problems import Problem
from etl.reference.spec import FILES

_SAVE_AS: Final = 'in Excel, save it as "CSV UTF-8 (comma delimited)"'
_NO_TEXT: Final = {
    b"PK\x03\x04": "is a spreadsheet or an archive, not text",
    b"\xd0\xcf\x11\xe0": "is a spreadsheet, not text",
    b"\x1f\x8b": "is compressed",
    b"\xff\xfe": "is UTF-16, not UTF-8",
    b"\xfe\xff": "is UTF-16, not UTF-8",
}


def around(directory: Path) -> tuple[list[Problem], list[Problem]]:
    """What is wrong with the folder, and what lies in it unread.

    A misspelt name would silently leave its table alone: a CSV file of another name is wrong, and so is a file
    of another kind in the place of one of the set.
    """
    if not directory.is_dir():
        return [Problem(str(directory), 0, "", "is not a folder")], []
    known = {file.filename for file in FILES}
    names = {path.name for path in directory.iterdir()}
    others = sorted(names - known)
    if not names & known and not any(_is_meant(name, names) for name in others):
        return [Problem(str(directory), 0, "", "holds no reference files")], []
    wrong = [Problem(name, 0, "", _why_wrong(name)) for name in others if _is_meant(name, names)]
    no_files = [name for name in sorted(names & known) if not (directory / name).is_file()]
    wrong += [Problem(name, 0, "", "is no file, or a link to none") for name in no_files]
    unread = [name for name in others if not _is_meant(name, names)]
    return wrong, [
        Problem(name, 0, "", "is not a file of a reference set: it is not read") for name in unread
    ]


def _is_meant(name: str, names: set[str]) -> bool:
    """Whether a file was meant for the set: a CSV file, or another form of one that is not there."""
    table = _table(name)
    return name.lower().endswith(".csv") or bool(table and f"{table}.csv" not in names)


def _why_wrong(name: str) -> str:
    table = _table(name)
    if table:
        return f"is not a file of a reference set: it must be named {table}.csv and hold CSV text"
    return "is not a file of a reference set"


def _table(name: str) -> str | None:
    stem = name.lower().partition(".")[0]
    return stem if any(file.name == stem for file in FILES) else None


def unreadable(path: Path) -> Iterator[Problem]:
    """Why a file is no text: in one sentence, and once, with the first line of each kind."""
    with path.open("rb") as stream:
        start = stream.read(4)
    kind = next((kind for first, kind in _NO_TEXT.items() if start.startswith(first)), None)
    if kind:
        yield Problem(path.name, 0, "", f"{kind}: {_SAVE_AS}")
        return
    yield from _undecodable(path)


def _undecodable(path: Path) -> Iterator[Problem]:
    found: dict[str, int] = {}
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if b"\0" in line:
                found.setdefault("holds a NUL character", number)
            if not line.isascii():
                try:
                    line.decode()
                except UnicodeDecodeError:
                    found.setdefault(f"is not UTF-8 from here on: {_SAVE_AS}", number)
    for reason, number in found.items():
        yield Problem(path.name, number, "", reason)
