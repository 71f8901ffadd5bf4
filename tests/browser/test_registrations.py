"""Registrations in a browser: a training administrator chooses the result definition and sees why one was refused, by
keyboard alone; results are settled and offered again.
"""

from playwright.sync_api import expect

from tests.browser.keys import Keys
from tests.browser.test_every_page import findings

STUDIO = "select minimum, maximum, pass_mark from core.integrations where integration = 'studio'"
STATUS = "select status from mart.coachview_results where result_id = :item"


def test_the_result_definition_is_chosen_and_a_refusal_explained_by_keyboard_alone(visit, held):
    before = held(STUDIO)
    page = visit("registrations")
    keys = Keys(page)
    keys.skip()
    keys.enter(page.get_by_role("link", name="Change studio"))
    mark = page.get_by_label("Passed from")
    keys.to(mark)
    page.keyboard.press("Control+A")
    page.keyboard.type("6.5")
    keys.enter(page.get_by_role("button", name="What this would change"))
    expect(page.get_by_role("status")).to_be_visible()
    assert held(STUDIO) == before
    assert findings(page) == []
    keys.enter(page.get_by_role("button", name="Save"))
    expect(page.get_by_role("status")).to_contain_text("Saved. What follows from it")
    assert [str(row[2]) for row in held(STUDIO)] == ["6.5"]
    keys.type(page.get_by_label("At Coachview"), "rejected")
    keys.enter(page.get_by_role("button", name="Show"))
    expect(page.locator("#rows ~ table")).to_contain_text("rejected")
    keys.enter(page.locator("#rows ~ table").get_by_role("link", name="why?").first)
    expect(page.get_by_role("heading", name="The rule")).to_be_visible()


def decide(page, name):
    """Press the first button of this name; the id of the result, where the page shows it still."""
    button = page.get_by_role("button", name=name).first
    item = int(button.locator("xpath=..").locator("[name=item_id]").input_value())
    button.click()
    return item


def test_results_are_settled_and_offered_again(visit, held):
    page = visit("registrations?status=unknown")
    item = decide(page, "is registered there")
    expect(page.get_by_role("status")).to_contain_text("Settled: Coachview shows it.")
    assert held(STATUS, item=item) == ["accepted"]
    other = visit("registrations?status=unknown", visitor="admin")
    item = decide(page, "is not registered, send it again")
    expect(page.get_by_role("status")).to_contain_text("Settled: Coachview does not show it.")
    assert held(STATUS, item=item) == ["pending"]
    assert decide(other, "is registered there") == item
    expect(other.get_by_role("alert")).to_contain_text("Not done")
    assert held(STATUS, item=item) == ["pending"]
    page = visit("registrations?status=rejected")
    item = decide(page, "Offer ")
    expect(page.get_by_role("status")).to_contain_text("The next push offers it again.")
    assert held(STATUS, item=item) == ["pending"]


def test_an_integration_is_entered_and_removed(visit, held):
    entered = "select system, closed_at is null from core.integrations where integration = 'second'"
    page = visit("registrations")
    page.get_by_role("link", name="Enter an integration").click()
    page.get_by_label("Integration", exact=False).first.fill("second")
    page.get_by_label("System").select_option("elearning")
    page.get_by_label("Airflow connection").fill("second")
    for label in ("Sends results", "Sends presence", "Sends passes"):
        page.get_by_label(label).select_option("true")
    page.get_by_label("Lowest result").fill("1")
    page.get_by_label("Highest result").fill("10")
    page.get_by_label("Decimals").fill("1")
    page.get_by_label("Names persons by").select_option("person")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    assert held(entered) == [("elearning", True)]
    page.get_by_role("link", name="Change second").click()
    page.get_by_text("Entered by mistake").click()
    page.get_by_role("button", name="What removing it would change").click()
    expect(page.get_by_role("status")).to_contain_text("removing it would change")
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("status")).to_contain_text("The integration is removed.")
    assert held(entered) in ([], [("elearning", False)])
