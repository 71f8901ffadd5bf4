"""What holds for every page of the menu, whatever it shows (docs/pages.md)."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from etl.pages.render import MENU
from tests.browser.conftest import PREFIX

BAD = ("serious", "critical")
SIZES = (1280, 400)


def overflows(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def findings(page):
    """What axe finds wrong with a page: the rule and the first place."""
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in BAD]


@pytest.mark.parametrize("address", MENU)
def test_a_page_can_be_used_in_light_and_dark_on_wide_and_narrow_screens(visit, address):
    for scheme in ("light", "dark"):
        for width in SIZES:
            page = visit(address, scheme=scheme, width=width)
            assert page.locator("h1").count() == 1, page.inner_text("body")
            assert page.locator("nav a[aria-current=page]").get_attribute("href") == address
            assert not overflows(page), (scheme, width)
        assert findings(page) == [], scheme


@pytest.mark.parametrize("address", MENU)
def test_a_page_is_whole_without_script_and_below_a_prefix(visit, address):
    page = visit(address, script=False, prefix=PREFIX)
    assert page.locator("main h1").count() == 1
    page.locator("nav a").first.click()
    assert page.url.endswith("/tonight")
    assert PREFIX in page.url


def test_the_run_of_a_flow_is_reached_from_tonight_by_keyboard(visit):
    page = visit("tonight")
    link = page.locator("td a[href^='run?']").first
    flow = link.inner_text()
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/run?*")
    assert flow in page.inner_text("h1")
    assert findings(page) == []


def test_who_is_not_signed_in_sees_nothing_but_how_to_sign_in(chromium, served):
    page = chromium.new_page()
    answer = page.goto(f"{served}/learning-results/pages/tonight")
    assert answer.status == 401
    assert page.locator("table").count() == 0
    page.close()
