"""An administrator looks after a red step, an auditor after one result of a person, both by keyboard alone."""

from playwright.sync_api import expect

from tests.browser.keys import Keys
from tests.browser.test_every_page import findings


def test_an_administrator_finds_the_red_step_of_the_night_and_what_to_do_by_keyboard_alone(visit):
    page = visit("tonight")
    keys = Keys(page)
    keys.skip()
    keys.enter(page.locator(".todo li", has_text="No access to 3").get_by_role("link"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("moodle_results not complete")
    expect(page.locator(".todo")).to_contain_text("What to do: ")
    expect(page.locator(".todo")).to_contain_text("moodle_main/3")
    keys.skip()
    assert findings(page) == []


def test_an_auditor_finds_a_person_and_why_one_result_was_recorded_by_keyboard_alone(visit, known):
    page = visit("person")
    keys = Keys(page)
    keys.skip()
    keys.type(page.get_by_label("Client code"), "CL00002")
    keys.send()
    why = page.locator("main a[href^='why?']").first
    address = why.get_attribute("href")
    keys.enter(why)
    assert page.url.endswith(address)
    for heading in ("The rule", "Answers, as they landed"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    keys.enter(page.locator("main a[href^='run?']").first)
    expect(page.get_by_role("heading", level=1)).to_contain_text("moodle_results")


def test_a_person_who_is_not_kept_is_said_so_and_the_field_keeps_what_was_typed(visit):
    page = visit("person")
    page.get_by_label("Client code").fill("NOBODY")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Client code")).to_have_value("NOBODY")
