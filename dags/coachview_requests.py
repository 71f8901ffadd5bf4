"""# Requests from Coachview

Every morning at 05:30 (Europe/Amsterdam), before results are registered: reads what changed in Coachview's trainings,
their e-learning parts, who asked for them, and what is finished of them already, and brings it into the reference
data. Nothing is read until *Read requests* of the connection `coachview` is on.

**Green** means that every list was read until today and each row was taken, or is listed with a reason
(`mart.rejections`). It is also green, and says so, where the requests of this day (5,000) are used up but those that
are kept for reading back what became of results: the next run goes on where this one stopped. **Red** means that a
list could not be read; the others were. The log of `report` holds the report of the run, with what to do about each
problem.

**What people entered stands**: a row that was entered by hand is not changed, also where Coachview says otherwise
(`entered_by_hand`): leave it out of its file to have Coachview's. A row of Coachview that is imported with other
values is the person's from then on. What Coachview no longer lists is closed after the weekly look at all of it,
never before.

**Rerun**: mend what the report names, then clear the run's failed tasks. Nothing is taken twice.

**Run by hand**: *Trigger* with *full* (look at all of every list, not at what changed) or *dry run* (says how many
rows changed, and takes nothing).
"""

from datetime import datetime
from typing import Any

from airflow.sdk import Asset, CronTriggerTimetable, TriggerRule, dag, task
from learning_results_airflow import DEFAULT_ARGS, alerts, connect, run_options, work
from learning_results_params import read_params
from learning_results_tasks import doc, open_run, report, tell

FLOW = "coachview_requests"
POOL = "coachview"
REFERENCE_DATA = Asset("reference_data_loaded")


@dag(
    schedule=CronTriggerTimetable("30 5 * * *", timezone="Europe/Amsterdam"),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    on_failure_callback=alerts(),
    doc_md=doc(__doc__, registrations="Registrations"),
    tags=["coachview", "nightly"],
    params=read_params(),
)
def coachview_requests() -> None:
    @task(pool=POOL)
    def read(run: str, **context: Any) -> None:
        from etl.connectors.coachview import requests as flow

        with work(run, context) as engine:
            flow.read(engine, run, connect, run_options(context))

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def derive(run: str, **context: Any) -> None:
        from etl.connectors.coachview import requests as flow

        with work(run, context) as engine:
            flow.derive(engine, run, connect, run_options(context))

    run = open_run(FLOW)
    reported = report(FLOW, run)
    read(run) >> derive(run) >> reported
    tell(REFERENCE_DATA, reported)


coachview_requests()
