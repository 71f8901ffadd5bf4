"""``etl reference`` and ``etl docs``: exit codes and what people read."""

import subprocess
import sys

import pytest


@pytest.fixture
def etl(warehouse, monkeypatch):
    """Run the command on the test's warehouse."""
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)

    def etl(*arguments):
        command = [sys.executable, "-m", "etl", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return etl


def test_a_right_set_is_checked_imported_and_exported(etl, sample, tmp_path):
    done = etl("reference", "import", sample)
    exported = etl("reference", "export", tmp_path)

    assert (done.returncode, exported.returncode) == (0, 0)
    assert "clients.csv" in done.stdout
    assert "clients.csv: 39 rows" in exported.stdout.splitlines()


def test_a_wrong_set_exits_1_and_names_each_wrong_line(etl, folder):
    number = folder.add("units.csv", "U9,course,Nine")
    line = f"units.csv, line {number}, kind: must be one of unit, task"

    checked, imported = etl("reference", "check", folder.path), etl("reference", "import", folder.path)

    assert (checked.returncode, checked.stdout.splitlines()) == (1, [line, "1 problems"])
    assert (imported.returncode, imported.stderr.strip()) == (1, f"etl: {line}")
