"""# Enrolments into Moodle

Every quarter of an hour, and as soon as reference data came in (from Coachview, or by `etl reference import` where it
is told which Airflow): what the administration wishes for goes to the Moodle sites of `moodle_writing.csv`. New
enrolments of occurrences that send automatically (or that a person had sent), with an account for who has none;
withdrawals; changes of people. What nobody changed costs no call.

**Green** means that everything that was due was sent, or is listed with a reason (`mart.moodle_enrolments`,
`mart.rejections`): an enrolment that is blocked says what to do. **Red** means that a person has to act, or that a site
could not be reached. The log of `report` holds the report of the run, with what to do about each problem.

**Nothing twice**: one account for each person, one enrolment, one mail. An answer that was lost is settled by reading
back what the site has, before anything else is sent.

**Too much at once**: where more is due than `at_most` of the site allows, nothing is sent. One run is red; the next
ones are not while it is the same number, and it stands among what needs a person. Look at it
(`etl moodle enrolments preview`), then *Trigger* with *at most* as high as it takes.

**Pause** a site in its connection (*Writing paused*); what is due is kept. With `writing` = `test` nothing is sent.

**Rerun**: mend what the report names, then clear the run's failed tasks. What was sent is not sent again.

**Dry run**: *Trigger* with *dry run* counts what would be sent; nothing is sent.
"""

from datetime import datetime

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, Param, dag
from learning_results_airflow import DEFAULT_ARGS, alerts
from learning_results_params import push_params
from learning_results_tasks import doc, open_run, pushes, report

FLOW = "moodle_enrolments"
POOL = "moodle"


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("*/15 * * * *", timezone="Europe/Amsterdam"),
        assets=Asset("reference_data_loaded"),
    ),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    on_failure_callback=alerts(),
    doc_md=doc(__doc__, enrolments="Enrolments"),
    tags=["moodle", "push"],
    params={
        "at_most": Param(
            None,
            type=["null", "integer"],
            minimum=0,
            title="At most",
            description="How many accounts, enrolments and changes this run may send to a site, where that is more than"
            " at_most of moodle_writing.csv. Empty: as that says.",
        ),
        **push_params("The log of the task plan says how much would be sent."),
    },
)
def moodle_enrolments() -> None:
    run = open_run(FLOW)
    pushes(FLOW, run, POOL) >> report(FLOW, run)


moodle_enrolments()
