"""# Results to Coachview

Every hour: sends to Coachview what completed courses registered on open requests, a signed message for each person and
part, and never a second one. Nothing is sent until *Send results* of the connection `coachview` is on.

**Green** means that every result that was due got an answer. **Red** means that a person has to act, or that Coachview
could not be reached. The log of `report` holds the report of the run, with what to do about each problem; results that
Coachview refused are listed in `mart.rejections` and in `etl coachview list`, the run stays green.

**Rerun**: mend what the report names, then clear the run's failed tasks. What was not sent goes out then. A result
whose answer was lost is looked up in Coachview; where it is finished there, it counts as sent. It is never sent again
by itself: where Coachview does not show it, a person looks and decides (`etl coachview settle`).

**Dry run**: *Trigger* with *dry run* says how many results would be sent; nothing is sent.
"""

from datetime import datetime

from airflow.sdk import CronTriggerTimetable, dag
from learning_results_airflow import DEFAULT_ARGS, alerts
from learning_results_params import push_params
from learning_results_tasks import doc, open_run, pushes, report

FLOW = "coachview_push"
POOL = "coachview"


@dag(
    schedule=CronTriggerTimetable("45 * * * *", timezone="Europe/Amsterdam"),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    on_failure_callback=alerts(),
    doc_md=doc(__doc__, registrations="Registrations"),
    tags=["coachview", "push"],
    params=push_params("The log of the task plan says how many results would be sent."),
)
def coachview_push() -> None:
    run = open_run(FLOW)
    pushes(FLOW, run, POOL) >> report(FLOW, run)


coachview_push()
