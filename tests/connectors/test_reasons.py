"""Each reason code has one sentence, and one home: with its connector, or where several systems share it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from etl.connectors.registry import CONNECTORS, sentence
from etl.transform.reasons import REASONS

ETL: Final = Path(__file__).parents[2] / "etl"
SQL: Final = ETL.parent / "sql"
SHARED: Final = ""  # not of one system
# Which argument of these says a reason code.
SAYS: Final = {"RejectRecord": 0, "reason": 0, "rejected_rows": 3, "withhold": 3, "reject": 2}
# PE-Online's persons and courses are not those of a source: its answers have words of their own for them.
ANOTHER_THING: Final = {"pe_online": {"person_unknown", "course_unknown"}}
GENERAL: Final = {"elearning"}  # any system of the kind, so that its name is a word of the field
SYSTEMS: Final = [connector.system for connector in CONNECTORS]


def system_of(file: Path, root: Path) -> str:
    """The system whose folder a file is in, or that its name says."""
    parts = file.relative_to(root).parts
    folder = parts[1] if parts[0] == "connectors" else parts[0]
    return folder if folder in SYSTEMS else next((one for one in SYSTEMS if one in file.stem), SHARED)


def words_of_files() -> dict[str, set[str]]:
    """Every word in code and statements, by system; sentences are not looked at."""
    found: dict[str, set[str]] = {system: set() for system in [SHARED, *SYSTEMS]}
    files = [(file, ETL) for file in ETL.rglob("*.py") if file.name != "reasons.py"]
    files += [(file, SQL) for file in SQL.rglob("*.sql") if file.parts[-2] != "migrations"]
    for file, root in files:
        if not {"sandbox", "demo", "docs"} & set(file.relative_to(root).parts):
            found[system_of(file, root)] |= set(re.findall(r"[\"'](\w+)[\"']", file.read_text()))
    return found


def said() -> Iterator[tuple[str, str]]:
    """System and code of every call that says one outright."""
    for file in ETL.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                code = node.args[SAYS[name]] if name in SAYS and len(node.args) > SAYS[name] else None
                if isinstance(code, ast.Constant):
                    yield system_of(file, ETL), str(code.value)


def test_every_code_that_is_said_has_a_sentence():
    codes = set(said())
    assert {("moodle", "report_empty"), ("coachview", "request_finished"), (SHARED, "no_learners")} <= codes
    assert [one for one in codes if not sentence(*one)] == []


def test_a_shared_code_is_said_by_shared_code_or_by_several_systems():
    words = words_of_files()
    homes = {code: [system for system, its in words.items() if code in its] for code in REASONS}
    assert {code: its for code, its in homes.items() if not (SHARED in its or len(its) > 1)} == {}


@pytest.mark.parametrize("connector", CONNECTORS, ids=SYSTEMS)
def test_a_code_of_a_connector_is_said_by_it_alone(connector):
    words = words_of_files()
    own = set(connector.reasons)
    another_thing = ANOTHER_THING.get(connector.system, set())
    elsewhere = set().union(*(its for system, its in words.items() if system != connector.system))
    assert own & REASONS.keys() == another_thing
    assert (own & elsewhere) - another_thing == set()
    assert own <= words[connector.system]


def test_a_shared_sentence_names_no_system_and_no_command_of_one():
    named = [connector for connector in CONNECTORS if connector.system not in GENERAL]
    names = [name for one in named for name in (one.system, one.title.split(" (")[0])]
    commands = [f"etl {command}" for connector in CONNECTORS for command in connector.commands]
    of_one = re.compile("|".join(map(re.escape, [*names, *commands])), re.IGNORECASE)
    assert {code: text for code, text in REASONS.items() if of_one.search(text)} == {}


def test_a_system_has_its_own_word_for_what_several_know():
    assert sentence("pe_online", "course_unknown") != sentence("infocaption", "course_unknown")
    assert sentence("unheard_of", "access_denied") == REASONS["access_denied"]
    assert sentence("coachview", "no_code_of_ours") == ""
