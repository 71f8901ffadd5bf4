"""The product as its wheel installs it, in an environment of its own outside the repository."""

import os
import subprocess
import sys
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "installation.md").read_text(encoding="utf-8")


class Installation:
    """A virtual environment with the wheel and what it needs, and an empty folder to work in."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.programs = folder / "empty", folder / "venv" / "bin"
        self.folder.mkdir()
        ours = ("PYTHONPATH", "VIRTUAL_ENV", "WAREHOUSE_URL", "ETL_", "AIRFLOW", "SANDBOX_PORT")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.environment = inherited | {"XDG_STATE_HOME": str(folder / "state")}

    def add(self, *wanted):
        """Packages, linked from what was unpacked once; pip unpacks all that the product needs in a minute."""
        pip = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", self.programs / "python")
        subprocess.run([*pip, *wanted], check=True)

    def start(self, program, *arguments, into=subprocess.PIPE, **environment):
        return subprocess.Popen(
            [self.programs / program, *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            stdout=into,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, program, *arguments, **environment):
        process = self.start(program, *arguments, **environment)
        printed, _ = process.communicate()
        assert process.returncode == 0, printed
        return printed


def wait_for(url, process):
    """Until it answers, however slow the machine is; what it printed where it ended before."""
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=Retry(connect=5, backoff_factor=0.1)))
        for _ in range(100):
            assert process.poll() is None, process.communicate()[0]
            try:
                return session.get(url, timeout=60).raise_for_status()
            except requests.ConnectionError:
                continue
    raise AssertionError(f"{url} does not answer")


def install(folder):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "uv", "venv", "--quiet", "--seed", folder / "venv"], check=True)
    made = Installation(folder)
    made.add("--require-hashes", "--no-deps", "-r", ROOT / "constraints.txt")
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
    made.run("python", *pip, *map(str, folder.glob("*.whl")))
    made.run("python", "-m", "pip", "check")
    return made
