"""What needs a person now: from the ledger what cannot be sent, from the rejections everything else, each once."""

import pandas as pd
import pytest
from sqlalchemy import text

from etl import db
from etl.load import rejections, runs

WAITS = (
    "insert into ops.outbox (target, kind, account, business_key, record_key, if_unknown, status, reason)"
    " values ('carrier', 'letters', 'north', '{}', 'Ann', 'person', 'withheld', 'moved_away')"
)
NEEDED = "select state, about, reason_code, items from mart.attention order by urgency, reason_code"


@pytest.fixture
def needed(warehouse):
    """A function that lists rows (scope, record key, reason) of the carrier; returns what needs a person then."""
    engine = db.engine(warehouse)

    def needed(*listed):
        rows = [(scope, "letter", key, code, "Why.") for scope, key, code in listed]
        rejected = pd.DataFrame(rows, columns=rejections.COLUMNS, dtype="str")
        with engine.begin() as session:
            session.execute(text(WAITS))
            run_id = runs.open_run(session, "letters")
            rejections.replace(session, run_id, "letters", "carrier", {row[0] for row in listed}, rejected)
            return [tuple(row) for row in session.execute(text(NEEDED))]

    yield needed
    engine.dispose()


def test_what_waits_in_the_ledger_is_not_new_besides(needed):
    assert needed(("north", "Ann", "moved_away")) == [("withheld", "letters", "moved_away", 1)]


def test_what_a_target_is_read_for_is_new_also_where_the_ledger_holds_what_it_is_sent(needed):
    read = [("streets", "Dam", "no_such_street"), ("towns", "Ede", "no_such_street")]
    assert needed(*read) == [
        ("withheld", "letters", "moved_away", 1),
        ("new", "carrier", "no_such_street", 2),
    ]
