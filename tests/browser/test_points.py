"""Points in a browser."""

from tests.browser.test_every_page import findings


def test_an_account_is_paused_and_goes_on_again_by_keyboard(visit):
    page = visit("points")
    page.locator("input[name=because]").first.focus()
    page.keyboard.type("the key is being replaced")
    page.keyboard.press("Enter")
    page.wait_for_url("**/points?done=paused*")
    assert "the key is being replaced" in page.inner_text("main")
    page.get_by_role("button", name="go on").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/points?done=resumed*")
    assert "the key is being replaced" not in page.inner_text("main")


def test_an_accreditation_is_entered_by_keyboard_after_what_it_would_change(visit):
    page = visit("accreditations")
    page.get_by_role("link", name="Enter an accreditation").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/accreditation")
    page.get_by_label("Profession group").select_option("19")
    page.get_by_label("Our source").select_option("moodle_main")
    page.get_by_label("Our course").fill("3")
    page.get_by_label("First day of the period").fill("2026-01-01")
    page.get_by_label("Course ID at PE-Online").focus()
    page.keyboard.type("301999")
    page.keyboard.press("Enter")  # tries, saves nothing
    page.get_by_role("status").wait_for()
    assert "PE-Online has no undo" in page.get_by_role("status").inner_text()
    assert findings(page) == []
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/accreditations?done=saved*")
    assert "course 301999" in page.inner_text("main")
