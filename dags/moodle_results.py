"""# Moodle results

Every night at 04:00 (Europe/Amsterdam): asks each Moodle site what changed, and records passed, failed and started
units and tasks, and completed courses. Afterwards the accreditation points of what was completed are pushed by
`pe_online_attendance`. The courses of finished occurrences are asked once a week whether anybody was there since, for
grades that come late, until they are over (`late_days` of `sources.csv`); `mart.asked_courses` shows which is asked how
often.

**Green** means that every linked course was read and every row is written, unchanged or listed with a reason.
**Red** means that a course or a site could not be read; all others were recorded, and their points go to PE-Online
with the next hourly push. The log of `report` holds the report of the run: counts, rejections by reason, and for each
problem what to do. `etl report` and the views `mart.runs` and `mart.rejections` show the same.

**Rerun**: mend what the report names, then clear the run's failed tasks: what failed, and what could not be complete
without it, is red and runs again, so that the run ends as if nothing had failed. Courses that were polled are not
asked again then; clearing *all* tasks asks them again. Results that are recorded stay, nothing is sent twice.

**Run by hand**: *Trigger* with *courses* (Moodle's course ids), *from* and *to* (nights, UTC days, derived again from
what was landed then), *full* (ask and derive everything, changed or not), *dry run* (counts only, writes no result).

**Backfill**: `airflow backfill create --dag-id moodle_results --from-date 2026-11-01 --to-date 2026-11-08`, with
`--dry-run` first; the bounds are UTC midnights: these are the nights of 1 to 7 November, which
Airflow lists by the start of the day before, 31 October to 6 November. Past
nights are derived from what was landed then; a course of which nothing was landed is polled as it is now.
"""

from datetime import datetime, timedelta

from airflow.sdk import Asset, CronTriggerTimetable, dag
from learning_results_airflow import DEFAULT_ARGS, alerts
from learning_results_params import course_params
from learning_results_tasks import course_batches, doc, open_run, report, tell

FLOW = "moodle_results"
POOL = "moodle"
RESULTS = Asset("learning_results_loaded")


@dag(
    schedule=CronTriggerTimetable("0 4 * * *", timezone="Europe/Amsterdam", interval=timedelta(days=1)),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=2,
    default_args=DEFAULT_ARGS,
    on_failure_callback=alerts(),
    doc_md=doc(__doc__, mapping="Mapping", results="Results"),
    tags=["moodle", "nightly"],
    params=course_params("Ids of Moodle courses"),
)
def moodle_results() -> None:
    run = open_run(FLOW)
    reported = report(FLOW, run)
    course_batches(FLOW, run, POOL) >> reported
    tell(RESULTS, reported)


moodle_results()
