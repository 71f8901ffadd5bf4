"""Mapping in a browser: a unit is mapped, and a course unlinked, by keyboard alone, tried before it is saved."""

import pytest
from playwright.sync_api import expect

from tests.browser.keys import Keys
from tests.browser.test_every_page import findings, overflows

LINKED = "select count(*) from core.activity_links where occurrence_code = 'OCC-1003' and closed_at is null"
COURSES = "select source_course_id from core.linked_courses where occurrence_code = 'OCC-NEW'"


def enter(page, found):
    """Tab to it and press Enter, as who uses no mouse does."""
    Keys(page).enter(found)


def test_a_unit_is_mapped_tried_and_saved_and_all_green_recorded_by_keyboard_alone(visit, held):
    before = held(LINKED)[0]
    page = visit("mapping")
    keys = Keys(page)
    keys.enter(page.get_by_role("link", name="OCC-1003", exact=True))
    keys.enter(page.locator("#units a.id").last)
    box = page.locator("#activities input[name=wanted]:not(:checked):enabled").first
    box = page.locator(f"#a{box.get_attribute('value')}")
    keys.tick(box)
    keys.enter(page.get_by_role("button", name="What this would change"))
    expect(page.get_by_role("status")).to_contain_text("What is recorded already stays recorded")
    expect(box).to_be_checked()
    assert held(LINKED) == [before]
    assert findings(page) == []
    keys.enter(page.get_by_role("button", name="Save"))
    expect(page.get_by_role("status")).to_contain_text("Saved: 1 links of ")
    expect(box).to_be_checked()
    assert held(LINKED) == [before + 1]
    assert keys.next_is_within("#activities")
    keys.enter(page.locator("nav a[href=results]"))
    keys.enter(page.get_by_role("button", name="Record all green"))
    expect(page.get_by_role("status")).to_contain_text("results recorded.")
    assert held("select count(*) from core.proposed_results where decision = 'open'") == [0]


def test_the_course_of_an_occurrence_is_chosen_tried_linked_and_unlinked(visit, held, filled):
    with filled.begin() as session:
        session.exec_driver_sql(
            "insert into core.occurrences (occurrence_code, name, status) values ('OCC-NEW', 'New', 'active')"
        )
    page = visit("mapping?occurrence=OCC-NEW")
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Course, by its number").fill("5")
    page.get_by_role("button", name="What linking it would change").click()
    expect(page.get_by_role("status")).to_contain_text("OCC-NEW is linked to course 5")
    assert findings(page) == []
    assert held(COURSES) == []
    page.get_by_role("button", name="Link it to course 5").click()
    expect(page.get_by_role("status")).to_contain_text("course 5")
    assert held(COURSES) == ["5"]
    page.get_by_role("button", name="What unlinking it would change").click()
    page.get_by_role("button", name="Unlink course 5").click()
    expect(page.get_by_role("button", name="Unlink course 5")).to_have_count(0)
    assert held(COURSES) == []


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
