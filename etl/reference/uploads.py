"""A set that somebody uploads, as a zip or a single file: unpacked for as long as it is looked at, and no longer."""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final

from etl.errors import InvalidInput
from etl.reference.spec import FILES

MOST_BYTES: Final = 200 * 2**20  # of what is uploaded
_MOST_UNPACKED: Final = 1000 * 2**20  # of all files of a zip together
_CHUNK: Final = 2**20
# What a zip that is damaged, or packed in a way that is not known here, is met with.
_BROKEN: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    NotImplementedError,
    EOFError,
    OSError,
)
_NAMES: Final = frozenset(file.filename for file in FILES)


@dataclass(frozen=True)
class Unpacked:
    """``directory`` holds the files; ``fingerprint`` is that of their names and contents."""

    directory: Path
    fingerprint: str


@contextmanager
def unpacked(name: str, stream: IO[bytes]) -> Iterator[Unpacked]:
    """The files of an upload while the block lasts. Raises InvalidInput where it is no set."""
    with TemporaryDirectory(prefix="etl-reference-") as folder:
        directory = Path(folder)
        if zipfile.is_zipfile(stream):
            stream.seek(0)
            _unzip(stream, directory)
        else:
            stream.seek(0)
            _keep(_known(name), stream, directory, _MOST_UNPACKED)
        yield Unpacked(directory, _fingerprint(directory))


def _unzip(stream: IO[bytes], directory: Path) -> None:
    """Every file of a zip. What a zip says of the sizes of its files is not believed: they are counted."""
    left = _MOST_UNPACKED
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > len(_NAMES):
                raise InvalidInput(f"the zip holds {len(entries)} files; a set has at most {len(_NAMES)}")
            for entry in entries:
                if entry.flag_bits & 1:
                    raise InvalidInput("the zip is encrypted: upload it without a password")
                with archive.open(entry) as file:
                    left -= _keep(_known(entry.filename), file, directory, left)
    except _BROKEN as broken:
        raise InvalidInput("the zip cannot be read: make it again") from broken


def _known(name: str) -> str:
    """The name of a file of the set. A path is none, so that nothing is written beside the folder."""
    if name not in _NAMES:
        shown = name if name.isprintable() and len(name) <= 100 else "a file"
        raise InvalidInput(
            f"{shown} is no file of a set: {', '.join(sorted(_NAMES))}, beside each other in the zip"
        )
    return name


def _keep(name: str, file: IO[bytes], directory: Path, most: int) -> int:
    size = 0
    try:
        with (directory / name).open("xb") as kept:
            while chunk := file.read(_CHUNK):
                size += len(chunk)
                if size > most:
                    raise InvalidInput(f"the set is larger than {_MOST_UNPACKED // 2**20} MB")
                kept.write(chunk)
    except FileExistsError as twice:
        raise InvalidInput(f"{name} is in the zip twice") from twice
    return size


def _fingerprint(directory: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(directory.iterdir()):
        with path.open("rb") as file:
            whole.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()
