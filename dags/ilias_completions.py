"""# Completions of ILIAS

Every 15 minutes: asks each ILIAS site of `integrations.csv` what changed in anybody's learning progress, and reports
the courses of trainings that were completed. ILIAS shows the present state only: a completion that is followed by
another state before the next run is never seen, so that the runs are many and the first completion that is seen stands.
What is reported is registered by `coachview_results`, which runs soon after.

**Green** means that every site was read and each completion is reported, unchanged or listed with a reason. **Red**
means that a site, users or a test could not be read; all others were. The log of `report` holds the report of the run,
with what to do about each problem. `mart.rejections` lists the completions that wait: a user without a number, a person
whom no request is of, a test without a result. They are reported by the next run after the cause is gone; ILIAS is
asked about a user or a test that did not help a day later again, or at once by *full*.

**Rerun**: mend what the report names, then clear the run's failed tasks. The next run reads what this one did not: how
far a site was read moves only when all of it is kept.

**Run by hand**: *Trigger* with *full* (ask for everything again), *from* and *to* (nights, UTC days, derived again from
what was landed then), *dry run* (asks and counts, keeps nothing).

**Backfill**: *from* and *to* of a run by hand derive a whole day at once; `airflow backfill create --dag-id
ilias_completions` would go through every quarter of an hour.
"""

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Asset, CronTriggerTimetable, dag, task
from learning_results_airflow import DEFAULT_ARGS, alerts, connect, run_options, work
from learning_results_params import night_params
from learning_results_tasks import doc, open_run, report, tell

FLOW = "ilias_completions"
POOL = "ilias"
REPORTED = Asset("reported_completions")


@dag(
    schedule=CronTriggerTimetable(
        "*/15 * * * *", timezone="Europe/Amsterdam", interval=timedelta(minutes=15)
    ),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    on_failure_callback=alerts(),
    doc_md=doc(__doc__, registrations="Registrations"),
    tags=["ilias"],
    params=night_params(),
)
def ilias_completions() -> None:
    @task(pool=POOL)
    def poll(run: str, **context: Any) -> None:
        from etl.connectors.ilias import flow

        with work(run, context) as engine:
            flow.poll(engine, run, connect, run_options(context))

    run = open_run(FLOW)
    reported = report(FLOW, run)
    poll(run) >> reported
    tell(REPORTED, reported)


ilias_completions()
