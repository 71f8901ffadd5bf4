"""The recorded site as it is written to: an occurrence of its empty course, and people who enrol in it."""

import json

import pytest
from typer.testing import CliRunner

from etl.connectors.moodle import commands
from etl.connectors.moodle.writing import flow
from etl.engine.options import Options
from etl.sandbox import accounts

EMPTY_COURSE = 5
NEW = 8  # the number that the site gives to the next course


@pytest.fixture
def books(sandbox):
    """What the site holds that it was told."""
    return sandbox.moodle.site.books


@pytest.fixture
def settings(write, first_night):
    """A function that says how the site is written to; the occurrence of the empty course sends by itself."""

    def settings(**given):
        said = {"source": "moodle_main", "writing": "on"} | given
        names, values = ", ".join(said), ", ".join(f"'{value}'" for value in said.values())
        changes = ", ".join(f"{name} = excluded.{name}" for name in said)
        write(
            f"insert into core.moodle_writing ({names}) values ({values})"
            f" on conflict (source) do update set {changes}"
        )

    write(
        "insert into core.occurrences (occurrence_code, name, status, send_automatically)"
        " values ('OCC-1004', 'Empty', 'active', true)"
    )
    settings()
    return settings


@pytest.fixture
def client(write):
    """A function that adds a client."""

    def client(code, **given):
        said = {
            "username": None,
            "given_name": f"Given {code}",
            "other_name": None,
            "surname": f"Surname {code}",
            "email": f"{code.lower()}@x.example",
        } | given
        row = {"client_code": code} | {name: value for name, value in said.items() if value is not None}
        names, values = ", ".join(row), ", ".join(f"'{value}'" for value in row.values())
        write(f"insert into core.clients ({names}) values ({values})")

    return client


@pytest.fixture
def enrolled(write):
    """A function that enrols a client; the code of the enrolment is E-<client>."""

    def enrolled(client, occurrence="OCC-1004", start="2026-09-14", code=None, status="active"):
        write(
            "insert into core.enrolments (enrolment_code, client_code, occurrence_code, status, start_date)"
            f" values ('{code or f'E-{client}'}', '{client}', '{occurrence}', '{status}', '{start}')"
        )

    return enrolled


@pytest.fixture
def transfer(engine, connect, settings):
    """A run of the flow; returns its status."""

    def transfer(**options):
        return flow.run(engine, connect, Options(**options))[1]

    return transfer


@pytest.fixture
def state(read):
    """A function that tells how an enrolment stands: its state and the reason."""

    def state(enrolment):
        found = read(f"select state, reason from mart.moodle_enrolments where enrolment_code = '{enrolment}'")
        return tuple(found.astype(object).where(found.notna(), None).iloc[0]) if len(found) else None

    return state


@pytest.fixture
def wrote(sandbox):
    """A function that tells how often each writing function was called since it was asked last."""

    def wrote():
        counted = sandbox.counters.of("moodle")
        sandbox.counters.reset()
        names = ("create_users", "update_users", "enrol_users", "unenrol_users")
        called = {name: number for name, number in counted.items() if name.endswith(names)}
        return {
            name.rpartition("core_user_")[2].removeprefix("enrol_manual_"): n for name, n in called.items()
        }

    return wrote


@pytest.fixture
def user(sandbox):
    """A function that finds an account by its idnumber."""

    def user(idnumber):
        [found] = [one for one in sandbox.moodle.site.users.values() if one.get("idnumber") == idnumber]
        return found

    return user


@pytest.fixture
def occurrence(write, settings):
    """A function that adds an occurrence."""

    def occurrence(code="OCC-9", status="active", start="'2026-09-14'", finish="'2026-12-18'", follow="true"):
        write(
            "insert into core.occurrences (occurrence_code, name, start_date, finish_date, status, follow)"
            f" values ('{code}', 'New', {start}, {finish}, '{status}', {follow})"
        )
        return code

    return occurrence


@pytest.fixture
def run(warehouse, sandbox, monkeypatch):
    """A function that runs a command of courses; what it printed."""
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    connection = {"conn_type": "moodle", "host": f"{sandbox.url}/moodle", "password": accounts.MOODLE_TOKEN}
    monkeypatch.setenv("AIRFLOW_CONN_MOODLE_MAIN", json.dumps({**connection, "extra": {"wait_limit": 0}}))

    def run(command, *given):
        words = ["courses", command, "moodle_main", *map(str, given)]
        return CliRunner().invoke(commands.app, words, catch_exceptions=False).output

    return run


@pytest.fixture
def create(run):
    def create(code="OCC-9", *more):
        names = ("--short-name", "N9", "--full-name", "New nine", "--category", 2)
        return run("create", code, "--by", "clerk", *names, *more)

    return create


@pytest.fixture
def course(sandbox):
    return lambda number=NEW: sandbox.moodle.site.courses[number]


@pytest.fixture
def edit(sandbox):
    """A function by which a teacher changes the settings of a course in Moodle."""

    def edit(number, **settings):
        sandbox.moodle.site.courses[number].update(settings)
        sandbox.moodle.site.changes += 1

    return edit


@pytest.fixture
def modules(sandbox):
    def modules(number=NEW):
        return [one for section in sandbox.moodle.site.contents[number] for one in section["modules"]]

    return modules


@pytest.fixture
def links(read):
    query = (
        "select source_course_id, linked_by from core.moodle_course_links where closed_at is null order by 1"
    )
    return lambda: [tuple(row) for row in read(query).to_numpy()]


@pytest.fixture
def items(read):
    return lambda kind: read(f"select status from ops.outbox where kind = '{kind}' order by 1")[
        "status"
    ].tolist()


@pytest.fixture
def changed(sandbox):
    """A function that tells how often courses were changed since it was asked last."""

    def changed():
        number = sandbox.counters.of("moodle").get("core_course_update_courses", 0)
        sandbox.counters.reset()
        return number

    return changed
