"""constraints.txt: every package pinned with the hashes of its files, and no address to fetch it from.

``make constraints`` writes it anew and moves no pin that still fits; ``make constraints UPGRADE=1`` (``--upgrade``)
takes the newest versions; ``--check`` says, without the network, whether it fits pyproject.toml.
"""

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "constraints.txt"


def wanted() -> str:
    """A fingerprint of what pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    parts = (
        project["project"]["requires-python"],
        project["project"]["dependencies"],
        project["build-system"]["requires"],
        project["dependency-groups"],
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def header() -> str:
    """The first lines of constraints.txt."""
    return f"# Written by `make constraints`; do not edit.\n# pyproject.toml: {wanted()}\n"


def write(*, upgrade: bool) -> None:
    """Resolve for every supported Python and platform; versions that are pinned already stay, unless upgraded."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--group", "dev"]
    command += ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--quiet"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--no-annotate"]
    command += ["--output-file", CONSTRAINTS.name]
    subprocess.run([*command, *(["--upgrade"] if upgrade else [])], cwd=ROOT, check=True)  # noqa: S603
    CONSTRAINTS.write_text(header() + CONSTRAINTS.read_text(encoding="utf-8"), encoding="utf-8")


def check() -> None:
    """Exit with a message where pyproject.toml asks for something else by now."""
    if not CONSTRAINTS.read_text(encoding="utf-8").startswith(header()):
        sys.exit("constraints.txt does not fit pyproject.toml any more: run `make constraints` and commit it")


if __name__ == "__main__":
    check() if "--check" in sys.argv else write(upgrade="--upgrade" in sys.argv)
