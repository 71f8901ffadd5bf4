"""Pages look as the Airflow around them does, also when somebody chooses another theme there meanwhile."""

import pytest

GROUND = "getComputedStyle(document.documentElement).backgroundColor"
DARK, LIGHT = "rgb(17, 20, 24)", "rgb(255, 255, 255)"


@pytest.mark.parametrize(
    ("chosen", "ground"), [("'dark'", DARK), ("'light'", LIGHT), ("'system'", LIGHT), (None, LIGHT)]
)
def test_an_open_page_follows_a_switch_of_airflows_theme(visit, chosen, ground):
    page = visit("tonight")
    airflow = page.context.new_page()  # of the same origin, as the page around the frame is
    airflow.goto(page.url)
    airflow.evaluate("localStorage.setItem('theme', 'light')")
    airflow.evaluate("localStorage.setItem('theme', 'dark')")
    page.wait_for_function(f"{GROUND} === '{DARK}'")
    airflow.evaluate(f"localStorage.setItem('theme', {chosen})" if chosen else "localStorage.clear()")
    page.wait_for_function(f"{GROUND} === '{ground}'")


def test_a_page_opens_in_the_theme_that_was_chosen_in_airflow(visit):
    page = visit("tonight", scheme="dark")
    assert page.evaluate(GROUND) == DARK
    page.evaluate("localStorage.setItem('theme', 'light')")
    page.reload()
    assert page.evaluate(GROUND) == LIGHT
