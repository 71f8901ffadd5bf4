"""What a person says about rejected rows, and what becomes of it (docs/design.md, Nothing disappears)."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from etl import cli
from etl.errors import InvalidInput
from etl.load import rejections, runs
from etl.load.dismissals import ChosenRejections, dismiss, open_rows, restore
from etl.load.report import read_report

NOBODY = ["2", "learner", "2/7", "unmatched_learner", "Nobody matches."]
CHOSEN = ChosenRejections("main", "unmatched_learner")


def night(engine, *rows):
    with engine.begin() as session:
        run_id = runs.open_run(session, "moodle_results", None, {})
        frame = pd.DataFrame(rows, columns=rejections.COLUMNS)
        rejections.replace(session, run_id, "moodle_results", "main", ["2"], frame)
        runs.close_run(session, run_id)


def reported(engine):
    return sum(one.rejected for one in read_report(engine).rejections)


def test_a_dismissed_row_stays_dismissed_while_every_night_meets_its_cause(engine):
    night(engine, NOBODY)
    assert dismiss(engine, CHOSEN, "course desk", "a vendor's account") == 1
    night(engine, NOBODY)
    assert open_rows(engine, None, None) == []
    assert reported(engine) == 0


def test_a_cause_that_goes_and_comes_again_is_open_again(engine):
    night(engine, NOBODY)
    dismiss(engine, CHOSEN, "course desk", "a vendor's account")
    night(engine)
    night(engine, NOBODY)
    assert [row["record_key"] for row in open_rows(engine, "main", "unmatched_learner")] == ["2/7"]
    assert reported(engine) == 1


def test_a_dismissed_row_can_be_listed_again(engine):
    night(engine, NOBODY)
    dismiss(engine, CHOSEN, "course desk", "a vendor's account")
    assert restore(engine, CHOSEN) == 1
    assert reported(engine) == 1


@pytest.mark.parametrize(("by", "because"), [("", "why"), ("who", " ")])
def test_nothing_is_dismissed_without_who_and_why(engine, by, because):
    night(engine, NOBODY)
    with pytest.raises(InvalidInput, match="say who decides and why"):
        dismiss(engine, CHOSEN, by, because)
    assert reported(engine) == 1


def test_the_command_dismisses_one_row_and_says_where_there_is_none(engine, warehouse, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    night(engine, NOBODY, ["2", "learner", "2/8", "unmatched_learner", "Nobody matches."])
    arguments = ["rejections", "dismiss", "main", "unmatched_learner", "--by", "me", "--because", "a test"]
    assert CliRunner().invoke(cli._typer, [*arguments, "--key", "2/8"]).output == "1 dismissed\n"
    assert "2/8" not in CliRunner().invoke(cli._typer, ["rejections", "list"]).output
    failed = CliRunner().invoke(cli._typer, [*arguments, "--key", "2/8"])
    assert "there is no row that is open" in str(failed.exception)
