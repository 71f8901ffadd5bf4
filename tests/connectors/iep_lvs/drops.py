"""A drop location of the tests, and files in it."""

import os
from pathlib import Path

from etl.connections import Connection


def connection(address: str, **extra: object) -> Connection:
    return Connection("iep_drop", "iep_lvs", host=address, extra=extra)


def drop(folder: Path, name: str, content: bytes, age: float = 3600) -> Path:
    path = folder / name
    path.write_bytes(content)
    changed = path.stat().st_mtime - age
    os.utime(path, (changed, changed))
    return path
