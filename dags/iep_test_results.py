"""# Test results of IEP LVS

Every night at 06:00 (Europe/Amsterdam), and soon after messages came in during the day: takes new files of the drop
locations into the inbox, and records the pupils' test results of every message that is in it. IEP LVS itself sends to
the receiver, at any time, below `/uwlr/leerresultaten` of this server.

**Green** means that every result is written, unchanged or listed with a reason. **Red** means that a drop location or
a message could not be read; all others were recorded. The log of `report` holds the report of the run, with what to
do about each problem. `mart.school_links` shows each
school's last message, counts and warnings; `mart.link_log` every message and what its sender was told;
`mart.rejections` the results of unknown pupils, final tests, rows that could not be read, and files that were set
aside, wait for their school's link, or are not looked at: one line a record or file, as the last message has it.

**A school's link**: `etl iep link activate`, `pause`, `resume`, `end`, `set` (strict or lenient reading, unknown
pupils), `list` and `log`.

**Rerun**: mend what the report names, then clear the run's failed tasks: what failed, and what could not be complete
without it, is red and runs again, so that the run ends as if nothing had failed. Files that were taken are not taken
again, results that are recorded stay, and the same message again writes nothing.

**Run by hand**: *Trigger* with *from* and *to* (nights, UTC days; what came in then is derived again from the inbox),
*full* (derive the whole inbox again), *dry run* (counts only, writes no result).

**Backfill**: `airflow backfill create --dag-id iep_test_results --from-date 2026-11-01 --to-date 2026-11-08`, with
`--dry-run` first; the bounds are UTC midnights: these are the nights of 1 to 7 November, which
Airflow lists by the start of the day before, 31 October to 6 November. A
past night is derived from the messages of the 24 hours before it, for as long as the inbox keeps them
(IEP_INBOX_RETENTION_DAYS, two years unless set).
"""

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, TriggerRule, dag, task
from learning_results_airflow import DEFAULT_ARGS, alerts, connect, run_options, work
from learning_results_params import night_params
from learning_results_tasks import doc, open_run, report

FLOW = "iep_test_results"
POOL = "iep_lvs"


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("0 6 * * *", timezone="Europe/Amsterdam", interval=timedelta(days=1)),
        assets=[Asset("uwlr_messages")],
    ),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    on_failure_callback=alerts(),
    doc_md=doc(__doc__, schools="Schools"),
    tags=["iep-lvs", "nightly"],
    params=night_params(),
)
def iep_test_results() -> None:
    @task(pool=POOL)
    def poll_drops(run: str, **context: Any) -> None:
        from etl.connectors.iep_lvs import flow

        with work(run, context) as engine:
            flow.poll_drops(engine, run, connect, run_options(context))

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def derive(run: str, **context: Any) -> None:
        """All messages that wait, in one task: what a drop location gives after it was mended is among them."""
        from etl.connectors.iep_lvs import flow

        with work(run, context) as engine:
            flow.derive(engine, run, run_options(context))

    run = open_run(FLOW)
    poll_drops(run) >> derive(run) >> report(FLOW, run)


iep_test_results()
