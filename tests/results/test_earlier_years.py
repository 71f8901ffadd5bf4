"""What earlier years left is not read for the learners of today."""

import pytest

from etl import db

# 2,000 learners of this year with a unit each, and what 30 years left of them, whose codes come after.
YEARS = """
insert into core.clients (client_code) select 'C' || n from generate_series(1, 2000) as n;
insert into core.units (unit_code, kind, name) values ('U', 'unit', 'U');
insert into core.occurrences (occurrence_code, name, status)
select year || '/' || o, 'O', case year when 0 then 'active' else 'finished' end
from generate_series(0, 30) as year cross join generate_series(1, 40) as o;
insert into core.enrolments (enrolment_code, client_code, occurrence_code, status)
select
    case year when 0 then 'A' else 'Z' || year || '/' end || n,
    'C' || n,
    year || '/' || 1 + n % 40,
    case year when 0 then 'active' else 'completed' end
from generate_series(0, 30) as year cross join generate_series(1, 2000) as n;
insert into core.enrolment_units (enrolment_code, unit_code)
select enrolment_code, 'U' from core.enrolments where status = 'active' and enrolment_code like 'A%';
insert into core.recorded_results (enrolment_code, unit_code, status, started_on, finished_on)
select enrolment_code, unit_code, 'passed', '2026-09-01', '2026-09-02'
from core.enrolment_units
where unit_code = 'U';
analyze core.enrolments, core.enrolment_units, core.recorded_results
"""
READ = "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relid = 'core.enrolments'::regclass"


@pytest.mark.long
def test_a_few_learners_are_looked_up_without_the_enrolments_of_other_years(engine):
    with engine.begin() as session, db.driver_cursor(session) as cursor:
        cursor.execute(YEARS)
    asked = {
        "occurrences": [f"0/{one}" for one in range(1, 41)],
        "clients": [f"C{one}" for one in range(1, 41)],
    }
    for statement in ("training_plan", "recorded"):
        with engine.connect() as session:
            before = session.exec_driver_sql(READ).scalar_one()
            found = db.query(session, f"results/administration.{statement}", **asked)
            read = session.exec_driver_sql(READ).scalar_one() - before

        assert len(found) == 40
        assert read <= 2000, statement
