"""The pages on a new connector, tried: their files in a copy of the product pass what every connector has to pass."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What is added, by which pages, of which the last one is about it; and the tests that are about it.
ADDED = {
    "a source": ("register", ["new-connector.md"], "register"),
    "a target": ("office", ["new-target.md"], "office"),
    "a receiver": ("register", ["new-connector.md", "new-receiver.md"], "register-messages or test_receiver"),
}
BLOCK = re.compile(r"^```(\w+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COPIED = ("etl", "sql", "dags", "plugins", "tests", "pyproject.toml", "docs")
PYTEST = ("pytest", "-p", "no:cacheprovider", "-p", "no:xdist")


def changed(text, diff):
    """The text with the lines of a diff changed; what it takes as there has to be there once."""
    lines = diff.splitlines()
    old = "\n".join(line[1:] for line in lines if line[0] in " -")
    new = "\n".join(line[1:] for line in lines if line[0] in " +")
    assert text.count(old) == 1, old
    return text.replace(old, new)


def written(pages):
    """The files of pages as they are to be, by name."""
    files = {}
    for kind, name, content in BLOCK.findall("".join(pages)):
        if kind == "diff":
            before = files[name] if name in files else (ROOT / name).read_text(encoding="utf-8")
            files[name] = changed(before, content)
        else:
            assert name not in files, f"{name} is there already"
            assert not (ROOT / name).exists(), f"{name} is there already"
            files[name] = content
    return files


@pytest.fixture(scope="module", params=ADDED.values(), ids=ADDED)
def added(request):
    return request.param


@pytest.fixture(scope="module")
def system(added):
    return added[0]


@pytest.fixture(scope="module")
def pages(added):
    return [(ROOT / "docs" / name).read_text(encoding="utf-8") for name in added[1]]


@pytest.fixture(scope="module")
def product(pages, tmp_path_factory):
    """A copy of the product with the connector of the page."""
    copy = tmp_path_factory.mktemp("product")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    for name, content in written(pages).items():
        path = copy / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return copy


def tried(product, *arguments):
    """Run a module in the copy; what it printed, where it failed."""
    command = [sys.executable, "-m", *arguments]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(product), str(product / "plugins")])}
    done = subprocess.run(command, cwd=product, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_a_page_changes_is_there(pages):
    assert written(pages)


@pytest.mark.long
def test_the_connector_of_the_page_conforms(product, system, added):
    told = tried(product, *PYTEST, "tests/conformance", f"tests/connectors/{system}", "-k", added[2])
    [passed] = re.findall(r"^(\d+) passed", told, re.MULTILINE)
    assert int(passed) >= 10


@pytest.mark.long
def test_its_files_are_written_as_all_others(product, system):
    folders = (f"etl/connectors/{system}", f"etl/sandbox/{system}")
    tried(product, "ruff", "check", *folders, "dags", "tests/connectors")
    tried(product, "mypy", *(part for one in folders for part in ("-p", one.replace("/", "."))))


@pytest.mark.long
def test_airflow_shows_its_flow_with_its_pool(product):
    named = "test_there_is_one_file_for_each_flow or test_the_pools_of_the_tasks"
    tried(product, *PYTEST, "tests/plugins/test_dags.py", "-k", named)


def test_the_page_says_how_many_files_are_touched(pages, system):
    page = pages[-1]
    files = {name: kind for kind, name, _ in BLOCK.findall(page)}
    shared = sum(kind == "diff" and system not in name for name, kind in files.items())
    new = sum(kind != "diff" for kind in files.values())
    told = re.search(r"By hand (\d+) files? that others? shares?.*? and (\d+) new ones", page, re.DOTALL)
    assert told.groups() == (str(shared), str(new))
