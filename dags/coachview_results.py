"""# Registrations of completed courses

Soon after e-learning systems reported completed courses, after the nights of polled systems, and every morning at
06:30 (Europe/Amsterdam): registers each completion on the e-learning parts of training requests whose course it is.
Result, presence and passed as they were told, finished, approved, and the day of completion.

**Green** means that every completion is registered, counted for nothing new, or listed with a reason. **Red** means
that an integration could not be looked at; all others were. The log of `report` holds the report of the run, with what
to do about each problem. `mart.registrations` shows what is registered, `mart.registration_attempts` each completion
and what it did, `mart.rejections` those that count for nothing yet: no request, a person or course that is not known, a
request that is finished, a grade outside the definition. They are registered by the next run after the cause is gone;
nobody has to send anything again.

**Nothing twice**: a completion counts once. The first result of a part stands, a later grade is kept and listed; what
is ticked is never taken back.

**Rerun**: mend what the report names, then clear the run's failed tasks. What is registered stays.

**Run by hand**: *Trigger* with *from* and *to* (nights, UTC days: only what had been reported until then), *full* (also
when nothing came in and no reference data changed), *dry run* (counts only, registers nothing). `etl registrations
list` and `attempts` show the same on the command line.

**Backfill**: `airflow backfill create --dag-id coachview_results --from-date 2026-11-01 --to-date 2026-11-08`, with
`--dry-run` first; the bounds are UTC midnights: these are the nights of 1 to 7 November.
"""

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, dag, task
from learning_results_airflow import DEFAULT_ARGS, alerts, run_options, work
from learning_results_params import night_params
from learning_results_tasks import doc, open_run, report

FLOW = "coachview_results"
POOL = "coachview"


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("30 6 * * *", timezone="Europe/Amsterdam", interval=timedelta(days=1)),
        assets=Asset("reported_completions") | Asset("learning_results_loaded"),
    ),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    on_failure_callback=alerts(),
    doc_md=doc(__doc__, registrations="Registrations"),
    tags=["coachview", "nightly"],
    params=night_params(),
)
def coachview_results() -> None:
    @task(pool=POOL)
    def derive(run: str, **context: Any) -> None:
        from etl.connectors.coachview import flow

        with work(run, context) as engine:
            flow.derive(engine, run, run_options(context))

    run = open_run(FLOW)
    derive(run) >> report(FLOW, run)


coachview_results()
