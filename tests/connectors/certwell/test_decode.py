"""CertWell's result says whether a candidate passed: 1 or 0, and nothing else."""

from decimal import Decimal

import pytest

from etl.connectors.certwell.app import hear
from etl.engine.bodies import Posted
from etl.engine.webhooks.integrations import Integration
from etl.errors import RejectRecord
from etl.sandbox.certwell.sender import exam
from etl.sandbox.elearning.sender import result

BOARD = Integration(
    "board", "certwell", None, "sha512", "UTC", None, None, None, sends_result=True, active=True
)


def said(body):
    return hear(Posted(body), BOARD).said


@pytest.mark.parametrize(("passed", "grade"), [(True, Decimal(1)), (False, Decimal(0))])
def test_the_result_is_the_verdict(passed, grade):
    found = said(exam("1001", "77", "2026-01-13", passed=passed))
    assert (found.grade, found.passed, found.presence) == (grade, passed, None)


def test_what_the_message_says_itself_goes_first_and_without_a_result_nothing_is_said():
    assert said(result("1001", "77", Resultaat="1,0", Slaging="nee")).passed is False
    assert said(result("1001", "77")).passed is None


@pytest.mark.parametrize("grade", ["0.5", "2", "-1"])
def test_any_other_result_is_refused(grade):
    found = said(result("1001", "77", Resultaat=grade))
    assert isinstance(found, RejectRecord)
    assert str(found) == "element Resultaat: neither 1 (passed) nor 0 (failed)"
