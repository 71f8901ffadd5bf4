"""# Moodle results

Every night at 04:00 (Europe/Amsterdam): asks each Moodle site what changed, and records passed, failed and started
units and tasks, and completed courses. Afterwards the accreditation points of what was completed are pushed by
`pe_online_attendance`.

**Green** means that every linked course was read and every row is written, unchanged or listed with a reason.
**Red** means that a course or a site could not be read; all others were recorded. The log of `report` names the
courses and what to do. `etl report` and the view `mart.rejections` list the rows that were not recorded.

**Rerun**: clear the run's failed tasks (or all of them). Courses that were polled are not asked again, results that
are recorded stay, nothing is sent twice.

**Run by hand**: *Trigger* with *courses* (Moodle's course ids), *from* and *to* (nights, UTC days, derived again from
what was landed then), *full* (ask and derive everything, changed or not), *dry run* (counts only, writes no result).

**Backfill**: `airflow backfill create --dag-id moodle_results --from-date 2026-11-01 --to-date 2026-11-08`, with
`--dry-run` first; the bounds are UTC midnights, so that this means the nights of 1 to 7 November. Past nights are
derived from what was landed then; a course of which nothing was landed is polled as it is now.
"""

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Asset, CronTriggerTimetable, TriggerRule, dag, task, task_group
from learning_results_airflow import (
    DEFAULT_ARGS,
    connect,
    end_of_run,
    night_params,
    run_options,
    warehouse_engine,
)

RESULTS = Asset("learning_results_loaded")
POOL = "moodle"


@dag(
    schedule=CronTriggerTimetable("0 4 * * *", timezone="Europe/Amsterdam", interval=timedelta(days=1)),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=2,
    default_args=DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["moodle", "nightly"],
    params=night_params("Moodle course ids; none = all"),
)
def moodle_results() -> None:
    @task
    def open_run(**context: Any) -> str:
        from etl.flows import moodle_results as flow

        return flow.open_run(warehouse_engine(), run_options(context), context["run_id"])

    @task(pool=POOL)
    def plan(run: str, **context: Any) -> list[dict[str, Any]]:
        from etl.flows import moodle_results as flow

        return list(flow.plan(warehouse_engine(), run, connect, run_options(context)))

    @task(pool=POOL)
    def land(run: str, batch: dict[str, Any], **context: Any) -> None:
        from etl.flows import moodle_results as flow

        flow.land(warehouse_engine(), run, batch, connect, run_options(context))

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def derive(run: str, batch: dict[str, Any], **context: Any) -> None:
        from etl.flows import moodle_results as flow

        flow.derive(warehouse_engine(), run, batch, run_options(context))

    @task(trigger_rule=TriggerRule.ALL_DONE, outlets=[RESULTS])
    def loaded() -> None:
        """Tell the push that results may have come in; it reads the warehouse, never this event."""

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def report(run: str, **context: Any) -> None:
        from etl.flows import moodle_results as flow

        end_of_run(flow, run, context)

    @task_group
    def batch(run: str, batch: dict[str, Any]) -> None:
        land(run, batch) >> derive(run, batch)

    run = open_run()
    batches = batch.partial(run=run).expand(batch=plan(run))
    batches >> loaded() >> report(run)


moodle_results()
