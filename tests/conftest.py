"""Fixtures that every test may use, and in which order tests begin."""

from pathlib import Path

import pytest

_LONGEST = Path(__file__).parent / "e2e"
pytest_plugins = [
    "tests.fixtures.warehouse",
    "tests.fixtures.systems",
    "tests.fixtures.nights",
    "tests.fixtures.properties",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes in one test begins first, so that nothing waits for it in the end."""
    items.sort(key=lambda item: _LONGEST not in item.path.parents)
