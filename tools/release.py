"""A release by one command: ``make release VERSION=x.y.z``, on main with nothing uncommitted.

Moves what stands under Unreleased in CHANGELOG.md below a heading of the version and the day, sets the version in
etl/__init__.py, runs all that must hold (.ci/run), commits, tags v<version>, and builds the wheel into dist/ beside
the constraints it was tested with. Where something does not hold, both files are put back. Nothing is sent anywhere.
``make wheel`` (``--wheel``) only builds.
"""

import re
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
CHANGELOG, HOME = ROOT / "CHANGELOG.md", ROOT / "etl" / "__init__.py"
UNRELEASED = "## Unreleased\n"
_VERSION = re.compile(r'^__version__ = "([^"]*)"', re.MULTILINE)


def release(version: str, day: date) -> None:
    """Make the release of this day, or say what stands in the way."""
    _check(version)
    changelog, home = CHANGELOG.read_text(encoding="utf-8"), HOME.read_text(encoding="utf-8")
    held = False
    try:
        CHANGELOG.write_text(moved(changelog, version, day), encoding="utf-8")
        HOME.write_text(_VERSION.sub(f'__version__ = "{version}"', home), encoding="utf-8")
        held = _run(str(ROOT / ".ci" / "run")).returncode == 0
    finally:
        if not held:  # also where somebody interrupts it
            CHANGELOG.write_text(changelog, encoding="utf-8")
            HOME.write_text(home, encoding="utf-8")
    if not held:
        _refuse("something does not hold (above): both files are as they were")
    _must("git", "commit", "--quiet", "--message", f"Release {version}", "--", str(CHANGELOG), str(HOME))
    _must("git", "tag", "--annotate", f"v{version}", "--message", f"Release {version}")
    print(
        f"v{version} is committed and tagged; {build()} holds it. Push both: git push origin main v{version}"
    )


def moved(changelog: str, version: str, day: date) -> str:
    """The changelog in which what is unreleased has a version; it begins with an empty Unreleased again."""
    before, found, rest = changelog.partition(UNRELEASED)
    entries = rest.partition("\n## ")[0]
    if not found or not re.search(r"^- ", entries, re.MULTILINE):
        _refuse("CHANGELOG.md has no entry under Unreleased: say there what changes for those who use it")
    return f"{before}{UNRELEASED}\n## {version} - {day}\n{rest}"


def build() -> Path:
    """The wheel, built by the pinned backend without the network; the constraints lie beside it."""
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    _must(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(dist))
    shutil.copy(ROOT / "constraints.txt", dist)
    [wheel] = dist.glob("*.whl")
    return wheel.relative_to(ROOT)


def _check(version: str) -> None:
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        _refuse("say which version: make release VERSION=1.2.3")
    [now] = _VERSION.findall(HOME.read_text(encoding="utf-8"))
    if _numbers(version) <= _numbers(now):
        _refuse(f"{version} does not come after {now}")
    if _said("git", "branch", "--show-current") != "main":
        _refuse("releases are made on main")
    if _said("git", "status", "--porcelain"):
        _refuse("there are changes that are not committed (git status)")
    if _said("git", "tag", "--list", f"v{version}"):
        _refuse(f"there is a tag v{version} already")


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _said(*command: str) -> str:
    return _must(*command, capture=True).stdout.strip()


def _must(*command: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    done = _run(*command, capture=capture)
    if done.returncode:
        _refuse(f"{' '.join(command[:3])} failed")
    return done


def _run(*command: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, text=True, check=False, capture_output=capture)  # noqa: S603


def _refuse(why: str) -> NoReturn:
    sys.exit(f"release: {why}")


if __name__ == "__main__":
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    if asked == "--wheel":
        print(build())
    else:
        release(asked, datetime.now(UTC).date())
