"""Results in a browser: one that waits for review is adjusted and recorded by keyboard alone."""

import pytest

from tests.browser.test_every_page import findings, overflows
from tests.browser.test_mapping import enter

WAITS = """
insert into core.proposed_results (enrolment_code, unit_code, source, status, started_on, finished_on, run_id)
select plan.enrolment_code, plan.unit_code, 'moodle_main', 'passed', date '2026-09-01', date '2026-09-10', 'review'
from core.enrolment_units as plan
join core.enrolments using (enrolment_code)
where enrolments.status = 'active' and enrolments.closed_at is null and plan.closed_at is null
and not exists (
    select from mart.unit_results as held
    where held.enrolment_code = plan.enrolment_code and held.unit_code = plan.unit_code
)
order by 1, 2 limit 1
returning (select client_code from core.enrolments as e where e.enrolment_code = proposed_results.enrolment_code)
"""


@pytest.fixture(scope="module")
def learner(filled):
    """Somebody of whom one result waits for review."""
    with filled.begin() as session:
        return session.exec_driver_sql(WAITS).scalar_one()


def test_a_result_is_adjusted_and_recorded_by_keyboard_alone(visit, learner):
    page = visit("results")
    page.get_by_label("Learner").focus()
    page.keyboard.type(learner)
    page.keyboard.press("Enter")
    page.wait_for_url("**learner=*")
    enter(page, page.get_by_role("link", name=f"Adjust {learner}"))
    page.wait_for_url("**adjust=*")
    assert findings(page) == []
    page.get_by_label("Result", exact=True).focus()
    page.keyboard.press("f")
    enter(page, page.get_by_role("button", name="Keep"))
    page.get_by_role("status").wait_for()
    assert "is adjusted." in page.get_by_role("status").inner_text()
    assert page.locator(".state.adjusted").count() == 1
    enter(page, page.get_by_role("button", name=f"Record {learner}"))
    page.wait_for_url("**recorded*")
    assert page.get_by_role("status").inner_text() == "1 results recorded."
    assert page.locator("tr", has_text="failed").count() >= 1


def test_the_filled_list_is_whole_on_a_narrow_dark_screen(visit):
    page = visit("results", scheme="dark", width=400)
    assert not overflows(page)
    assert findings(page) == []
