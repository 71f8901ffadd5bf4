"""A warehouse as the versions before the one ledger had it: a ledger of PE-Online alone, with the same rows."""

from etl import db

_ATTEMPT = "attempt_id, call_id, run_id, connection_id, mode, started_at, finished_at, outcome, error_code"
_DECISION = "decision_id, decision, decided_by, decided_at"
_OUTCOME = "status, reason, explanation, attempts, first_due_at, last_attempt_at, next_attempt_at, entered_at"
_POINT = (
    "org_id, client_code, source, source_course_id, pe_course_id, external_course_code, pe_module_id,"
    " external_module_code, course_type, pe_edition_id, external_edition_id, pe_meeting_id,"
    " external_meeting_id, relation_number, end_date"
)
_ASIDE = (
    "create schema aside",
    "create table aside.points as select * from ops.outbox join ops.pe_attendance using (item_id)",
    "create table aside.attempts as select * from ops.outbox_attempts",
    "create table aside.decisions as select * from ops.outbox_decisions",
    # With the views on it; what other targets say of their items came later, and stays.
    "drop table ops.outbox_decisions, ops.outbox_attempts, ops.pe_attendance, ops.outbox cascade",
    "drop function ops.fact_of",
)
# What made it, and what changed it since.
_ON_THE_LEDGER = ("20261126820001", "20261127080003", "20261127510001")
FIRST = ("20261101000004_pe_online",)
LAST = (*FIRST, "20261126004001_pe_passes")


def restore(site, migrations=LAST):
    """Make the tables that these migrations made, and fill them with the rows of the ledger."""
    for statement in _ASIDE:
        site.sql(statement)
    for name in migrations:
        _run(site, (db.SQL_DIR / "migrations" / f"{name}.sql").read_text(encoding="utf-8"))
    whole = migrations == LAST
    passed_at, cause, before = (", passed_at", ", cause", ", status_before") if whole else ("", "", "")
    point = f"{_POINT}, {_OUTCOME}{passed_at}"
    _copy(site, "pe_attendance", f"attendance_id, {point}", f"item_id, {point}", "points")
    attempt = f"{_ATTEMPT}{cause}"
    _copy(site, "pe_attempts", f"attendance_id, {attempt}", f"item_id, {attempt}", "attempts")
    decision = f"{_DECISION}{before}"
    _copy(site, "pe_decisions", f"attendance_id, {decision}", f"item_id, {decision}", "decisions")
    site.sql("drop schema aside cascade")
    site.sql(f"delete from ops.schema_migrations where version in {_ON_THE_LEDGER}")


def _copy(site, table, columns, values, aside):
    site.sql(
        f"insert into ops.{table} ({columns}) overriding system value select {values} from aside.{aside}"
    )
    number = columns.split(", ")[0] if table == "pe_attendance" else columns.split(", ")[1]
    site.sql(
        f"select setval(pg_get_serial_sequence('ops.{table}', '{number}'), coalesce(max({number}), 0) + 1, false)"
        f" from ops.{table}"
    )


def _run(site, migration):
    with site.engine.begin() as session:
        session.exec_driver_sql(migration)
