"""The tree of errors: what is drawn at its top is what there is."""

import re

import etl.errors
from etl.errors import EtlError
from tests.load.test_problems import every_error


def drawn() -> dict[str, str]:
    """By name of each error drawn in the docstring: the one above it."""
    above: dict[int, str] = {}
    found = {}
    for line in str(etl.errors.__doc__).splitlines():
        if match := re.match(r"((?:    )+)([A-Z]\w+)(?: {2,}|$)", line):
            depth, name = len(match[1]), match[2]
            above[depth] = name
            found[name] = above.get(depth - 4, "Exception")
    return found


def test_the_tree_at_the_top_is_what_there_is() -> None:
    assert drawn() == {kind.__name__: kind.__bases__[0].__name__ for kind in {EtlError, *every_error()}}


def test_a_class_of_another_file_stands_where_the_tree_says() -> None:
    said = dict(re.findall(r"^ +(\w+) .*\((etl/[\w/]+)\.py\)$", str(etl.errors.__doc__), re.MULTILINE))
    elsewhere = {kind.__name__: kind.__module__.replace(".", "/") for kind in every_error()}
    assert said == {name: module for name, module in elsewhere.items() if module != "etl/errors"}
