"""Lists hold each row of the views once, in order, over all their pages: whatever of a row coincides."""

import re

import pytest
from sqlalchemy import text

from etl.pages import competence_holders, enrolments, points
from tests.pages.reading import pages_of

# Periods of a source and of the administration that begin on one day, ended ones that were earned again, revocations
# from a person, from everyone and from both.
HOLDERS = """
insert into core.competences (competence_code, name) values ('K1', 'One'), ('K2', 'Two');
insert into core.earned_competences
(client_code, competence_code, valid_from, valid_to, source, source_course_id, run_id)
select
    'C' || n,
    competence,
    current_date - days - n % 5,
    case when n % 8 > 0 then current_date - days - n % 5 + 5 + n % 4 * 30 end,
    'main',
    '7',
    'run'
from generate_series(100, 199) as n
cross join (values (30), (60)) as periods (days)
cross join (values ('K1'), ('K2')) as of (competence)
where (n + days) % 4 > 0;
insert into core.recorded_competences (client_code, competence_code, valid_from, valid_to, closed_at)
select client_code, competence_code, valid_from, valid_to, case when right(client_code, 1) = '3' then now() end
from core.earned_competences
where right(client_code, 1) in ('1', '2', '3', '5');
insert into ops.competence_decisions (decision, competence_code, client_code, decided_by, reason)
select 'revoked', competence, 'C' || n, 'somebody', 'because'
from generate_series(100, 199) as n
cross join (values ('K1'), ('K2')) as of (competence)
where n % 6 = 0;
insert into ops.competence_decisions (decision, competence_code, decided_by, reason)
values ('revoked', 'K2', 'somebody', 'because');
"""


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (
            "state=held",
            "valid_from, valid_to from mart.competences where held_now and competence_code = 'K1'",
        ),
        (
            "state=expiring&days=20",
            "valid_from, valid_to from mart.competences"
            " where held_now and days_left <= 20 and competence_code = 'K1'",
        ),
        ("state=expired", "valid_from, valid_to from mart.competences_expired where competence_code = 'K1'"),
        ("state=revoked", "valid_from, valid_to from mart.competences_revoked where competence_code = 'K1'"),
        (
            "competence=K2&state=revoked",
            "valid_from, valid_to from mart.competences_revoked where competence_code = 'K2'",
        ),
    ],
)
def test_who_holds_or_held_a_competence_is_listed_once_a_period(
    op, people, engine, held, monkeypatch, asked, expected
):
    monkeypatch.setattr(competence_holders, "_MOST", 7)
    monkeypatch.setattr(competence_holders, "_LOOKED_AT", 30)
    with engine.begin() as session:
        session.execute(text(HOLDERS))
    listed = [
        row
        for page in pages_of(
            op, f"competence-holders?{'' if 'competence' in asked else 'competence=K1&'}{asked}"
        )
        for row in re.findall(
            r'<span class="id">(C\d+)</span>.*?"From">([^<]*).*?"To">([^<]*)', page, re.DOTALL
        )
    ]
    found = held(f"select client_code, {expected} order by client_code, valid_from")
    assert len(found) > 7
    assert sorted(listed) == sorted((who, str(begins), str(ends or "no end")) for who, begins, ends in found)
    assert [(who, begins) for who, begins, _ in listed] == [(who, str(begins)) for who, begins, _ in found]


POINTS = """
insert into core.profession_groups (org_id, name, active, number_scheme, number_pattern)
values (52, 'One', true, 'pe', '.'), (53, 'Two', true, 'pe', '.');
insert into ops.outbox (target, kind, account, business_key, record_key, if_unknown, status, reason)
select
    case when n % 4 = 0 then 'moodle' else 'pe_online' end,
    'points',
    cast(52 + n % 2 as text),
    jsonb_build_object('n', n),
    cast(n as text),
    'person',
    (array['pending', 'sending', 'unknown', 'withheld', 'rejected', 'accepted', 'accepted_in_test'])[1 + n % 7],
    case when n % 7 between 2 and 4 then (array['no_relation_number', 'number_changed'])[1 + n % 2] end
from generate_series(100, 199) as n;
insert into ops.pe_attendance
(item_id, org_id, client_code, source, source_course_id, passed_at, pe_course_id, course_type, end_date)
select item_id, cast(account as integer), 'C' || 100 + item_id % 9, 'main', '7', now(), '7', 2, '2026-09-01'
from ops.outbox
where target = 'pe_online';
"""


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ("", "true"),
        ("status=pending", "status = 'pending'"),
        ("org_id=52", "org_id = 52"),
        (
            "org_id=53&status=withheld&reason=number_changed",
            "org_id = 53 and status = 'withheld' and reason = 'number_changed'",
        ),
        ("reason=no_relation_number", "reason = 'no_relation_number'"),
        ("client_code=C103", "client_code = 'C103'"),
    ],
)
def test_points_are_listed_once_each_the_newest_first(op, people, engine, held, monkeypatch, asked, where):
    monkeypatch.setattr(points, "_MOST", 4)
    with engine.begin() as session:
        session.execute(text(POINTS))
    pages = pages_of(op, f"points?{asked}")
    listed = [(int(one),) for page in pages for one in re.findall(r'href="point\?item_id=(\d+)"', page)]
    found = held(f"select attendance_id from mart.pe_attendance where {where} order by attendance_id desc")
    assert listed == found
    assert len(found) > 1


LEDGER = """
insert into core.moodle_writing (source, writing) values ('main', 'on');
insert into ops.outbox (target, kind, account, business_key, record_key, if_unknown, status, reason)
select
    'moodle',
    case when n % 10 = 7 then 'withdrawals' else 'enrolments' end,
    source,
    jsonb_build_object('n', n, 'source', source),
    n || source,
    'read_back',
    (array['pending', 'withheld', 'withheld', 'accepted', 'withheld'])[1 + n % 5],
    (array[null, 'waits_for_person', 'client_archived', null, 'no_longer_wished'])[1 + n % 5]
from generate_series(100, 159) as n
cross join (values ('main'), ('again')) as of (source);
insert into ops.moodle_enrolments (item_id, source, source_course_id, enrolment_code, client_code, occurrence_code)
select item_id, account, '7', 'E' || left(record_key, 3), 'C' || left(record_key, 3), occurrence_code
from ops.outbox
join core.enrolments on enrolment_code = 'E' || left(record_key, 3);
"""


@pytest.mark.parametrize(
    ("asked", "where"),
    [("", "true"), ("search=OCC-101", "occurrence_code = 'OCC-101'"), ("reason=client_archived", "true")],
)
def test_occurrences_are_listed_once_each_with_how_their_enrolments_stand(
    op, people, engine, held, monkeypatch, asked, where
):
    monkeypatch.setattr(enrolments, "_OCCURRENCES", 1)
    with engine.begin() as session:
        session.execute(text(LEDGER))
    listed = [
        row
        for page in pages_of(op, f"enrolments?{asked}")
        for row in re.findall(
            r'href="enrolments\?occurrence=([^"&]*)[^"]*">OCC.*?"Ready">(\d+).*?way">(\d+).*?red">(\d+).*?ked">(?:<a[^>]*>)?(\d+)',
            page,
            re.DOTALL,
        )
    ]
    counts = ", ".join(
        f"cast(count(*) filter (where {state}) as text)"
        for state in ("state = 'ready'", "on_its_way", "state = 'transferred'", "state = 'blocked'")
    )
    found = held(
        f"select occurrence_code, {counts} from mart.moodle_enrolments where source = 'main' and {where}"
        " group by occurrence_code order by occurrence_code"
    )
    assert listed == found
    assert all(int(blocked) for *_, blocked in found)
