"""Mapping in a browser: a unit is mapped, and a course unlinked, by keyboard alone, tried before it is saved."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tests.browser.keys import Keys
from tests.browser.test_every_page import findings, overflows

LINKED = "select count(*) from core.activity_links where occurrence_code = 'OCC-1003' and closed_at is null"
MADE = """
select source_course_id, linked_by from core.moodle_course_links
where occurrence_code = 'OCC-MADE' and closed_at is null
"""
COUNTS = """
select activity_id from core.activity_links
where occurrence_code = 'OCC-1001' and unit_code = 'BSBWHS211' and closed_at is null order by 1
"""
COURSES = "select source_course_id from core.linked_courses where occurrence_code = 'OCC-NEW'"


def enter(page, found):
    """Tab to it and press Enter, as who uses no mouse does."""
    Keys(page).enter(found)


def occurrence(engine, code):
    with engine.begin() as session:
        session.execute(
            text(
                "insert into core.occurrences (occurrence_code, name, status) values (:code, 'Made', 'active')"
            ),
            {"code": code},
        )


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
    expect(page.get_by_role("status")).to_contain_text("Saved: 1 link of ")
    expect(box).to_be_checked()
    assert held(LINKED) == [before + 1]
    assert keys.next_is_within("#activities")
    keys.enter(page.locator("nav a[href=results]"))
    keys.enter(page.get_by_role("button", name="Record all green"))
    expect(page.get_by_role("status")).to_contain_text("results recorded.")
    assert held("select count(*) from core.proposed_results where decision = 'open'") == [0]


def test_the_course_of_an_occurrence_is_chosen_tried_linked_and_unlinked(visit, held, filled):
    occurrence(filled, "OCC-NEW")
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


def test_a_course_is_made_in_a_category_by_keyboard_and_the_second_who_makes_it_is_refused(
    visit, held, filled
):
    occurrence(filled, "OCC-MADE")
    pages = [visit("mapping?occurrence=OCC-MADE", visitor=visitor) for visitor in ("op", "admin")]
    for page in pages:
        enter(page, page.get_by_role("button", name="Create a course"))
        expect(page.get_by_label("Short name")).to_have_value("OCC-MADE")
        page.get_by_label("Full name").fill("Made in a test")
        page.get_by_label("Category").select_option(index=1)
        page.get_by_label("Filled from course").fill("99")
        enter(page, page.locator("#make").get_by_role("button", name="What this would change"))
        expect(page.get_by_role("alert")).to_contain_text("Nothing was changed: course 99 is not shown")
        page.get_by_label("Filled from course").fill("2")
        enter(page, page.locator("#make").get_by_role("button", name="What this would change"))
        expect(page.get_by_role("status")).to_contain_text("course OCC-MADE made in category")
        expect(page.get_by_label("Full name")).to_have_value("Made in a test")
        assert findings(page) == []
        assert held(MADE) == []
    enter(pages[0], pages[0].get_by_role("button", name="Create in Moodle"))
    expect(pages[0].get_by_role("status")).to_contain_text("OCC-MADE has course ")
    [(course, by)] = held(MADE)
    assert f"has course {course}, made now" in pages[0].get_by_role("status").inner_text()
    assert by == "op"
    enter(pages[1], pages[1].get_by_role("button", name="Create in Moodle"))
    expect(pages[1].get_by_role("alert")).to_contain_text("Nothing was changed")
    assert held(MADE) == [(course, "op")]


def test_moodle_is_asked_for_its_activities_and_what_was_chosen_meanwhile_stays_chosen(visit, held, filled):
    known = "select count(*) from core.activities where source_course_id = '3'"
    mapped = (
        "select count(*) from core.activity_links where occurrence_code = 'OCC-1002' and closed_at is null"
    )
    [links], [before] = held(mapped), held(known)
    with filled.begin() as session:
        session.exec_driver_sql(
            "delete from core.activities where source_course_id = '3' and activity_id not in"
            " (select activity_id from core.activity_links where closed_at is null)"
        )
    page = visit("mapping?occurrence=OCC-1002")
    box = page.locator("#activities input[name=wanted]:checked").first
    box = page.locator(f"#a{box.get_attribute('value')}")
    box.uncheck()
    enter(page, page.get_by_role("button", name="Ask Moodle for its activities"))
    expect(page.get_by_role("status")).to_contain_text("Moodle was asked: the course has ")
    [count] = held(known)
    assert count >= before
    assert f"has {count} activit" in page.get_by_role("status").inner_text()
    assert page.locator("#activities tbody tr").count() == count
    expect(box).not_to_be_checked()
    assert held(mapped) == [links]


def test_the_second_of_two_who_map_is_told_and_finds_what_was_chosen_upon_what_the_first_saved(visit, held):
    pages = [visit("mapping?occurrence=OCC-1001&unit=BSBWHS211", visitor=one) for one in ("op", "admin")]
    free = pages[0].locator("#activities input[name=wanted]:not(:checked):enabled")
    mine, theirs = [box.get_attribute("value") for box in free.all()[:2]]
    [was] = held(COUNTS)
    pages[0].locator(f"#a{was}").uncheck()
    for page, one in zip(pages, (theirs, mine), strict=True):
        page.locator(f"#a{one}").check()
        page.get_by_role("button", name="Save").click()
        page.locator("[role=status], [role=alert]").wait_for()
        assert held(COUNTS) == [theirs]
    alert = pages[1].get_by_role("alert")
    expect(alert).to_contain_text(f"BSBWHS211 was changed meanwhile, and counts activities {theirs} now")
    expect(alert).to_contain_text("What you chose is ticked below, and not saved")
    assert findings(pages[1]) == []
    for one, ticked in ((mine, True), (theirs, True), (was, False)):
        expect(pages[1].locator(f"#a{one}")).to_be_checked(checked=ticked)
    pages[1].get_by_role("button", name="Save").click()
    expect(pages[1].get_by_role("status")).to_contain_text("Saved: 1 link of BSBWHS211 changed.")
    assert held(COUNTS) == sorted([mine, theirs])


def test_another_unit_is_mapped_by_its_code_and_one_that_is_not_there_is_said(visit, held):
    page = visit("mapping?occurrence=OCC-1001")
    page.get_by_label("Another unit or task").fill("NO-SUCH-UNIT")
    page.get_by_role("button", name="Map it").click()
    expect(page.get_by_role("alert")).to_contain_text("The administration lists no unit or task NO-SUCH-UNIT")
    page.get_by_label("Another unit or task").fill("CHCAGE011")
    page.get_by_role("button", name="Map it").click()
    expect(page.locator("#activities h2")).to_contain_text("CHCAGE011")
    page.locator("#activities input[name=wanted]:enabled").first.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved: 1 link of CHCAGE011")
    mapped = "select count(*) from core.activity_links where occurrence_code = 'OCC-1001' and unit_code = 'CHCAGE011'"
    assert held(mapped) == [1]
