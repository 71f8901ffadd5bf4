"""Pages look as the Airflow around them does, also when somebody chooses another theme there meanwhile."""

import pytest
from playwright.sync_api import expect

from etl.pages.render import MENU
from tests.browser.test_every_page import overflows

GROUND = "getComputedStyle(document.documentElement).backgroundColor"
DARK, LIGHT = "rgb(17, 20, 24)", "rgb(255, 255, 255)"


@pytest.fixture
def forgotten(visit):
    """What is chosen in the browser, which other tests use too, is forgotten."""
    yield
    visit("tonight").evaluate("localStorage.clear()")


@pytest.mark.parametrize(
    ("chosen", "ground"), [("'dark'", DARK), ("'light'", LIGHT), ("'system'", LIGHT), (None, LIGHT)]
)
def test_an_open_page_follows_a_switch_of_airflows_theme(visit, forgotten, chosen, ground):
    page, airflow = visit("tonight"), visit("tonight")  # of one origin, as the page around the frame is
    airflow.evaluate("localStorage.setItem('theme', 'light')")
    airflow.evaluate("localStorage.setItem('theme', 'dark')")
    expect(page.locator("html")).to_have_css("background-color", DARK)
    airflow.evaluate(f"localStorage.setItem('theme', {chosen})" if chosen else "localStorage.clear()")
    expect(page.locator("html")).to_have_css("background-color", ground)


def test_a_page_opens_in_the_theme_that_was_chosen_in_airflow(visit, forgotten):
    page = visit("tonight", scheme="dark")
    assert page.evaluate(GROUND) == DARK
    page.evaluate("localStorage.setItem('theme', 'light')")
    page.reload()
    assert page.evaluate(GROUND) == LIGHT


def test_pages_fit_into_airflows_frame_on_a_narrow_screen(visit):
    page = visit("tonight", width=320)  # of 400 Airflow's own menu takes the rest
    for address in (*MENU, "mapping?occurrence=OCC-1001", "enrolments?occurrence=OCC-1001"):
        page.goto(page.url.rpartition("/")[0] + f"/{address}")
        assert not overflows(page), address
