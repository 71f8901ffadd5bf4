"""When the database refuses rows of the push ledger, no relation number and no key reaches an error or a log."""

import pytest

from etl.sandbox import accounts
from tests.fixtures.broken_database import refuse_rows, told
from tests.fixtures.planted import alone


@pytest.mark.parametrize("table", ["ops.outbox", "ops.pe_attendance", "ops.outbox_attempts"])
def test_a_push_that_the_database_breaks_tells_no_relation_number_and_no_key(site, engine, caplog, table):
    site.accredit()
    numbers = site.learners(3)
    refuse_rows(engine, table)

    text = told(caplog, site.night)

    assert f"CheckViolation (23514, table {table}, constraint broken)" in text
    assert alone([*numbers, accounts.PE_KEY], text) == []
