"""What waits for a person, upon what the demo leaves: results to review, points and registrations that were refused or
whose answer was lost, a night with a red step.
"""

from sqlalchemy import text

from etl.connectors.registry import readers
from etl.load import runs
from etl.load.runs import Counts
from etl.results.erase_requests import begin

RED = "access_denied"
ERASED = "CL00040"  # a client of the sample
WAITING = """
insert into core.proposed_results (enrolment_code, unit_code, source, status, started_on, finished_on, run_id)
select plan.enrolment_code, plan.unit_code, 'moodle_main', 'passed', date '2026-09-01', date '2026-09-10', 'review'
from core.enrolment_units as plan
join core.enrolments using (enrolment_code)
where enrolments.status = 'active' and enrolments.closed_at is null and plan.closed_at is null
and enrolments.occurrence_code = 'OCC-1001'
and not exists (
    select from mart.unit_results as held
    where held.enrolment_code = plan.enrolment_code and held.unit_code = plan.unit_code
)
order by 1, 2 limit 12;
"""
# The first of those that were accepted stand otherwise.
STAND = """
update ops.outbox set status = :status, reason = :reason, explanation = 'As a test has it.', attempts = 1
where item_id in (
    select item_id from ops.outbox where target = :target and account = :account and status = 'accepted'
    order by item_id limit 2
)
"""
SENT = (("pe_online", "52", "person_unknown"), ("coachview", "coachview", "not_in_coachview"))
# What addresses name, by what they are called there.
KNOWN = {
    "run": "select run_id from mart.runs where flow = 'moodle_results' order by started_at desc limit 1",
    "unknown": "select min(attendance_id) from mart.pe_attendance where status = 'unknown'",
    "enrolment": "select min(enrolment_code) from mart.unit_results",
    "unit": "select min(unit_code) from mart.unit_results"
    " where enrolment_code = (select min(enrolment_code) from mart.unit_results)",
    "waits": "select min(enrolment_code || '|' || unit_code || '|' || status) from core.proposed_results",
    "learner": "select min(client_code) from core.proposed_results join core.enrolments using (enrolment_code)",
    "holder": "select min(client_code) from mart.competences_held where competence_code = 'CPR'",
    "pupil": "select min(pupil_key) from mart.test_results",
    "test": "select min(result_key) from mart.test_results",
    "request": "select min(request_code) from mart.registrations where registered_at is not null",
    "part": "select min(part_code) from mart.registrations where registered_at is not null"
    " and request_code = (select min(request_code) from mart.registrations where registered_at is not null)",
    "erasing": "select min(request_id) from ops.erasure_requests",
    "erasure": "select min(erasure_id) from ops.erasures",
    "completion": "select min(completion_id) from mart.received_messages",
}


def plant(engine):
    """Put into a warehouse what waits for a person."""
    with engine.begin() as session:
        session.exec_driver_sql(WAITING)
        for target, account, refused in SENT:
            for status, reason in (("unknown", "outcome_unknown"), ("rejected", refused)):
                named = {"target": target, "account": account, "status": status, "reason": reason}
                session.execute(text(STAND), named)
        run_id = runs.open_run(session, "moodle_results", "scheduled__red", {})
        runs.record_step(session, run_id, "land", "moodle_main/2", Counts(calls=3, bytes=1200))
        runs.record_step(session, run_id, "land", "moodle_main/3", Counts(calls=1), RED, "No access to 3")
        runs.close_run(session, run_id)
    begin(engine, ERASED, "admin", "asked for", readers(), patience=60)
