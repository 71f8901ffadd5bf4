"""A site that is written to before there is anything to write."""

import pytest

from etl.connectors.moodle.writing import flow
from etl.engine.options import Options


@pytest.fixture
def template(migrated_template):
    """A warehouse without any reference data."""
    return migrated_template


def test_a_site_without_people_and_occurrences_is_left_alone(engine, write, connect, sandbox):
    assert flow.run(engine, connect, Options())[1] == "success"
    write(
        "insert into core.sources (source, system, connection_id, timezone)"
        " values ('moodle_main', 'moodle', 'moodle_main', 'Europe/Amsterdam')"
    )
    write("insert into core.moodle_writing (source, writing) values ('moodle_main', 'on')")
    assert flow.run(engine, connect, Options())[1] == "success"
    assert sandbox.counters.of("moodle") == {}


def test_people_whose_account_is_known_and_no_occurrence(engine, write, connect, sandbox):
    write(
        "insert into core.sources (source, system, connection_id, timezone)"
        " values ('moodle_main', 'moodle', 'moodle_main', 'Europe/Amsterdam')"
    )
    write("insert into core.moodle_writing (source, writing) values ('moodle_main', 'on')")
    write("insert into core.clients (client_code) values ('C1')")
    write(
        "insert into core.moodle_accounts (source, client_code, user_id, origin, suspended)"
        " values ('moodle_main', 'C1', '7', 'matched', false)"
    )
    assert flow.run(engine, connect, Options())[1] == "success"
    assert sandbox.counters.of("moodle") == {}
