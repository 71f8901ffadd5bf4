"""# Accreditation points to PE-Online

Runs as soon as results are loaded, and every hour by itself: brings the ledger `mart.pe_attendance` up to date with
what was completed, and registers what is due, profession group by profession group. It reads the ledger, never the
event that started it.

**Green** means that every row that was due got an answer. **Red** means that a person has to act: an account was
refused, an outcome stayed unknown, or PE-Online could not be reached. The log of `report` holds the report of the
run, with what to do about each problem. Rows that are withheld (no relation number, a number of the wrong form) are
listed in `mart.rejections`, the run stays green.

**Rerun**: mend what the report names, then clear the run's failed tasks: the run ends as if nothing had failed. A row
that PE-Online accepted is not sent again; a row whose answer was lost is sent again unchanged, which PE-Online
registers once.

**Pause or test**: the connection of the account has the fields *paused* and *mode*. Points of a paused account wait
with the reason `account_paused`. What was accepted in test mode is sent again after *mode* is set to `live`; what was
accepted as live while PE-Online was still testing is sent again by `etl pe resend --status accepted`.

**Nothing twice**: PE-Online cannot take points back. One number, PE course and module is claimed once in an
accreditation period; a number that two clients hold, or a PE course that replaced the one a pass was sent under, is
withheld and listed until a person decides (`etl pe list --status withheld`, `etl pe resend --status withheld`).

**Dry run**: *Trigger* with *dry run* writes what would be sent, without the key, to files on the machine that runs
the task (the log says where); nothing is sent.
"""

from datetime import datetime

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, dag
from learning_results_airflow import DEFAULT_ARGS, alerts
from learning_results_params import push_params
from learning_results_tasks import doc, open_run, pushes, report

FLOW = "pe_online_attendance"
POOL = "pe_online"


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("15 * * * *", timezone="Europe/Amsterdam"),
        assets=[Asset("learning_results_loaded")],
    ),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=4,  # a run that waits to try one account again must not keep the others' points back
    default_args=DEFAULT_ARGS,
    on_failure_callback=alerts(),
    doc_md=doc(__doc__, points="Points"),
    tags=["pe-online", "push"],
    params=push_params("Writes what would be sent to files; the log of the task plan says where."),
)
def pe_online_attendance() -> None:
    run = open_run(FLOW)
    pushes(FLOW, run, POOL) >> report(FLOW, run)


pe_online_attendance()
