"""What Airflow does next after an error."""

from datetime import timedelta

import pytest
from airflow.sdk.definitions.retry_policy import RetryAction
from learning_results_airflow import LONGEST_WAIT, RETRY_POLICY, SOON

from etl.errors import GiveUp, InvalidInput, OutcomeUnknown, RejectRecord, RetryLater


@pytest.mark.parametrize(
    ("problem", "action", "delay"),
    [
        (RetryLater("x"), RetryAction.RETRY, SOON),
        (RetryLater("x", retry_after=10), RetryAction.RETRY, SOON),
        (RetryLater("x", retry_after=1800), RetryAction.RETRY, timedelta(seconds=1800)),
        (RetryLater("x", retry_after=10**9), RetryAction.RETRY, LONGEST_WAIT),
        (OutcomeUnknown("x"), RetryAction.RETRY, 2 * SOON),
        (GiveUp("x"), RetryAction.FAIL, None),
        (InvalidInput("x"), RetryAction.FAIL, None),
        (RejectRecord("malformed_record", "x"), RetryAction.FAIL, None),
        (ConnectionError("x"), RetryAction.DEFAULT, None),
    ],
)
def test_each_error_class_says_what_airflow_does_next(problem, action, delay):
    decision = RETRY_POLICY.evaluate(problem, try_number=1, max_tries=3)
    assert (decision.action, decision.retry_delay) == (action, delay)
