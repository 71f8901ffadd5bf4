"""What is mended and run again, task by task as Airflow clears them, ends as if nothing had failed."""

import pytest

from etl.connections import Connection
from etl.connectors.infocaption import flow as infocaption_competences
from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options
from etl.errors import EtlError, GiveUp, RetryLater

pytestmark = pytest.mark.long


TONIGHT = Options()


@pytest.fixture
def wrong(sandbox):
    """A connection to Moodle with a token that the site does not know."""

    def connect(conn_id):
        return Connection(conn_id, "moodle", host=f"{sandbox.url}/moodle", password="wrong")

    return connect


def worked(task):
    """Run a task as Airflow does; whether it is green."""
    try:
        task()
    except EtlError:
        return False
    return True


def batches_of(engine, run_id, connect):
    return moodle_results.plan(engine, run_id, connect, TONIGHT)


def land_and_derive(engine, run_id, batches, connect):
    """The batches that are green when each is landed and derived."""
    green = []
    for batch in batches:
        green += [batch] * worked(lambda: moodle_results.land(engine, run_id, batch, connect, TONIGHT))  # noqa: B023
        moodle_results.derive(engine, run_id, batch, connect, TONIGHT)
    return green


def test_a_site_that_could_not_be_planned_is_landed_and_derived_whole_when_its_batch_runs_again(
    engine, connect, wrong, results
):
    run_id = moodle_results.open_run(engine, TONIGHT)
    batches = batches_of(engine, run_id, wrong)
    assert batches == [{"source": "moodle_main", "courses": None}]
    assert land_and_derive(engine, run_id, batches, wrong) == []
    assert moodle_results.finish(engine, run_id) == "incomplete"
    assert not any(results().values())

    assert land_and_derive(engine, run_id, batches, connect) == batches
    assert moodle_results.finish(engine, run_id) == "success"
    mended = results()
    assert len(mended["unit_results"]) == 72
    assert moodle_results.run(engine, connect, Options(full=True))[1] == "success"
    assert results() == mended


def test_one_of_two_sites_without_a_connection_is_red_by_itself_and_the_other_goes_on(
    engine, connect, results
):
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into core.sources select 'moodle_new', system, 'moodle_new', timezone, match_code, match_fields,"
            " record_failed, allow_resit, use_enrolment_start, review from core.sources where source = 'moodle_main'"
        )

    def one_is_missing(conn_id):
        if conn_id == "moodle_new":
            raise GiveUp("connection moodle_new is not defined")
        return connect(conn_id)

    run_id = moodle_results.open_run(engine, TONIGHT)
    batches = batches_of(engine, run_id, one_is_missing)
    green = land_and_derive(engine, run_id, batches, one_is_missing)
    assert [batch for batch in batches if batch not in green] == [{"source": "moodle_new", "courses": None}]
    assert len(results()["unit_results"]) == 72
    assert moodle_results.finish(engine, run_id) == "incomplete"
    assert land_and_derive(engine, run_id, [{"source": "moodle_new", "courses": None}], connect)
    assert moodle_results.finish(engine, run_id) == "success"


def test_a_batch_is_red_as_long_as_one_of_its_courses_cannot_be_read_and_asks_only_that_one_again(
    engine, connect, sandbox, read
):
    run_id = moodle_results.open_run(engine, TONIGHT)
    batches = batches_of(engine, run_id, connect)
    sandbox.faults.add(
        "moodle", "unavailable", operation="core_enrol_get_enrolled_users", count=1, retry_after=99
    )
    with pytest.raises(RetryLater, match="1 of"):
        moodle_results.land(engine, run_id, batches[0], connect, TONIGHT)
    sandbox.counters.reset()
    assert land_and_derive(engine, run_id, batches, connect) == batches
    asked = read("select count(*) as courses from ops.run_steps where step = 'land'")["courses"][0]
    assert sandbox.counters.of("moodle")["core_enrol_get_enrolled_users"] < asked
    assert moodle_results.finish(engine, run_id) == "success"


def test_a_site_of_infocaption_that_refused_its_secret_gives_its_competences_when_it_runs_again(
    engine, connect, sandbox, read
):
    flow = infocaption_competences
    run_id = flow.open_run(engine, TONIGHT)
    sandbox.faults.add("infocaption", "forbidden", count=None)
    batches = flow.plan(engine, run_id, connect, TONIGHT)
    for mended in (False, True):
        if mended:
            sandbox.faults.clear()
        for batch in batches:
            assert worked(lambda: flow.land(engine, run_id, batch, connect, TONIGHT)) is mended  # noqa: B023
            flow.derive(engine, run_id, batch, connect, TONIGHT)
        flow.award(engine, run_id, TONIGHT)
        assert flow.finish(engine, run_id) == ("success" if mended else "incomplete")
    given = read("select count(*) as held from core.earned_competences")["held"][0]
    flow.run(engine, connect, Options(full=True))
    assert given == read("select count(*) as held from core.earned_competences")["held"][0] > 0


def test_a_run_that_cannot_even_be_planned_without_airflow_ends_with_a_status(engine, wrong, read):
    for flow in (moodle_results, infocaption_competences):
        run_id, status = flow.run(engine, wrong, TONIGHT)
        assert status == "incomplete"
        assert read(f"select finished_at is not null as over from mart.runs where run_id = '{run_id}'")[
            "over"
        ][0]


def test_a_connection_that_is_gone_when_it_is_derived_is_no_problem_any_more_once_it_is_back(
    engine, connect, read
):
    flow = infocaption_competences
    run_id = flow.open_run(engine, TONIGHT)
    batches = flow.plan(engine, run_id, connect, TONIGHT)

    def gone(conn_id):
        raise GiveUp(f"connection {conn_id} is not defined")

    for batch in batches:
        flow.land(engine, run_id, batch, connect, TONIGHT)
        assert not worked(lambda: flow.derive(engine, run_id, batch, gone, TONIGHT))  # noqa: B023
    assert flow.finish(engine, run_id) == "incomplete"
    for batch in batches:
        flow.derive(engine, run_id, batch, connect, TONIGHT)
    assert flow.finish(engine, run_id) == "success"


def test_without_airflow_a_task_that_fails_without_a_word_in_the_report_makes_the_run_incomplete(
    engine, connect, read
):
    asked = []

    def gone_after_the_plan(conn_id):
        asked.append(conn_id)
        if len(asked) > 1:
            raise GiveUp(f"connection {conn_id} is not defined")
        return connect(conn_id)

    assert moodle_results.run(engine, gone_after_the_plan, TONIGHT)[1] == "incomplete"
