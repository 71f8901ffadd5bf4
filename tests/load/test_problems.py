"""One spelling of the code of each problem, and a sentence of what to do about it."""

import importlib
import pkgutil

import pytest

import etl
from etl.errors import CapabilityMissing, EtlError, RejectRecord
from etl.load.problems import CODES, what_to_do
from etl.load.runs import Counts, balanced
from etl.transform.reasons import REASONS


def every_error():
    """The classes of all errors that the product raises on purpose, wherever they stand."""
    for module in pkgutil.walk_packages(etl.__path__, "etl."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, waiting = set(), [EtlError]
    while waiting:
        kinds = waiting.pop().__subclasses__()
        found |= set(kinds)
        waiting += kinds
    return found


def test_what_to_do_is_known_of_every_error():
    codes = {kind.code for kind in every_error() if not issubclass(kind, RejectRecord)}
    assert codes <= CODES
    assert {"retry_later", "give_up", "account_refused"} <= codes


def test_no_code_of_a_problem_is_the_reason_code_of_something_else():
    about_single_rows_too = {
        "unusable_answer",
        "outcome_unknown",
    }  # what it says is the same of a row and a run
    assert CODES & set(REASONS) == about_single_rows_too


def test_what_was_left_out_with_a_reason_code_stopped_nothing_else():
    said = what_to_do(RejectRecord("malformed_record", "message 7 cannot be read").code)
    assert said == "look at what the sentence names; everything else of this run was recorded"


@pytest.mark.parametrize(
    ("counts", "problem", "code"),
    [
        (Counts(read=2, written=2), None, None),
        (Counts(read=2, written=1), None, "counts_differ"),
        (Counts(read=2, rejected=2), CapabilityMissing("a right is missing"), "give_up"),
        (Counts(read=2, written=1), CapabilityMissing("a right is missing"), "counts_differ"),
    ],
)
def test_that_rows_were_lost_is_not_hidden_by_another_problem(counts, problem, code):
    assert balanced("site/2", counts, problem).problem_code == code
