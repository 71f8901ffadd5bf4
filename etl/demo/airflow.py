"""Airflow on this machine: its environment, its programs, and its REST API."""

import json
import os
import secrets
import shlex
import sys
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from etl import places
from etl.connectors.registry import pools
from etl.demo.processes import Processes
from etl.errors import GiveUp
from etl.http.transport import transport

COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),  # the logs are on this machine: no need for a port
    "dag-processor": ("dag-processor",),
}

_NEEDED = ("metadatabase", "scheduler", "dag_processor")


def environment(state: Path, port: int) -> dict[str, str]:
    """What Airflow's programs need to know; what is set already stays."""
    home = places.private_folder(state / "airflow")
    keys = _keys(home)
    ours = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_CONFIG": str(places.resource("airflow.cfg")),
        "AIRFLOW__CORE__DAGS_FOLDER": str(places.resource("dags")),
        "AIRFLOW__CORE__FERNET_KEY": keys["fernet_key"],
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(_passwords(home)),
        "AIRFLOW__API__SECRET_KEY": keys["secret_key"],
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt_secret"],
    }
    return ours | os.environ | _no_proxy(os.environ)


def write_for_shells(path: Path, environment: Mapping[str, str]) -> None:
    """A file that gives a shell the environment of the running programs, so that `etl` and `airflow` work with them."""
    ours = {name: value for name, value in environment.items() if os.environ.get(name) != value}
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in sorted(ours.items())]
    path.touch(mode=0o600)
    path.write_text(
        "".join([*lines, f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"\n'])
    )


def _no_proxy(given: Mapping[str, str]) -> dict[str, str]:
    """Airflow's tasks call its API server, which is on this machine: no proxy can reach it."""
    past = [given.get(name, "") for name in ("no_proxy", "NO_PROXY")]
    names = ",".join(dict.fromkeys(filter(None, [*",".join(past).split(","), "127.0.0.1", "localhost"])))
    return {"no_proxy": names, "NO_PROXY": names}


def start(processes: Processes, environment: Mapping[str, str]) -> None:
    """Start the API server, the scheduler and the DAG processor."""
    for name, arguments in COMPONENTS.items():
        processes.start(name, command(*arguments), environment)


def command(*arguments: str) -> list[str]:
    """A command of Airflow's own command line."""
    return [sys.executable, "-m", "airflow", *arguments]


@dataclass
class Api:
    """Airflow's REST API, with a login."""

    url: str
    login: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        self._calls = transport(self.url)

    def is_ready(self) -> bool:
        """Do the API server, the scheduler and the DAG processor all work, and is the API of the tasks warm?"""
        try:
            health = self._calls.get(f"{self.url}/api/v2/monitor/health", timeout=10).json()
            tasks = self._calls.get(f"{self.url}/execution/health", timeout=60)
        except (requests.RequestException, ValueError):
            return False
        return tasks.ok and all(health[part]["status"] == "healthy" for part in _NEEDED)

    def get(self, path: str, **parameters: object) -> Any:
        """The answer to a question."""
        return self._call("GET", path, params=parameters)

    def send(self, method: str, path: str, body: object) -> Any:
        """Change something."""
        return self._call(method, path, json=body)

    def _call(self, method: str, path: str, **arguments: Any) -> Any:
        url = f"{self.url}/api/v2/{path}"
        for _ in range(2):
            answer = self._calls.request(method, url, timeout=60, **arguments)
            if answer.status_code != requests.codes.unauthorized:
                break
            self._log_in()
        if not answer.ok:
            raise GiveUp(f"Airflow answered {method} {path} with {answer.status_code}")
        return answer.json() if answer.content else None

    def _log_in(self) -> None:
        who = {"username": self.login, "password": self.password}
        answer = self._calls.post(f"{self.url}/auth/token", json=who, timeout=60)
        if not answer.ok:
            raise GiveUp(f"Airflow does not accept the login {self.login} ({answer.status_code})")
        self._calls.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def api(environment: Mapping[str, str]) -> Api:
    """The REST API of the Airflow with this environment, as its administrator."""
    passwords = Path(environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    login, password = next(iter(json.loads(passwords.read_text(encoding="utf-8")).items()))
    return Api(environment["AIRFLOW__API__BASE_URL"], login, password)


def make_pools(api: Api) -> None:
    """The pools of the connectors exist; their sizes are the administrator's to change afterwards."""
    present = {pool["name"] for pool in api.get("pools", limit=100)["pools"]}
    for name, pool in pools().items():
        if name not in present:
            api.send("POST", "pools", {"name": name, **pool})


def _keys(home: Path) -> dict[str, str]:
    return _kept(home / "keys.json", {
        "fernet_key": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "secret_key": secrets.token_urlsafe(32),
        "jwt_secret": secrets.token_urlsafe(64),
    })  # fmt: skip


def _passwords(home: Path) -> Path:
    path = home / "passwords.json"
    _kept(path, {"admin": secrets.token_urlsafe(12)})
    return path


def _kept(path: Path, proposal: dict[str, str]) -> dict[str, str]:
    """What the file says; the proposal becomes the file where there is none. Readable by the owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump(proposal, file)
        unfinished.rename(path)
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return kept
