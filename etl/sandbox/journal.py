"""What a stand-in was told, kept beyond its process: it takes that in again when it starts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """Lines of a file, in the order in which they were written. Without a path nothing is kept."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)

    def add(self, **said: Any) -> None:
        """Keep what was said; it is in the file when this returns."""
        if self._path:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(said) + "\n")

    def kept(self) -> Iterator[dict[str, Any]]:
        """What was said before."""
        if self._path and self._path.exists():
            yield from map(json.loads, self._path.read_text(encoding="utf-8").splitlines())

    def forget(self) -> None:
        """Nothing was ever said."""
        if self._path:
            self._path.unlink(missing_ok=True)
