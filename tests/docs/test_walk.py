"""The walk through the files names functions, statements and relations that there are."""

import ast
import re
from functools import cache

from etl import db
from etl.places import ROOT

_WALK = (ROOT / "docs" / "walk.md").read_text(encoding="utf-8")
_NAMES = re.findall(r"`((?:dags|etl|plugins)/[\w/]+\.py):([\w.]+)`", _WALK)
_STATEMENTS = re.findall(r"`(\w+/\w+\.\w+)`", _WALK)
_RELATIONS = re.findall(r"`((?:mart|core|raw|ops)\.\w+)`", _WALK)


@cache
def defined(file):
    """Functions and classes of a file, and methods as Class.method."""
    found = set()
    for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
            found |= {f"{node.name}.{one.name}" for one in methods}
    return found


def test_every_function_of_the_walk_stands_in_its_file():
    assert len(_NAMES) > 40
    assert [f"{file}:{name}" for file, name in _NAMES if name not in defined(file)] == []


def test_every_statement_of_the_walk_stands_in_sql():
    statements = [one for one in _STATEMENTS if not one.endswith((".py", ".md", ".sql"))]

    assert len(statements) > 4
    assert [one for one in statements if not db.sql(one)] == []


def test_every_relation_of_the_walk_is_in_the_data_dictionary():
    dictionary = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")

    assert len(_RELATIONS) > 5
    assert [
        one for one in _RELATIONS if f"`{one}`" not in dictionary and f"## {one}\n" not in dictionary
    ] == []
