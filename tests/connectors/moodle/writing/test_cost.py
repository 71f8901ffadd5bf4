"""What one call costs the warehouse does not grow with the course, nor with the site."""

import re

from etl import db
from etl.connectors.moodle.writing.enrolments import read_enrolments

PAGES = 40  # of the indexes that lead to one enrolment and one account


def test_to_read_one_enrolment_reads_no_others_of_the_course_and_no_other_accounts_of_the_site(
    client, enrolled, transfer, write, read, engine, monkeypatch
):
    client("N1")
    enrolled("N1")
    transfer()
    write("insert into core.clients (client_code) select 'B' || n from generate_series(1, 5000) as n")
    write("""
        insert into core.moodle_accounts (source, client_code, user_id, origin, suspended)
        select 'moodle_main', 'B' || n, 100000 + n, 'made', false from generate_series(1, 5000) as n
    """)
    write("""
        insert into ops.outbox (target, kind, account, business_key, record_key, if_unknown, status)
        select 'moodle', 'enrolments', 'moodle_main', jsonb_build_object('enrolment', n), n, 'read_back', 'pending'
        from generate_series(1, 5000) as n
    """)
    write("""
        insert into ops.moodle_enrolments
        (item_id, source, source_course_id, enrolment_code, client_code, occurrence_code)
        select item_id, 'moodle_main', '5', 'E-B' || record_key, 'B' || record_key, 'OCC-1004'
        from ops.outbox where status = 'pending'
    """)
    [item] = read("select item_id from ops.moodle_enrolments where enrolment_code = 'E-B2500'")["item_id"]
    told: list[str] = []

    def explained(session, name, **given):
        statement = str(db._clause(name).compile(dialect=session.dialect))
        with db.driver_cursor(session) as cursor:
            cursor.execute(f"explain (analyze, buffers) {cursor.mogrify(statement, given).decode()}")
            told.extend(line for (line,) in cursor.fetchall())
        return []

    with engine.connect() as session:
        [found] = read_enrolments(session, [int(item)])
        monkeypatch.setattr(db, "rows", explained)
        read_enrolments(session, [int(item)])

    assert (found.enrolment_code, found.user_id) == ("E-B2500", "102500")
    assert int(re.findall(r"shared hit=(\d+)", "\n".join(told))[0]) < PAGES
