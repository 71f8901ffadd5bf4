"""A release by one command, tried in a repository of its own whose checks are what each test says."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from etl import __version__

ROOT = Path(__file__).parents[1]
PACKED = ("plugins", "dags", "sql", "deploy")
FILES = (
    "pyproject.toml",
    "airflow.cfg",
    "constraints.txt",
    ".gitignore",
    "etl/__init__.py",
    "tools/release.py",
)
CHANGELOG = f"# Changelog\n\nAbout.\n\n## Unreleased\n\n- A thing.\n\n## {__version__}\n\nBefore.\n"


class Repository:
    """A clone on main with everything committed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *arguments):
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def write(self, name, text, mode=0o644):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def read(self, name):
        return (self.folder / name).read_text()

    def commit(self):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "As it is")

    def release(self, version):
        command = [sys.executable, "tools/release.py", version]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)

    def state(self):
        return self.git("rev-parse", "HEAD"), self.git("status", "--porcelain"), self.git("tag", "--list")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Anna")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "anna@example.org")
    for name in [name for name in os.environ if name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")]:
        monkeypatch.delenv(name)  # where a hook of git runs the tests
    made = Repository(tmp_path)
    made.git("init", "--quiet", "--initial-branch", "main")
    for name in FILES:
        made.write(name, (ROOT / name).read_text())
    made.write("CHANGELOG.md", CHANGELOG)
    made.write(".ci/run", "#!/bin/sh\ngrep -q '\"9.0.0\"' etl/__init__.py\n", 0o755)
    made.commit()
    return made


def test_a_release_is_a_commit_with_version_and_day_a_tag_and_a_wheel(repository):
    for name in PACKED:
        shutil.copytree(ROOT / name, repository.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    repository.commit()
    done = repository.release("9.0.0")
    assert done.returncode == 0, done.stderr
    today = datetime.now(UTC).date()
    assert repository.read("CHANGELOG.md") == CHANGELOG.replace(
        "## Unreleased\n", f"## Unreleased\n\n## 9.0.0 - {today}\n"
    )
    assert '__version__ = "9.0.0"' in repository.read("etl/__init__.py")
    assert repository.git("tag", "--list", "--points-at", "HEAD") == "v9.0.0"
    assert repository.git("log", "-1", "--format=%s") == "Release 9.0.0"
    assert repository.git("status", "--porcelain") == ""
    assert sorted(path.name for path in (repository.folder / "dist").iterdir()) == [
        "constraints.txt",
        "learning_results_etl-9.0.0-py3-none-any.whl",
    ]


def on_another_branch(repository):
    repository.git("switch", "--quiet", "--create", "other")


def uncommitted(repository):
    repository.write("etl/new.py", "")


def without_entries(repository):
    repository.write("CHANGELOG.md", CHANGELOG.replace("- A thing.\n", ""))
    repository.commit()


def tagged(repository):
    repository.git("tag", "v9.0.0")


def something_does_not_hold(repository):
    repository.write(".ci/run", "#!/bin/sh\nexit 1\n", 0o755)
    repository.commit()


@pytest.mark.parametrize(
    ("version", "given", "why"),
    [
        ("9.0", None, "say which version"),
        ("", None, "say which version"),
        (__version__, None, "does not come after"),
        ("0.0.9", None, "does not come after"),
        ("9.0.0", on_another_branch, "made on main"),
        ("9.0.0", uncommitted, "not committed"),
        ("9.0.0", without_entries, "no entry under Unreleased"),
        ("9.0.0", tagged, "a tag v9.0.0 already"),
        ("9.0.0", something_does_not_hold, "does not hold"),
    ],
)
def test_what_stands_in_the_way_is_said_and_nothing_changes(repository, version, given, why):
    if given:
        given(repository)
    before = repository.state(), repository.read("CHANGELOG.md"), repository.read("etl/__init__.py")
    done = repository.release(version)
    assert done.returncode == 1
    assert why in done.stderr
    assert (repository.state(), repository.read("CHANGELOG.md"), repository.read("etl/__init__.py")) == before
