"""A system is a place: what is shared names none of them, in identifiers, texts or statements."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from etl.connectors.registry import CONNECTORS

ROOT: Final = Path(__file__).parents[2]
SHARED: Final = [
    *(f"etl/{name}" for name in ["cli", "console", "db", "engine", "files", "http", "load"]),
    *(f"etl/{name}" for name in ["pages", "reference", "results", "transform"]),
    *(
        f"sql/{name}"
        for name in ["docs", "engine", "load", "pages", "reference", "results", "schema", "views"]
    ),
    "plugins",
    "tests/conformance",
]
GENERAL: Final = {"elearning", "registrations"}  # words of the field, though a system or its command has them
PAGES: Final = [
    *(
        f"etl/pages/{name}.py"
        for name in ["accreditations", "download", "enrolments", "mapping", "mapping_course"]
    ),
    *(
        f"etl/pages/{name}.py"
        for name in ["point", "points", "registrations", "relation_numbers", "schools", "sent", "why"]
    ),
    *(f"sql/pages/{name}.sql" for name in ["enrolments", "mapping", "points", "registrations"]),
]
# What may name systems, and why.
NAMES_THEM: Final = {
    "etl/settings.py": "the one home of environment variables, those of single systems too",
    "etl/errors.py": "the tree of all errors, drawn at its top",
    "sql/views/03_linked_courses.sql": "the one rule of what is linked reads every table of links, Moodle's own too",
    "sql/views/95_attention.sql": "what one system's own table holds back needs a person too",
    "etl/reference/effect.py": "points are counted apart: the system that gets them takes none back",
    "sql/reference/effect.sql": "the same",
    "etl/reference/mapping.py": "activities, which units are mapped to, are of the one system that has them",
    "etl/reference/course_effect.py": "courses that occurrences are linked to by hand are of that system, too",
    "etl/cli/mapping.py": "the same",
    "etl/cli/why.py": "why something was recorded, whichever system it is of",
    "etl/results/person.py": "everything that is kept of one person, wherever it stands",
    "sql/results/person.sql": "the same",
    "etl/results/person_tables.py": "the same",
    "sql/results/erase.sql": "the same",
    **dict.fromkeys(PAGES, "a page is one person's work, which may be with one system"),
    "tests/conformance/signed.py": "what systems send is registered by the flow of one of them",
    "tests/conformance/test_nights.py": "the tables in which a run says of itself that it was",
    "tests/conformance/test_complete.py": "a connector of the list, as a sample",
}
_NAMED: Final = {connector.system for connector in CONNECTORS}
_PATHS: Final = {mount.path.strip("/") for connector in CONNECTORS for mount in connector.mounts}
_COMMANDS: Final = {command for connector in CONNECTORS for command in connector.commands}
WORDS: Final = (_NAMED | _PATHS | _COMMANDS) - GENERAL
NAME: Final = re.compile(
    f"(?<![a-z])({'|'.join(word.replace('_', '[_ -]?') for word in sorted(WORDS, reverse=True))})(?![a-z])",
    re.IGNORECASE,
)
_SAID: Final = {tokenize.NAME, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


def of_one_system(file: Path) -> bool:
    """A view that says in its name whose it is."""
    return any(system in file.stem for system in _NAMED)


def shared_files() -> Iterator[Path]:
    for file in [*ROOT.glob("etl/*.py"), *(file for name in SHARED for file in (ROOT / name).rglob("*.*"))]:
        if file.suffix in {".py", ".sql"} and not of_one_system(file):
            yield file


def said(file: Path) -> str:
    """Identifiers and texts of code, or statements; what comments say (also of columns) explains, and may."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".sql":
        return re.sub(r"--.*|^comment on (?:.|\n)*?';$", "", text, flags=re.MULTILINE)
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return "\n".join(token.string for token in tokens if token.type in _SAID)


def test_the_words_are_found():
    found = {
        word.lower()
        for word in NAME.findall("moodle_main, PE-Online, /uwlr, etl pe list, happened, pied, copies")
    }
    assert found == {"moodle", "pe-online", "uwlr", "pe"}
    assert len(list(shared_files())) > 150


def test_what_is_shared_names_no_system():
    named = {str(file.relative_to(ROOT)): sorted(set(NAME.findall(said(file)))) for file in shared_files()}
    assert {file: words for file, words in named.items() if words and file not in NAMES_THEM} == {}


@pytest.mark.parametrize("file", NAMES_THEM)
def test_what_may_name_systems_does(file):
    assert NAME.search(said(ROOT / file))
