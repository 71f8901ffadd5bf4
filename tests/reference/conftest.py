"""Fixtures of the reference sets: a warehouse, and a copy of the sample set to change."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.fixtures.warehouse import SAMPLE


@pytest.fixture
def sample():
    return SAMPLE


class Folder:
    """A folder of reference files that a test changes by lines."""

    def __init__(self, path):
        self.path = path

    def lines(self, name):
        return (self.path / name).read_text(encoding="utf-8").splitlines()

    def write(self, name, *lines):
        (self.path / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")

    def add(self, name, *lines):
        """Returns the line number of the first added line."""
        held = self.lines(name)
        self.write(name, *held, *lines)
        return len(held) + 1

    def drop(self, name, start):
        """Leave out the lines that start with ``start``."""
        self.write(name, *(line for line in self.lines(name) if not line.startswith(start)))

    def keep_only(self, *names):
        for path in self.path.iterdir():
            if path.name not in names:
                path.unlink()


@pytest.fixture
def folder(tmp_path):
    """A copy of the sample set."""
    return Folder(Path(shutil.copytree(SAMPLE, tmp_path / "set")))


@pytest.fixture
def query(engine):
    """The rows of a statement, as tuples."""

    def query(statement):
        with engine.connect() as session:
            return [tuple(row) for row in session.execute(text(statement))]

    return query
