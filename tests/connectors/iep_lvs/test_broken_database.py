"""When the database refuses what schools send or agree, no pupil, key, name or hash reaches an error or a log."""

from datetime import date

import pytest

from etl.connectors.iep_lvs import links
from etl.connectors.iep_lvs.links import LinkTerms
from etl.sandbox.iep_lvs.sender import samples
from tests.connectors.iep_lvs.nights import night
from tests.connectors.iep_lvs.school import KEY, PUPILS, rows
from tests.fixtures.broken_database import refuse_rows, told
from tests.fixtures.planted import alone

PERSONAL = {value for numbers in PUPILS.values() for value in numbers.values()} | {KEY, "M. Mandaat"}


def personal(text):
    return alone(PERSONAL, text)


def test_a_message_that_the_database_refuses_is_to_be_sent_later_and_tells_nothing(iep, engine, caplog):
    refuse_rows(engine, "raw.inbox")

    reply = iep.send(samples()["first_night"])

    assert not reply.taken
    assert "CheckViolation (23514, table raw.inbox, constraint broken)" in caplog.text
    assert personal(caplog.text) == []


@pytest.mark.parametrize("table", ["core.test_result_versions", "ops.derivations"])
def test_a_night_that_the_database_breaks_tells_nothing_of_a_pupil(iep, engine, caplog, table):
    iep.send(samples()["first_night"])
    refuse_rows(engine, table)

    text = told(caplog, lambda: night(engine))

    assert f"CheckViolation (23514, table {table}, constraint broken)" in text
    assert personal(text + str(rows(engine, "select * from ops.run_steps"))) == []


@pytest.mark.parametrize("table", ["ops.link_codes", "core.school_links"])
def test_a_link_that_the_database_refuses_tells_neither_who_accepted_nor_the_code(engine, caplog, table):
    refuse_rows(engine, table)
    terms = LinkTerms("M. Mandaat", date(2026, 1, 5), date(2026, 1, 6))

    def activate():
        with engine.begin() as session:
            links.activate(session, KEY, "Bureau ICE", "BUREAUICE", terms, "beheer")

    text = told(caplog, activate)

    assert f"CheckViolation (23514, table {table}, constraint broken)" in text
    assert personal(text.replace('"M. Mandaat"', "")) == []
