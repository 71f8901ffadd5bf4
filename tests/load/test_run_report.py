"""The report of a run: every row accounted for, problems and open rejections named.

See docs/design.md, Nothing disappears.
"""

import io

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from etl import __version__, cli
from etl.cli.report import render
from etl.errors import InvalidInput
from etl.load import rejections, runs
from etl.load.report import markdown, read_report
from etl.load.report_types import RunReport, Sent
from etl.load.runs import Counts


@pytest.fixture
def night(engine):
    """A night of two courses, one of which could not be read; returns its run id."""
    with engine.begin() as session:
        run_id = runs.open_run(
            session, "moodle_results", "scheduled__1", {"courses": ["2", "3"], "full": False}
        )
        runs.record_step(session, run_id, "land", "main/2", Counts(calls=3, bytes=1200))
        runs.record_step(
            session, run_id, "land", "main/3", Counts(calls=1), "access_denied", "No [access] to 3"
        )
        runs.record_step(session, run_id, "derive", "main/2", Counts(10, 4, 3, 2, 1))
        runs.record_step(session, run_id, "derive", "main/4", Counts(1000, 1000))
        rows = [
            ["2", "learner", f"2/{number}", "unmatched_learner", "Nobody matches."] for number in range(5)
        ]
        frame = pd.DataFrame(rows, columns=rejections.COLUMNS)
        rejections.replace(session, run_id, "moodle_results/poll", "main", ["2"], frame)
        runs.close_run(session, run_id)
    return run_id


def shown(report, width):
    console = Console(file=io.StringIO(), width=width, highlight=False)
    render(report, console)
    return console.file.getvalue()


def test_the_counts_of_the_parts_of_a_step_are_summed_and_add_up(engine, night):
    [run] = read_report(engine).runs

    assert (run.run_id, run.status, run.adds_up) == (night, "incomplete", True)
    assert {step.name: (step.scopes, step.counts) for step in run.steps} == {
        "land": (2, Counts(calls=4, bytes=1200)),
        "derive": (2, Counts(1010, 1004, 3, 2, 1)),
    }


def test_problems_are_named_with_their_scope_and_sentence(engine, night):
    [problem] = read_report(engine, night).runs[0].problems

    assert (problem.step, problem.scope, problem.code) == ("land", "main/3", "access_denied")
    assert problem.sentence == "No [access] to 3"


def test_open_rejections_are_counted_by_reason_with_a_few_of_them(engine, night):
    [group] = read_report(engine, night).rejections

    assert (group.source, group.reason_code, group.rejected) == ("main", "unmatched_learner", 5)
    assert group.records == ["learner 2/0", "learner 2/1", "learner 2/2"]


def test_what_was_resolved_is_no_longer_in_the_report(engine, night):
    with engine.begin() as session:
        none = pd.DataFrame(columns=rejections.COLUMNS, dtype="str")
        rejections.replace(session, night, "moodle_results/poll", "main", ["2"], none)

    assert read_report(engine).rejections == ()


def test_without_a_run_id_the_latest_run_of_each_flow_is_shown(engine, night):
    with engine.begin() as session:
        later = runs.open_run(session, "moodle_results")
        other = runs.open_run(session, "pe_online_attendance")

    assert [run.run_id for run in read_report(engine).runs] == [later, other]
    assert [run.run_id for run in read_report(engine, night).runs] == [night]


def test_an_unknown_run_is_a_clear_message(engine):
    with pytest.raises(InvalidInput, match="there is no run nope"):
        read_report(engine, "nope")


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_at_any_width_every_number_and_sentence_is_shown_whole(engine, night, width):
    text = shown(read_report(engine), width)

    for wanted in (
        "incomplete",
        "1,010",
        "1,004",
        "1,200",
        "No [access] to 3",
        "The counts add up",
        "courses 2, 3",
    ):
        assert wanted in text
    assert "main, unmatched_learner: Nobody matches. learner 2/0, learner 2/1, learner 2/2, ..." in text


def test_a_warehouse_without_runs_says_so(engine):
    assert "There has been no run yet." in shown(read_report(engine), 80)


def test_the_command_prints_plain_text_when_nobody_watches(warehouse, night, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)

    done = CliRunner().invoke(cli._typer, ["report", night])

    assert done.exit_code == 0
    assert f"run {night} (scheduled__1)" in done.output.splitlines()
    assert "\x1b" not in done.output


def test_the_public_views_show_the_same_run_and_rejections(engine, night):
    with engine.connect() as session:
        run = session.exec_driver_sql(
            "select flow, status, read, written, unchanged, rejected, ignored, calls, bytes, problems from mart.runs"
        ).one()
        steps = session.exec_driver_sql("select count(*) from mart.run_steps").scalar_one()
        open_rows = session.exec_driver_sql(
            "select count(*), min(reason_code) from mart.rejections where resolved_at is null"
        ).one()

    assert tuple(run) == ("moodle_results", "incomplete", 1010, 1004, 3, 2, 1, 4, 1200, 1)
    assert (steps, tuple(open_rows)) == (4, (5, "unmatched_learner"))


def test_the_rows_of_the_push_ledger_are_counted_by_status_and_reason():
    points = "accreditation points"
    why = "The learner has no relation number for this profession group."
    sent = (
        Sent("pe_online", points, "accepted", "", 3),
        Sent("pe_online", points, "withheld", "no_relation_number", 2, why),
    )

    lines = shown(RunReport((), (), sent), 100).splitlines()

    assert "Accreditation points  5" in lines
    assert "  3 accepted" in lines
    assert "  2 withheld: The learner has no relation number for this profession group" in lines


def test_a_run_is_found_by_the_id_that_airflow_gave_it(engine, night):
    assert [run.run_id for run in read_report(engine, "scheduled__1").runs] == [night]


@pytest.fixture
def another(engine):
    """A function that adds a later run which is over, of what was asked and with what its one step did."""

    def another(flow, step="plan", counts=None, **asked):
        with engine.begin() as session:
            run_id = runs.open_run(session, flow, parameters=asked)
            runs.record_step(session, run_id, step, "main", counts or Counts())
            runs.close_run(session, run_id)
        return run_id

    return another


@pytest.mark.parametrize("asked", [{"dry_run": True}, {"courses": ["2"]}])
def test_the_night_is_not_hidden_by_a_later_run_that_did_not_do_the_whole_work(engine, another, asked):
    night = another("moodle_results", counts=Counts(calls=1))
    by_hand = another("moodle_results", counts=Counts(calls=1), **asked)

    assert [run.run_id for run in read_report(engine).runs] == [night, by_hand]


def test_the_push_of_the_night_is_not_hidden_by_the_hourly_one_that_had_nothing_to_do(engine, another):
    of_the_night = another("pe_online_attendance", counts=Counts(read=3, written=3))
    another("pe_online_attendance", counts=Counts(read=3, unchanged=3))
    hourly = another("pe_online_attendance", counts=Counts(read=3, unchanged=3))

    assert [run.run_id for run in read_report(engine).runs] == [of_the_night, hourly]


def test_runs_are_listed_newest_first_with_what_was_asked_and_airflows_id(
    warehouse, night, another, monkeypatch
):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    trial = another("moodle_results", dry_run=True)

    done = CliRunner().invoke(cli._typer, ["report", "--list"])

    first, second = [line.split("\t") for line in done.output.splitlines()[1:]]
    assert (first[0], first[-1]) == (trial, "dry run")
    assert (second[0], second[2]) == (night, "scheduled__1")


def test_the_markdown_names_counts_problems_with_what_to_do_and_rejections_by_reason(engine, night):
    text = markdown(engine, night)

    assert text.startswith(f"# moodle_results: incomplete\n\n- run {night} (scheduled__1)\n")
    assert f"\n- version {__version__}\n" in text
    assert "| derive | 2 | 1,010 | 1,004 | 3 | 2 | 1 | 0 | 0 |" in text
    assert "- land main/3: No [access] to 3\n  What to do: " in text
    assert "## Not recorded: 5 open, 5 new" in text
    assert (
        "- 5 (5 new) main, unmatched_learner: Nobody matches. learner 2/0, learner 2/1, learner 2/2, ..."
        in text
    )


def test_rejections_that_were_open_before_the_run_are_told_from_new_ones(engine, night, another):
    later = another("moodle_results")
    with engine.begin() as session:
        rows = [["3", "learner", "3/1", "unmatched_learner", "Nobody matches."]]
        frame = pd.DataFrame(rows, columns=rejections.COLUMNS)
        rejections.replace(session, later, "moodle_results", "main", ["3"], frame)

    assert "- 6 (1 new) main, unmatched_learner: Nobody matches. learner 3/1, " in markdown(engine, later)


def test_the_report_of_a_dry_run_lists_what_would_be_rejected_and_nothing_else(engine, night, another):
    trial = another("moodle_results", "derive", Counts(read=1, rejected=1), dry_run=True)
    with engine.begin() as session:
        rows = [["main", "3", "learner", "3/1", "unmatched_learner", "Nobody matches."]]
        frame = pd.DataFrame(rows, columns=["source", *rejections.COLUMNS])
        for _ in range(2):  # a task that was cleared
            rejections.keep_of_dry_run(session, trial, frame)

    assert "## Would be rejected: 1\n\n- 1 main, unmatched_learner: Nobody matches. learner 3/1" in markdown(
        engine, trial
    )
    assert "Would be rejected  1, by reason:" in shown(read_report(engine, trial), 120)
    assert "## Not recorded: 5 open, 5 new" in markdown(engine, night)


def test_the_report_of_a_dry_run_says_what_would_be_written(engine, another):
    trial = another("moodle_results", "derive", Counts(read=5, written=5), dry_run=True)

    assert "dry run: nothing was written or sent" in markdown(engine, trial)
    assert "| step | parts | read | would write |" in markdown(engine, trial)
    assert "would write 5" in shown(read_report(engine, trial), 80)


@pytest.mark.parametrize(
    ("flow", "later"), [("infocaption_competences", "award"), ("pe_online_attendance", "push")]
)
def test_a_row_that_goes_through_two_steps_is_counted_once_in_a_run(engine, flow, later):
    with engine.begin() as session:
        run_id = runs.open_run(session, flow)
        runs.record_step(session, run_id, "derive", "main/1", Counts(read=44, written=40, rejected=4))
        runs.record_step(session, run_id, later, "K", Counts(read=40, written=40))
        counted = session.exec_driver_sql("select read, written, rejected from mart.runs").one()

    assert tuple(counted) == (44, 40, 4)


def test_codes_that_look_like_markup_are_shown_as_they_are(engine, night, warehouse, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    with engine.begin() as session:
        run_id = runs.open_run(session, "moodle_results", "manual__[/red]x", {"courses": ["[/red]x"]})
        runs.record_step(session, run_id, "[/red]x", "[/red]x", Counts(), "[/red]x", "No [/red]x")
        rows = [["[/red]x", "learner", "[/red]x", "unmatched_learner", "No [/red]x."]]
        frame = pd.DataFrame(rows, columns=rejections.COLUMNS)
        rejections.replace(session, run_id, "moodle_results", "[/red]x", ["[/red]x"], frame)

    for width in (60, 200):
        assert "[/red]x, unmatched_learner: No [/red]x." in shown(read_report(engine), width).replace(
            "\n", ""
        )
    assert CliRunner().invoke(cli._typer, ["report", "--list"]).exit_code == 0


def test_without_a_run_the_report_ends_with_what_needs_a_person(engine, warehouse, night, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    told = " ".join(CliRunner().invoke(cli._typer, ["report"]).output.split())
    assert "What needs a person not done moodle_results: 1 part. No [access] to 3. what to do:" in told
    assert "new main: 5 rows. Nobody matches." in told
    assert "What needs a person" not in CliRunner().invoke(cli._typer, ["report", night]).output
