"""Results in a browser: those that wait for review are adjusted, recorded and dismissed; the second of two sees it."""

from playwright.sync_api import expect

from tests.browser.keys import Keys
from tests.browser.test_every_page import findings

HELD = """
select held.status from mart.unit_results as held join core.enrolments using (enrolment_code)
where enrolments.client_code = :learner and held.unit_code = :unit
"""


def rows_of(page, learner):
    """The rows of a learner that wait, by the name of their box."""
    return page.get_by_label(f"Select {learner} ")


def unit(row):
    return row.get_attribute("aria-label").split()[-1]


def test_a_result_is_adjusted_and_recorded_by_keyboard_alone(visit, held, known):
    learner = known["learner"]
    page = visit("results")
    keys = Keys(page)
    keys.type(page.get_by_label("Learner"), learner)
    keys.send()
    first = unit(rows_of(page, learner).first)
    keys.enter(page.get_by_role("link", name=f"Adjust {learner} {first}"))
    assert findings(page) == []
    keys.type(page.get_by_label("Result", exact=True), "f")
    keys.enter(page.get_by_role("button", name="Keep").last)
    expect(page.get_by_role("status")).to_contain_text("is adjusted.")
    assert keys.next_is_within("#rows")
    expect(page.locator(".state.adjusted")).to_have_count(1)
    keys.enter(page.get_by_role("button", name=f"Record {learner} {first}"))
    expect(page.get_by_role("status")).to_have_text("1 result recorded.")
    assert held(HELD, learner=learner, unit=first) == ["failed"]
    last = "select who, through from ops.audit order by audit_id desc limit 1"
    assert held(last) == [("op", "page")]


def test_the_selected_are_recorded_or_dismissed_with_a_reason(visit, held):
    page = visit("results?state=ready")
    boxes = page.get_by_label("Select CL").all()[:4]
    chosen = [box.get_attribute("aria-label").split()[1:] for box in boxes]
    for box in boxes[:2]:
        box.check()
    page.get_by_role("button", name="Record the selected").click()
    expect(page.get_by_role("status")).to_have_text("2 results recorded.")
    for learner, one in chosen[:2]:
        assert held(HELD, learner=learner, unit=one) == ["passed"]
    for learner, one in chosen[2:]:
        page.get_by_label(f"Select {learner} {one}").check()
    page.get_by_role("button", name="Dismiss the selected").click()
    expect(page.get_by_role("alert")).to_contain_text("say why, to dismiss them")
    for learner, one in chosen[2:]:
        page.get_by_label(f"Select {learner} {one}").check()
    page.get_by_label("Dismiss because").fill("taken elsewhere")
    page.get_by_role("button", name="Dismiss the selected").click()
    expect(page.get_by_role("status")).to_have_text("2 results dismissed.")
    dismissed = "select decided_because, decided_by from core.proposed_results where decision = 'dismissed'"
    assert held(dismissed) == [("taken elsewhere", "op")] * 2


def test_the_second_of_two_who_review_sees_what_the_first_did(visit, held):
    first, second = visit("results?state=ready"), visit("results?state=ready", visitor="admin")
    box = first.get_by_label("Select CL").first
    _, learner, one = box.get_attribute("aria-label").split()
    first.get_by_role("button", name=f"Record {learner} {one}").click()
    expect(first.get_by_role("status")).to_have_text("1 result recorded.")
    second.get_by_label(f"Select {learner} {one}").check()
    second.get_by_label("Dismiss because").fill("not right")
    second.get_by_role("button", name="Dismiss the selected").click()
    expect(second.get_by_role("alert")).to_contain_text("Nothing was changed: 1 was recorded by op already")
    expect(second.get_by_label("Dismiss because")).to_have_value("not right")
    expect(second.get_by_label(f"Select {learner} {one}")).to_have_count(0)
    assert held(HELD, learner=learner, unit=one) == ["passed"]


def test_all_green_are_recorded_at_once_after_the_others(visit, held):
    page = visit("results?occurrence=OCC-1001")
    page.get_by_role("button", name="Record all green of these").click()
    expect(page.get_by_role("status")).to_contain_text("results recorded.")
    assert held("select count(*) from core.proposed_results where decision = 'open'") == [0]
    expect(visit("results?state=ready").locator("#rows")).to_contain_text("No result is as you asked")
