"""The life of a run: it ends with a status however it ends, and what it wrote before it was cleared stays counted."""

import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from etl.engine.options import Options
from etl.errors import GiveUp
from etl.load import runs
from etl.load.runs import Counts

FLOW = "moodle_results"


@pytest.fixture
def one(engine):
    """A function that reads the one row of a statement."""

    def one(statement):
        with engine.connect() as session:
            return tuple(session.exec_driver_sql(statement).one())

    return one


def open_run(engine, airflow_run_id=None):
    with engine.begin() as session:
        return runs.open_run(session, FLOW, airflow_run_id)


def did(engine, run_id, scope, counts, problem=None):
    with engine.begin() as session:
        runs.resume(session, run_id)
        runs.record_step(session, run_id, "derive", scope, counts, "give_up" if problem else None, problem)


def close(engine, run_id):
    with engine.begin() as session:
        return runs.close_run(session, run_id)


COUNTED = "select read, written, unchanged, rejected, attempts from mart.runs"


def test_a_run_that_is_cleared_counts_each_row_once_and_keeps_what_it_wrote(engine, one):
    for counts in (Counts(101, written=92, rejected=9), Counts(101, unchanged=92, rejected=9)):
        run_id = open_run(engine, "scheduled__1")
        did(engine, run_id, "main/2", counts)
        close(engine, run_id)
    assert one(COUNTED) == (101, 92, 0, 9, 2)


def test_rows_that_changed_again_before_a_run_was_cleared_are_written_twice_and_add_up(engine, one):
    for counts in (Counts(10, written=10), Counts(10, written=4, unchanged=6)):
        run_id = open_run(engine, "scheduled__1")
        did(engine, run_id, "main/2", counts)
    assert one(COUNTED)[:4] == (14, 14, 0, 0)


def test_what_the_second_attempt_does_not_come_to_any_more_counts_as_written_only(engine, one):
    run_id = open_run(engine, "scheduled__1")
    did(engine, run_id, "main/2", Counts(10, written=4, unchanged=3, rejected=3), problem="no access to 2")
    assert close(engine, run_id) == "incomplete"
    open_run(engine, "scheduled__1")
    did(engine, run_id, "main/3", Counts(1, unchanged=1))
    assert close(engine, run_id) == "success"
    assert one(COUNTED)[:4] == (5, 4, 1, 0)


def test_what_a_run_did_before_is_done_again_only_when_the_whole_run_is_cleared(engine):
    run_id = open_run(engine, "scheduled__1")
    did(engine, run_id, "main/2", Counts())
    close(engine, run_id)
    did(engine, run_id, "main/3", Counts())  # a cleared task of the closed run
    with engine.begin() as session:
        assert runs.finished_scopes(session, run_id, "derive") == {"main/2", "main/3"}
        runs.open_run(session, FLOW, "scheduled__1")
        assert runs.finished_scopes(session, run_id, "derive") == set()


def test_each_attempt_says_which_version_worked_on_it_and_the_run_says_the_last(engine, one, monkeypatch):
    with engine.begin() as session:
        monkeypatch.setattr(runs, "__version__", "1.0.0")
        run_id = runs.open_run(session, "moodle_results", "scheduled__1")
        runs.close_run(session, run_id, failed_tasks=1)
        monkeypatch.setattr(runs, "__version__", "1.1.0")
        runs.resume(session, run_id)

    versions = "select array_agg(version order by attempt) from mart.run_attempts"
    assert one(versions) == (["1.0.0", "1.1.0"],)
    assert one("select version from mart.runs") == ("1.1.0",)


def test_the_time_between_a_run_and_its_clearing_does_not_count(engine, one):
    run_id = open_run(engine, "scheduled__1")
    close(engine, run_id)
    with engine.begin() as session:
        session.exec_driver_sql("update ops.runs set started_at = started_at - interval '1 day'")
        session.exec_driver_sql(
            "update ops.run_attempts set started_at = started_at - interval '1 day',"
            " finished_at = started_at - interval '1 day' + interval '5 seconds'"
        )
    did(engine, run_id, "main/2", Counts())
    assert one("select status, finished_at is null from mart.runs") == ("running", True)
    close(engine, run_id)
    assert one("select attempts, seconds between 5 and 60 from mart.runs") == (2, True)


def test_a_run_whose_work_breaks_off_is_closed_as_failed_with_the_reason(engine, one):
    run_id = open_run(engine)
    with pytest.raises(GiveUp), runs.alive(engine, run_id):
        raise GiveUp("the token is not valid")
    assert one("select status, finished_at is not null from mart.runs") == ("failed", True)
    assert one("select problem_code, problem from mart.run_steps") == ("give_up", "the token is not valid")


def test_of_an_error_that_nobody_foresaw_the_report_names_the_kind_only(engine, one):
    run_id = open_run(engine)
    with pytest.raises(KeyError), runs.alive(engine, run_id):
        raise KeyError("Jansen")
    assert one("select status from mart.runs") == ("failed",)
    assert one("select problem from mart.run_steps") == ("it broke off (KeyError)",)


@pytest.mark.parametrize(
    ("nights", "data_from", "data_to"),
    [
        ((None,), None, None),
        ((datetime(2026, 3, 29, tzinfo=UTC),), "2026-03-28", "2026-03-29"),
        ((datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)), "2026-03-28", "2026-03-30"),
        ((datetime(2026, 3, 29, tzinfo=UTC), None), "2026-03-28", None),
    ],
)
def test_a_run_shows_the_period_of_the_past_nights_that_it_was_for(engine, one, nights, data_from, data_to):
    with engine.begin() as session:
        runs.open_run(session, FLOW, parameters=Options(nights=nights).parameters)
    period = "select to_char(data_from, 'YYYY-MM-DD'), to_char(data_to, 'YYYY-MM-DD') from mart.runs"
    assert one(period) == (data_from, data_to)


KILLED = """
import os, signal, sys
from etl import db
from etl.load import runs
engine = db.engine(sys.argv[1])
with engine.begin() as session:
    run_id = runs.open_run(session, "moodle_results")
with runs.alive(engine, run_id):
    print(run_id, flush=True)
    signal.pause()
"""


def test_a_run_whose_process_was_killed_is_closed_by_the_next_one_and_not_before(engine, warehouse, one):
    process = subprocess.Popen([sys.executable, "-c", KILLED, warehouse], stdout=subprocess.PIPE, text=True)
    killed = process.stdout.readline().strip()
    close(engine, open_run(engine))
    status = f"select status from mart.runs where run_id = '{killed}'"
    assert one(status) == ("running",)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for _ in range(100):  # until PostgreSQL notices that its client is gone
        close(engine, open_run(engine))
        if one(status) != ("running",):
            break
    assert one(f"select status, finished_at is null from mart.runs where run_id = '{killed}'") == (
        "abandoned",
        False,
    )


def test_a_run_of_airflow_is_closed_when_airflow_says_that_it_is_over(engine, one):
    left = open_run(engine, "scheduled__1")
    later = open_run(engine, "scheduled__2")
    with engine.begin() as session:
        assert runs.open_in_airflow(session, FLOW, later) == {left: "scheduled__1"}
        assert runs.abandon(session, later, []) == []
        assert runs.abandon(session, later, [left]) == [left]
    assert one(f"select status from mart.runs where run_id = '{left}'") == ("abandoned",)
    did(engine, left, "main/2", Counts())  # its tasks were cleared after all
    assert close(engine, left) == "success"
