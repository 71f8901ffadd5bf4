"""The product as `make run` starts it: scheduler, LocalExecutor, rerun from the API, a backfill, and the way down."""

import re
import signal
import subprocess
from datetime import UTC, datetime, timedelta

import psutil
import pytest
import requests

from etl.demo.administration import NEW_ENROLMENTS, SAMPLE_REFERENCE, WITHDRAWAL, import_upon
from etl.demo.airflow import command, environment
from tests.conformance.stand_in import golden
from tests.connectors.coachview.requests import told
from tests.e2e.breakage import (
    AT_ITS_BEGINNING,
    FORGOTTEN,
    IN_THE_MIDDLE,
    OPENED,
    UNPLANNED,
    break_the_beginning,
    break_the_middle,
    break_the_plans,
    mend_the_beginning,
    mend_the_middle,
    mend_the_plans,
)
from tests.e2e.product import COMPETENCES, FLOWS, NIGHT, PUSH, RESULTS, TRANSFER, WRITTEN
from tests.fixtures.planted import alone

pytestmark = pytest.mark.long


def test_the_night_runs_and_everybody_agrees(product):
    assert "The night was right" in product.printed
    assert len(product.rows(RESULTS)) == 72
    accepted = product.rows("select attempts from mart.pe_attendance where status = 'accepted'")
    assert len(accepted) == sum(product.bookings().values()) == 5


def test_coachview_was_told_what_was_worked_out_by_hand(product):
    books = requests.get(f"{product.sandbox}/control/coachview/books", timeout=10).json()
    assert told(books["registered"]) == golden("coachview", "sample_told.csv")


def test_moodle_holds_the_enrolments_that_were_worked_out_by_hand(product):
    books = requests.get(f"{product.sandbox}/control/moodle/books", timeout=10).json()
    held = {tuple(map(str, enrolment.values())) for enrolment in books["enrolments"]}
    assert held == {(*row, "0") for row in golden("moodle_enrolments", "sample_books.csv")}
    shown = "select enrolment_code, client_code, state, coalesce(reason, ''), coalesce(withdrawn, '')"
    listed = product.rows(f"{shown} from mart.moodle_enrolments where occurrence_code = 'OCC-1004'")
    assert set(listed) == golden("moodle_enrolments", "sample.csv")


def test_clearing_every_task_of_the_night_leaves_the_same_rows_and_sends_nothing(product):
    product.wait_until(product.all_runs_are_over)
    before, booked = product.rows(RESULTS), product.bookings()
    for dag in (NIGHT, PUSH):
        run = product.api.get(f"dags/{dag}/dagRuns", limit=1, order_by="-id")["dag_runs"][0]["dag_run_id"]
        product.api.send("POST", f"dags/{dag}/dagRuns/{run}/clear", {"dry_run": False})
    product.wait_until(product.all_runs_are_over)
    assert (product.rows(RESULTS), product.bookings()) == (before, booked)


def test_a_manual_run_beside_a_backfill_over_past_nights_leaves_the_same_rows_and_sends_nothing(product):
    before, booked = product.rows(RESULTS), product.bookings()
    today = datetime.now(UTC).date()
    bounds = ["--from-date", f"{today - timedelta(days=4)}", "--to-date", f"{today - timedelta(days=2)}"]
    port = product.api.url.rsplit(":", 1)[-1]
    metadata = product.metadata.replace("postgresql://", "postgresql+psycopg2://")
    airflow = environment(product.state, int(port)) | {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata}
    subprocess.run([*command("backfill", "create", "--dag-id", NIGHT), *bounds], env=airflow, check=True)
    product.api.send("POST", f"dags/{NIGHT}/dagRuns", {"logical_date": None})
    runs = f"dags/{NIGHT}/dagRuns"
    product.wait_until(lambda: len(product.api.get(runs, run_type="backfill")["dag_runs"]) >= 2)
    product.wait_until(product.all_runs_are_over)
    states = {run["state"] for run in product.api.get(runs, limit=100)["dag_runs"]}
    assert (states, product.rows(RESULTS), product.bookings()) == ({"success"}, before, booked)


def test_download_now_starts_one_run_that_is_seen_running_and_stopped(product):
    product.api.get("dags")  # logs in
    pages, browser = f"{product.api.url}/learning-results/pages", requests.Session()
    browser.headers["Authorization"] = product.api._calls.headers["Authorization"]
    before, asked = product.rows(RESULTS), {"occurrence": "OCC-1001"}
    page = browser.get(f"{pages}/download", params=asked, timeout=60).text
    asked["csrftoken"] = re.search(r'name="csrftoken" value="([^"]*)"', page)[1]
    first, second = (browser.post(f"{pages}/download-start", data=asked, timeout=60) for _ in range(2))
    assert "under way already" in second.text
    run = re.search(r'name="run" value="([^"]*)"', first.text)[1]
    assert run == re.search(r'name="run" value="([^"]*)"', second.text)[1]
    shown = {"occurrence": "OCC-1001", "run": run}
    product.wait_until(lambda: "running" in browser.get(f"{pages}/download", params=shown, timeout=60).text)
    stopped = browser.post(f"{pages}/download-stop", data=asked | {"run": run}, timeout=60)
    assert "What was recorded before stays" in stopped.text
    told = product.api.get(f"dags/{NIGHT}/dagRuns/{run}")
    assert (told["state"], told["triggering_user_name"]) == ("failed", "admin")
    assert (told["conf"], product.rows(RESULTS)) == ({"courses": ["2"], "full": True}, before)
    links = product.api.get(f"dags/{NIGHT}/dagRuns/{run}/taskInstances/report/links")["extra_links"]
    assert [
        link.endswith(f"/dags/{NIGHT}/runs/{run}/plugin/learning-results-report") for link in links.values()
    ] == [True]


def test_a_dry_run_counts_in_the_log_of_its_report_and_sets_off_no_push(product):
    pushes = len(product.api.get(f"dags/{PUSH}/dagRuns", run_type="asset_triggered")["dag_runs"])
    run = product.trigger(NIGHT, dry_run=True, full=True)
    product.wait_until(lambda: product.over({NIGHT: run}))
    assert {task["task_id"]: task["state"] for task in product.tasks(NIGHT, run)}["loaded"] == "skipped"
    assert "| derive |" in product.log_of(NIGHT, run, "report")
    assert len(product.api.get(f"dags/{PUSH}/dagRuns", run_type="asset_triggered")["dag_runs"]) == pushes


@pytest.mark.parametrize(
    ("broken", "mended", "red"),
    [
        (break_the_beginning, mend_the_beginning, AT_ITS_BEGINNING),
        (break_the_middle, mend_the_middle, IN_THE_MIDDLE),
        (break_the_plans, mend_the_plans, UNPLANNED),
    ],
)
def test_what_was_mended_and_cleared_ends_as_if_nothing_had_failed(product, broken, mended, red):
    product.wait_until(product.all_runs_are_over)
    settle = {
        COMPETENCES: product.trigger(COMPETENCES)
    }  # of what Moodle's night completed beside the first one
    product.wait_until(lambda: product.over(settle))
    before, booked = (
        {name: product.rows(statement) for name, statement in WRITTEN.items()},
        product.bookings(),
    )
    product.change(*FORGOTTEN, OPENED)
    broken(product)
    runs = {dag: product.trigger(dag, **({} if dag == PUSH else {"full": True})) for dag in FLOWS}
    product.wait_until(lambda: product.over(runs))
    assert {dag: product.red(dag, run) for dag, run in runs.items()} == red
    assert {product.status(run) for run in runs.values()} == {"incomplete"}

    mended(product)
    for dag, run in runs.items():
        answer = {"dry_run": False, "only_failed": True}
        product.api.send("POST", f"dags/{dag}/dagRuns/{run}/clear", answer)
    product.wait_until(product.all_runs_are_over)
    assert {dag: product.red(dag, run) for dag, run in runs.items()} == {dag: set() for dag in FLOWS}
    assert {product.status(run) for run in runs.values()} == {"success"}
    assert {name: product.rows(statement) for name, statement in WRITTEN.items()} == before
    assert product.bookings() == booked


# A client and an enrolment that are new, in an occurrence that sends by itself from now on.
NEW = {
    "clients": "client_code,external_id,username,given_name,other_name,surname,email,archived\n"
    "CL00051,P0051,,Mila,,Whitefield51,mila.whitefield51@student.example,false\n",
    "occurrences": "occurrence_code,name,start_date,finish_date,status,send_automatically\n"
    "OCC-1001,BSB30120 Certificate III in Business (Term 1),2026-09-14,2026-12-18,active,true\n",
    "enrolments": "enrolment_code,client_code,occurrence_code,status,start_date\n"
    "E-1001-051,CL00051,OCC-1001,active,2026-09-14\n",
    "enrolment_units": "enrolment_code,unit_code,expected_start_date\nE-1001-051,BSBCMM211,\n",
}
COURSE, GRADES = 2, ((2, 80.0), (3, 9.0))  # both activities of the unit, passed


def test_who_is_imported_is_let_into_the_course_and_has_the_result_the_night_after_the_grade(
    product, tmp_path
):
    for name, lines in NEW.items():
        (tmp_path / f"{name}.csv").write_text(lines, encoding="utf-8")
    import_upon(product.engine, SAMPLE_REFERENCE, NEW_ENROLMENTS, WITHDRAWAL, tmp_path)
    product.succeed(TRANSFER)
    [(account,)] = product.rows(
        "select user_id from mart.moodle_enrolments"
        " where enrolment_code = 'E-1001-051' and state = 'transferred' and on_its_way is false"
    )
    moodle = f"{product.sandbox}/control/moodle"
    assert requests.get(f"{moodle}/entrance/{COURSE}/{account}", timeout=10).json() is True

    graded = int(datetime(2026, 10, 5, 12, tzinfo=UTC).timestamp())
    for activity, grade in GRADES:
        given = {"userid": account, "cmid": activity, "graderaw": grade, "gradedategraded": graded}
        requests.post(f"{moodle}/grades", json=given, timeout=10).raise_for_status()
    seen = {"courseid": COURSE, "userid": account, "lastcourseaccess": graded}
    requests.post(f"{moodle}/access", json=seen, timeout=10).raise_for_status()
    product.succeed(NIGHT)
    assert product.rows(
        "select unit_code, status, cast(finished_on as text) from mart.unit_results"
        " where enrolment_code = 'E-1001-051'"
    ) == [("BSBCMM211", "passed", "2026-10-05")]


def test_logs_and_what_airflow_keeps_hold_no_names_addresses_or_numbers(product):
    people = product.rows("select surname, email, username from core.clients") + product.rows(
        "select value, value, value from core.client_numbers"
    )
    values = {value for row in people for value in row if value and len(value) > 5}
    written = [
        path for folder in ("airflow/logs", "programs") for path in (product.state / folder).rglob("*.log")
    ]
    assert written
    assert [
        (path.name, len(value))
        for path in written
        for value in alone(values, path.read_text(errors="replace"))
    ] == []


def test_after_ctrl_c_no_process_is_left(product):
    inside = [process.pid for process in psutil.Process(product.process.pid).children(recursive=True)]
    product.engine.dispose()
    product.process.send_signal(signal.SIGINT)
    product.process.wait(60)
    assert inside
    assert [pid for pid in inside if psutil.pid_exists(pid)] == []
