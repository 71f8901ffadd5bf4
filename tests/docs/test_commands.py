"""Commands that pages tell people to enter are there, with their options."""

import re

import typer
from typer.core import TyperGroup

import etl.cli
from etl.places import ROOT

_PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *(ROOT / "dags").glob("*.py")]
_COMMAND = re.compile(r"`(?:\.venv/bin/)?etl ([^`]+)`|^ *etl ([^`\n]+)$", re.MULTILINE)
_ROOT = typer.main.get_command(etl.cli._typer)


def words_of(path):
    for found in _COMMAND.finditer(path.read_text(encoding="utf-8")):
        yield re.split(r"[ \n;]+|&&", (found[1] or found[2]).partition("#")[0].strip())


def unknown(words):
    """The first word that no command has, or the first option that its command does not take."""
    above, command = None, _ROOT
    for word in filter(None, words):
        if word.startswith("--"):
            options = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
            if word.partition("=")[0] not in options:
                return word
        elif word == "|" and above is not None:
            command = above  # another command of the same group
        elif isinstance(command, TyperGroup):
            if word not in command.commands:
                return word
            above, command = command, command.commands[word]
        elif word.startswith(("|", "&", ">")):
            break
    return None


def test_pages_name_commands_and_options_that_there_are():
    wrong = [
        f"{path.relative_to(ROOT)}: etl {' '.join(words)}: {unknown(words)}"
        for path in _PAGES
        for words in words_of(path)
        if unknown(words)
    ]

    assert wrong == []


def test_pages_name_commands_at_all():
    assert sum(len([*words_of(path)]) for path in _PAGES) > 30
