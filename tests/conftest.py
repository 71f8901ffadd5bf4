"""Fixtures that every test may use."""

pytest_plugins = [
    "tests.fixtures.warehouse",
    "tests.fixtures.systems",
    "tests.fixtures.nights",
    "tests.fixtures.properties",
]
