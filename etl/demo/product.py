"""All parts of the product started in order, one night, the report, and the way down."""

import fcntl
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from etl import places, settings
from etl.db import embedded
from etl.demo import administration, airflow, books, messages, night, outside, school
from etl.demo.books import Books
from etl.demo.ports import choose_port
from etl.demo.processes import Processes, processes
from etl.demo.progress import console, step
from etl.errors import GiveUp

_AIRFLOW = settings.AIRFLOW_DATABASE.name
_DATABASES = {settings.WAREHOUSE_URL.name: "warehouse", _AIRFLOW: "airflow"}
_READY_SECONDS = 180
_KEPT = ("airflow", "programs", "sandbox")
_LOCK, _SHELL = "run.lock", "shell.env"
_FILES = (_SHELL, _LOCK)


def run(once: bool) -> int:
    """Start everything, run the night, report. Returns the exit code: 0 where the night was right."""
    state = places.state_dir()
    with _only_one(state), ExitStack() as stack:
        environment = _databases(stack)
        programs = stack.enter_context(processes(state / "programs"))
        stack.callback(console.print, "Stopping ...")  # the first of what happens on the way down
        environment, sandbox_url = _start(state, programs, environment)
        api = airflow.api(environment)
        _wait_for_airflow(api, programs)
        with step("Delivering test results of a school"):
            school.play(environment[settings.WAREHOUSE_URL.name], f"{api.url}/uwlr/leerresultaten")
        with step("Delivering messages of e-learning systems"):
            messages.play(api.url)
        ended = [*night.run(api, programs.check).items()]
        with step("Withdrawing an enrolment"):
            administration.withdraw(environment[settings.WAREHOUSE_URL.name])
        ended += night.again(api, programs.check).items()
        found = books.read(sandbox_url, environment[settings.WAREHOUSE_URL.name])
        problems = _problems(ended, found)
        _report(environment, problems, found)
        if not once:
            _stay_up(api, sandbox_url, programs)
    return 1 if problems else 0


def clean() -> int:
    """Delete what the demo keeps, and nothing else that lies in the same folder."""
    state = places.state_dir()
    with _only_one(state):
        embedded.remove(places.postgres_home())
        for name in _KEPT:
            shutil.rmtree(state / name, ignore_errors=True)
        for name in _FILES:
            (state / name).unlink(missing_ok=True)
    console.print(f"The demo's data in {state} is deleted", markup=False)
    return 0


def _databases(stack: ExitStack) -> dict[str, str]:
    """Environment for the two databases: those that are given, else both in the embedded server."""
    given = {one.name: one.written() for one in (settings.WAREHOUSE_URL, settings.AIRFLOW_DATABASE)}
    if not all(given.values()):
        home = places.postgres_home()
        with step("Starting PostgreSQL"):
            stack.callback(embedded.stop, home)  # also where `etl db url` had started it
            server_url = stack.enter_context(embedded.running(home))
            for name, database in _DATABASES.items():
                given[name] = given[name] or embedded.ensure_database(server_url, database)
    # Without its name, Airflow's SQLAlchemy would take another driver.
    given[_AIRFLOW] = given[_AIRFLOW].replace("postgresql://", "postgresql+psycopg2://", 1)
    return given


def _start(state: Path, programs: Processes, databases: dict[str, str]) -> tuple[dict[str, str], str]:
    """Start the sandbox and Airflow. Returns Airflow's environment and the sandbox's address."""
    sandbox_port = choose_port("the sandbox", 8090, settings.SANDBOX_PORT)
    sandbox_url = f"http://127.0.0.1:{sandbox_port}"
    port = choose_port("Airflow", 8080, settings.AIRFLOW_PORT)
    environment = outside.connections(sandbox_url) | airflow.environment(state, port) | databases
    with step("Preparing the databases") as report:
        programs.start("airflow-db-migrate", airflow.command("db", "migrate"), environment)
        programs.start("sandbox", outside.command(sandbox_port, state / "sandbox"), environment)
        report("the warehouse")
        administration.prepare_warehouse(environment[settings.WAREHOUSE_URL.name])
        report("Airflow's own")
        programs.finish("airflow-db-migrate")
    airflow.start(programs, environment)
    airflow.write_for_shells(state / _SHELL, environment)
    return environment, sandbox_url


def _wait_for_airflow(api: airflow.Api, programs: Processes) -> None:
    with step("Starting Airflow") as report:
        give_up_at = time.monotonic() + _READY_SECONDS
        while not api.is_ready():
            programs.check()
            if time.monotonic() > give_up_at:
                folder = programs.log("scheduler").parent
                raise GiveUp(f"Airflow was not ready in {_READY_SECONDS} seconds: see the logs in {folder}")
            left = give_up_at - time.monotonic()
            report(f"waiting for its API server, scheduler and DAG processor, {left:.0f} s more at most")
            time.sleep(1)
        airflow.make_pools(api)
        night.wait_for_flows(api, programs.check, report)


def _problems(ended: list[tuple[str, str]], found: list[Books]) -> list[str]:
    failed = [f"{flow} ended as {state}" for flow, state in ended if state != "success"]
    return failed + [line for one in found for line in one.disagreements()]


def _report(environment: Mapping[str, str], problems: list[str], found: list[Books]) -> None:
    sys.stdout.flush()
    subprocess.run([sys.executable, "-m", "etl", "report"], env=environment, check=True)
    for problem in problems:
        console.print(f"✗ {problem}", markup=False)
    if not problems:
        same = ", ".join(map(str, found))
        console.print(f"[green]✓[/] The night was right; their own books hold the same as ours: {same}.")


def _stay_up(api: airflow.Api, sandbox_url: str, programs: Processes) -> None:
    console.print(f"\nAirflow   {api.url}  (user {api.login}, password {api.password})", markup=False)
    console.print(f"Sandbox   {sandbox_url}/control/docs")
    console.print(f"Another shell works with it after:  . {places.state_dir() / _SHELL}", markup=False)
    console.print("Ctrl-C ends it all.")
    while True:
        programs.check()
        time.sleep(1)


@contextmanager
def _only_one(state: Path) -> Iterator[None]:
    """Two runs in one clone would share programs and ports. Raises GiveUp where one is up already."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / _LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise GiveUp(
                f"the demo is up already with {state}: end that one first (Ctrl-C where it runs)"
            ) from None
        yield
