"""The list of results holds each row of the views once, in order, over all its pages: whatever of a row coincides."""

import re
from html import unescape

import pytest
from sqlalchemy import text

from etl.pages import results
from etl.pages.results import STATES
from tests.pages.reading import pages_of, words

# Results that stand beside open proposals of the same unit, of the
# administration and derived, closed ones too; adjusted ones; two proposals of one unit.
ODD = """
insert into core.proposed_results
(
    enrolment_code, unit_code, source, status, started_on, finished_on, run_id, adjusted, adjusted_status, decision,
    decided_by, decided_at
)
select
    'E' || n,
    unit,
    case when n % 2 = 0 then 'main' else 'again' end,
    status,
    date '2026-08-01' + n % 30,
    date '2026-09-01' + n % 30,
    'run',
    n % 4 = 0,
    case when n % 8 = 0 then 'started' when n % 4 = 0 then 'failed' end,
    case when n % 9 = 0 then 'dismissed' else 'open' end,
    case when n % 9 = 0 then 'somebody' end,
    case when n % 9 = 0 then now() end
from generate_series(100, 199) as n
cross join (values ('U1', 'passed'), ('U1', 'failed'), ('U2', 'passed')) as of (unit, status);
insert into core.unit_results (enrolment_code, unit_code, source, status, started_on, finished_on, run_id)
select
    'E' || n,
    'U1',
    'main',
    (array['started', 'passed', 'failed'])[1 + n % 3],
    date '2026-08-02',
    case when n % 3 > 0 then date '2026-09-02' + n % 30 end,
    'run'
from generate_series(100, 199) as n
where n % 5 < 2;
insert into core.recorded_results (enrolment_code, unit_code, status, started_on, finished_on, closed_at)
select
    'E' || n,
    'U' || 1 + n / 2 % 2,
    (array['failed', 'passed', 'started'])[1 + n % 3],
    date '2026-08-03',
    case when n % 3 < 2 then date '2026-09-03' + n % 30 end,
    case when n % 4 = 1 then now() end
from generate_series(100, 199) as n
where n % 3 < 2 and n % 6 < 5;
"""
SHOWN = """
select enrolment_code, unit_code, status, state
from (
    select source, occurrence_code, client_code, enrolment_code, unit_code, proposed_status as status, state,
        coalesce(finished_on, started_on) as day
    from mart.proposals
    where state not in ('approved', 'dismissed')
    union
    select source, occurrence_code, client_code, enrolment_code, unit_code, status, 'recorded',
        coalesce(finished_on, started_on)
    from mart.unit_results
) as every
where {where}
order by enrolment_code, unit_code, status, state
"""


@pytest.fixture
def odd(people, engine):
    with engine.begin() as session:
        session.execute(text(ODD))


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ("", "true"),
        *((f"state={state}", f"state = '{state}'") for state in STATES),
        ("state=not_possible&occurrence=OCC-101", "state = 'not_possible' and occurrence_code = 'OCC-101'"),
        ("state=not_possible&learner=C154", "state = 'not_possible' and client_code = 'C154'"),
        ("course=7", "occurrence_code = 'OCC-101'"),
        ("source=again", "source = 'again'"),
        ("since=2026-09-20", "day >= '2026-09-20'"),
        ("since=2027-01-01", "day >= '2027-01-01'"),
    ],
)
def test_results_are_listed_once_each_in_order_with_their_state(op, odd, held, monkeypatch, asked, where):
    monkeypatch.setattr(results, "_MOST", 7)
    monkeypatch.setattr(results, "_LOOKED_AT", 11)
    looks = {look: state for state, (look, _) in STATES.items()}
    listed = [
        (*unescape(key).split("|"), looks[look])
        for page in pages_of(op, f"results?{asked}")
        for key, look in re.findall(r'<tr id="([^"]*)".*?class="state (\w+)"', page, re.DOTALL)
    ]
    assert listed == held(SHOWN.format(where=where))


def test_the_odd_cases_are_all_there(odd, held):
    counts = dict(held(f"select state, count(*) from ({SHOWN.format(where='true')}) as every group by state"))
    assert set(counts) == set(STATES)
    assert min(counts.values()) > 7
    twins = (
        f"select 1 from ({SHOWN.format(where='true')}) as every group by 1, enrolment_code, unit_code, status"
    )
    assert len(held(f"{twins} having count(*) > 1")) > 7


@pytest.mark.parametrize("asked", ["state=not_possible&occurrence=OCC-100", "source=elsewhere"])
def test_a_page_without_what_is_asked_for_says_how_many_were_looked_at_and_leads_on(
    op, odd, monkeypatch, asked
):
    monkeypatch.setattr(results, "_LOOKED_AT", 3)
    looked = "Of the 3 enrolments that were looked at no result is as you asked."
    pages = list(pages_of(op, f"results?{asked}"))
    assert any(looked in page and "Look through the next 3 enrolments" in page for page in pages)


def test_more_than_are_counted_wait_as_so_many_and_more(op, odd, monkeypatch):
    monkeypatch.setattr(results, "_COUNTED", 10)
    assert "10+ wait for review" in words(op.get("/results"))
