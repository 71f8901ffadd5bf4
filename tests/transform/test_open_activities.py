"""Which activities keep a started unit open, and why."""

import pandas as pd
import pytest

from etl.transform.activity_outcomes import FAILED, MISSING, OUTDATED, PASSED, WITHHELD
from etl.transform.open_activities import open_activities

LINKS = pd.DataFrame({"scope": "2", "target": 0, "activity_id": [11, 12]})


def still_open(outcomes, status="started", held=None):
    """States by activity, of a unit with activities 11 and 12; ``outcomes``: (activity, outcome[, share])."""
    rows = [(7, *row, 1.0)[:4] for row in outcomes]
    found = pd.DataFrame(rows, columns=["user_id", "activity_id", "outcome", "share"])
    unit = {
        "enrolment_code": "E",
        "unit_code": "U",
        "user_id": 7,
        "target": 0,
        "status": status,
        "held": held,
    }
    frame = open_activities(pd.DataFrame([unit]), found, LINKS)
    return dict(zip(frame["activity_id"], frame["state"], strict=True))


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ([], "not_graded"),
        ([(12, FAILED)], "not_passed"),
        ([(12, OUTDATED)], "not_readable"),
        ([(12, WITHHELD)], "withheld"),
        ([(12, MISSING, 0.0)], "missing"),
        ([(12, PASSED, 0.5)], "partly_graded"),
        ([(12, PASSED, 0.5), (12, FAILED, 0.5)], "not_passed"),
    ],
)
def test_the_activity_that_is_not_passed_is_open_with_its_reason(outcome, state):
    assert still_open([(11, PASSED), *outcome]) == {"12": state}


@pytest.mark.parametrize("status", ["passed", "failed"])
def test_a_unit_that_is_decided_has_nothing_open(status):
    assert still_open([(11, PASSED)], status, held="started") == {}


def test_a_recorded_start_stays_open_while_what_is_there_decides_nothing():
    assert still_open([(11, PASSED), (12, WITHHELD)], "hidden", held="started") == {"12": "withheld"}
    assert still_open([(11, PASSED), (12, WITHHELD)], "hidden") == {}
