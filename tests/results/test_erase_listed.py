"""What is listed of a person is found by whose row it is said to be, or by its key; nobody else's is."""

import pytest

from etl.connectors.registry import readers
from etl.results import erase

PLANTED = (
    "insert into core.clients (client_code, email) values ('C/1', 'one@x.example'), ('C', null)",
    "insert into core.client_numbers (client_code, scheme, value) values ('C/1', 'moodle:m', '8')",
    "insert into core.sources (source, system, connection_id, timezone) values ('m', 'moodle', 'm', 'UTC')",
    "insert into ops.runs (run_id, flow, status) values ('r', 'f', 'success')",
    "with item as (insert into ops.outbox (target, kind, account, business_key, record_key, if_unknown, status,"
    " reason) values ('moodle', 'account', 'm', '{}', 'E/9', 'read_back', 'withheld', 'username_taken')"
    " returning item_id) insert into ops.moodle_people (item_id, source, client_code, suspended)"
    " select item_id, 'm', 'C/1', false from item",
)
LIST = (
    "insert into {} (run_id, source, scope, resource, record_key, reason_code, reason{})"
    " values ('r', '{}', '2', '{}', '{}', 'c', ''{})"
)


@pytest.fixture
def listed(engine, write):
    """How many rows an erasure of client C/1 would take of one row, listed by a run and by a dry run."""
    for statement in PLANTED:
        write(statement)

    def listed(source, resource, key, learner=None):
        whose = (", flow, learner", f", 'f', '{learner}'") if learner else (", flow", ", 'f'")
        write(LIST.format("ops.rejections", whose[0], source, resource, key, whose[1]))
        write(LIST.format("ops.dry_run_rejections", "", source, resource, key, ""))
        counts = erase.preview(engine, "C/1", readers()).counts
        return counts.get("ops.rejections", 0), counts.get("ops.dry_run_rejections", 0)

    return listed


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (("m", "learner", "2/8"), (1, 1)),
        (("m", "learner", "2/18"), (0, 0)),
        (("m", "learner", "8/7"), (0, 0)),
        (("m", "grades", "2/user 8"), (1, 1)),
        (("m", "grades", "2/user 8, item 4"), (1, 1)),
        (("m", "grades", "2/user 88"), (0, 0)),
        (("m", "unit_result", "A/B/8/U/1"), (1, 1)),
        (("m", "activity", "2/8"), (0, 0)),
        (("other", "learner", "2/8"), (0, 0)),
        (("m", "competence", "C/1/m/2"), (1, 1)),
        (("m", "competence", "C/m/2"), (0, 0)),
        (("m", "competence", "C/1/m/2/3"), (0, 0)),
        (("moodle", "account", "E/9"), (1, 1)),
        (("m", "account", "E/9"), (0, 0)),
        (("m", "learner", "2/7", "8"), (1, 0)),  # a dry run's rows tell no learner
        (("m", "learner", "2/8", "7"), (0, 1)),
    ],
)
def test_rows_of_a_person_are_found_and_no_others(listed, row, found):
    assert listed(*row) == found
