"""The recorded site as it is written to: an occurrence of its empty course, and people who enrol in it."""

import pytest

from etl.connectors.moodle.writing import flow
from etl.engine.options import Options

EMPTY_COURSE = 5


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
