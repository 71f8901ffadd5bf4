"""Mapping in a browser: a unit is mapped, and a course unlinked, by keyboard alone, tried before it is saved."""

import pytest

from tests.browser.test_every_page import findings, overflows


def enter(page, found):
    """Press Enter on what has the focus, as who uses no mouse does."""
    found.focus()
    page.keyboard.press("Enter")


def test_a_unit_is_mapped_tried_and_saved_by_keyboard_alone(visit):
    page = visit("mapping")
    enter(page, page.get_by_role("link", name="OCC-1003", exact=True))
    page.wait_for_url("**occurrence=OCC-1003*")
    enter(page, page.locator("#units a.id").last)
    page.wait_for_url("**unit=*")
    box = page.locator("#activities input[name=wanted]:not(:checked):enabled").first
    activity = box.get_attribute("value")
    box.focus()
    page.keyboard.press("Space")
    enter(page, page.get_by_role("button", name="What this would change"))
    page.get_by_role("status").wait_for()
    assert "What is recorded already stays recorded" in page.get_by_role("status").inner_text()
    assert page.locator(f"#a{activity}").is_checked()
    assert findings(page) == []
    enter(page, page.get_by_role("button", name="Save"))
    page.wait_for_url("**done=*")
    assert page.get_by_role("status").inner_text().startswith("Saved: 1 links of ")
    assert page.locator(f"#a{activity}").is_checked()
    assert "by op." in page.locator("#activities").inner_text()


def test_the_page_of_an_occurrence_is_whole_on_a_narrow_dark_screen_and_a_viewer_changes_nothing(visit):
    page = visit("mapping?occurrence=OCC-1001", visitor="viewer", scheme="dark", width=400)
    assert page.locator("#activities input[type=checkbox]:enabled").count() == 0
    assert page.get_by_role("button", name="Save").count() == 0
    assert not overflows(page)
    assert findings(page) == []


@pytest.fixture
def by_hand(filled):
    """An occurrence that a person linked to a course."""
    with filled.begin() as session:
        session.exec_driver_sql(
            "insert into core.moodle_course_links (source, occurrence_code, source_course_id, linked_by)"
            " values ('moodle_main', 'OCC-1003', '5', 'ann')"
        )


def test_a_course_is_unlinked_by_keyboard_after_what_it_would_change(visit, by_hand):
    page = visit("mapping?occurrence=OCC-1003")
    enter(page, page.get_by_role("button", name="What unlinking it would change"))
    page.get_by_role("status").wait_for(timeout=60_000)
    assert "OCC-1003 is no longer linked to course 5" in page.get_by_role("status").inner_text()
    assert findings(page) == []
    enter(page, page.get_by_role("button", name="Unlink course 5"))
    page.wait_for_url("**done=*")
    assert (
        "is no longer linked to course 5; what was sent there stays."
        in page.get_by_role("status").inner_text()
    )
    assert page.get_by_role("button", name="What unlinking it would change").count() == 0
