"""# InfoCaption competences

Every night at 05:00 (Europe/Stockholm), after the Moodle night: asks each InfoCaption site who passed the courses
that are linked to competences, and gives the competences, with their validity. Completed Moodle courses that are
linked give theirs in the same run.

**Green** means that every linked course was read and every row is written, unchanged or listed with a reason.
**Red** means that a course or a site could not be read; all others were recorded. The log of `report` holds the
report of the run, with what to do about each problem. `etl report` and the view `mart.rejections` list who was not
recognised and links that give nothing (the course is gone, or not published); `mart.competence_links` shows the state
of every link.

**Why competences are given here**, once a night after both systems were read, and not at once after each: a pass of
Moodle and one of InfoCaption may give the same competence, and what is given on half of what happened would be seen,
and corrected an hour later. So also a dry run or a past night shows what it would give. A site without InfoCaption
leaves this flow switched on: it has nobody to ask then, and gives what Moodle courses earn.

**A competence waits for its courses**: nothing is given for one while a linked course (not gone, published) was never
read whole; it is listed (`course_not_read`) with the course to mend, or whose link to remove. What was given while a
course could not be read is corrected when it comes in, as if all had been read at once, and kept in
`mart.competence_corrections`. What people hold stands against courses linked later and against passes entered late.

**Rerun**: mend what the report names, then clear the run's failed tasks: what failed, and what could not be complete
without it, is red and runs again, so that the run ends as if nothing had failed. Courses that were polled are not
asked again then; clearing *all* tasks asks them again. Competences that people hold stay as they are, none is given
twice.

**Revoke**: `etl competences revoke COMPETENCE --client CODE --by WHO --reason WHY` (or `--everyone`). No run gives it
again until `etl competences restore`. `etl competences unlink` removes a link; what it gave stays.

**Run by hand**: *Trigger* with *courses* (InfoCaption's course ids), *from* and *to* (nights, UTC days, derived again
from what was landed then), *full* (ask and derive everything, changed or not), *dry run* (counts only, gives nothing).

**Backfill**: `airflow backfill create --dag-id infocaption_competences --from-date 2026-11-01 --to-date 2026-11-08`,
with `--dry-run` first; the bounds are UTC midnights: these are the nights of 1 to 7 November, which
Airflow lists by the start of the day before, 31 October to 6 November.
Past nights are derived from what was landed then; a course of which nothing was landed is polled as it is now.
"""

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, TriggerRule, dag, task
from learning_results_airflow import DEFAULT_ARGS, alerts, run_options, work
from learning_results_params import course_params
from learning_results_tasks import course_batches, doc, open_run, report

FLOW = "infocaption_competences"
POOL = "infocaption"


@dag(
    schedule=CronTriggerTimetable("0 5 * * *", timezone="Europe/Stockholm", interval=timedelta(days=1)),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=2,
    default_args=DEFAULT_ARGS,
    on_failure_callback=alerts(),
    doc_md=doc(__doc__, competences="Competences"),
    tags=["infocaption", "nightly"],
    params=course_params("Ids of InfoCaption courses"),
)
def infocaption_competences() -> None:
    @task(trigger_rule=TriggerRule.ALL_DONE)
    def award(run: str, **context: Any) -> None:
        """After all batches, so that the order of the courses makes no difference."""
        from etl.connectors.infocaption import flow

        with work(run, context) as engine:
            flow.award(engine, run, run_options(context))

    run = open_run(FLOW)
    course_batches(FLOW, run, POOL) >> award(run) >> report(FLOW, run)


infocaption_competences()
