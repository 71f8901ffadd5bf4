"""What holds for every page, whatever it shows (docs/pages.md)."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from etl.pages.app import PATH
from etl.pages.render import MENU
from tests.browser.addresses import ADDRESSES
from tests.browser.conftest import PREFIX

BAD = ("serious", "critical")
# Where the links and forms of a page lead, but for what Airflow itself shows.
TARGETS = """
[...document.querySelectorAll("a[href]:not([target=_top]), form[action], [formaction]")].map(
    (one) => new URL(one.getAttribute("href") ?? one.getAttribute("formaction") ?? one.getAttribute("action"), location)
).map(String)
"""


def overflows(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def findings(page):
    """What axe finds wrong with a page: the rule and the first place."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in BAD]


def narrow_and_dark(page):
    """The page as it is, on a telephone at night."""
    page.set_viewport_size({"width": 400, "height": 900})
    page.emulate_media(color_scheme="dark")


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_can_be_used_in_light_and_dark_on_wide_and_narrow_screens(visit, known, address):
    page = visit(address.format(**known), visitor="admin")
    assert page.locator("h1").count() == 1, page.inner_text("body")
    current = page.locator("nav a[aria-current=page]")
    assert [one.get_attribute("href") in MENU for one in current.all()] == [True]
    assert not overflows(page)
    light = page.evaluate("getComputedStyle(document.body).color")
    assert findings(page) == []
    narrow_and_dark(page)
    assert page.evaluate("getComputedStyle(document.body).color") != light
    assert not overflows(page)
    assert findings(page) == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_is_whole_without_script_and_leads_nowhere_outside_of_its_prefix(
    visit, served, known, address
):
    page = visit(address.format(**known), visitor="admin", script=False, prefix=PREFIX)
    assert page.locator("main h1").count() == 1
    assert page.evaluate("document.styleSheets[0].cssRules.length") > 0
    outside = [one for one in page.evaluate(TARGETS) if not one.startswith(f"{served}{PREFIX}{PATH}/")]
    assert outside == []


def test_the_menu_leads_to_each_of_its_pages_and_says_where_one_is(visit):
    page = visit("tonight", prefix=PREFIX)
    for address in MENU:
        page.locator(f"nav a[href='{address}']").click()
        page.wait_for_url(f"**{PREFIX}{PATH}/{address}")
        assert page.locator("nav a[aria-current=page]").get_attribute("href") == address


def test_who_is_not_signed_in_sees_nothing_but_how_to_sign_in(chromium, served):
    page = chromium.new_page()
    answer = page.goto(f"{served}/learning-results/pages/tonight")
    assert answer.status == 401
    assert page.locator("table").count() == 0
    page.close()
