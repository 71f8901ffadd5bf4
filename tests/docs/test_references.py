"""Whoever reads a reference to a page finds the page, and the heading on it."""

import re
from functools import cache
from pathlib import Path

import pytest

from etl import errors
from etl.docs.markdown import anchor
from etl.places import ROOT

_PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
_CODE = [
    path
    for folder in ("dags", "deploy", "etl", "plugins", "sql", "tests", "tools")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".sql", ".wsdl", ".xsd", ".md", ".sh"} or path.parent.name == "tools"
]
# `docs/page.md`, or `docs/page.md, Heading` up to what ends the words.
_NAMED = re.compile(r"\bdocs/(?P<page>[\w/.-]+\.md)(?:, (?P<heading>[A-Z][\w' -]*))?")
_LINK = re.compile(r"\]\((?!https?://)(?P<page>[^)#\s]*)(?:#(?P<anchor>[^)\s]*))?\)")
_PATH = re.compile(r"`((?:dags|deploy|docs|etl|plugins|sql|tests|tools)/[\w/.-]+)`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@cache
def headings(page):
    return _HEADING.findall(page.read_text(encoding="utf-8"))


def readable(paths):
    return [path for path in paths if path.is_file() and path != Path(__file__)]


def named(path, where):
    return f"{path.relative_to(ROOT)}: {where}"


def test_every_page_that_code_and_pages_name_is_there_with_its_heading():
    lost = []
    for path in readable([*_CODE, *_PAGES]):
        for found in _NAMED.finditer(re.sub(r"\s+", " ", path.read_text(encoding="utf-8"))):
            page = ROOT / "docs" / found["page"]
            if not page.is_file() or (found["heading"] and found["heading"] not in headings(page)):
                lost.append(named(path, found[0]))

    assert lost == []


def test_every_link_between_pages_leads_somewhere():
    lost = []
    for path in _PAGES:
        for found in _LINK.finditer(path.read_text(encoding="utf-8")):
            page = (path.parent / found["page"]).resolve() if found["page"] else path
            known = page.suffix == ".md" and page.is_file() and [anchor(one) for one in headings(page)]
            if not page.exists() or (found["anchor"] and found["anchor"] not in (known or [])):
                lost.append(named(path, found[0]))

    assert lost == []


def test_every_file_that_a_page_names_is_there():
    lost = [
        named(path, one)
        for path in _PAGES
        for one in _PATH.findall(path.read_text(encoding="utf-8"))
        if not (ROOT / one).exists()
    ]

    assert lost == []


def test_the_page_of_the_design_tells_of_every_error():
    told = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")

    assert [name for name in vars(errors) if is_error(name) and f"`{name}`" not in told] == []


def is_error(name):
    one = getattr(errors, name)
    return isinstance(one, type) and issubclass(one, errors.EtlError) and one is not errors.EtlError


@pytest.mark.parametrize("gone", [r"\bspec/\w+\.md", r"(?<!docs/)(?<!\w)design\.md, "])
def test_no_page_outside_the_repository_is_named(gone):
    found = [
        named(path, one)
        for path in readable([*_CODE, *_PAGES])
        for one in re.findall(gone, path.read_text(encoding="utf-8"))
    ]

    assert found == []
