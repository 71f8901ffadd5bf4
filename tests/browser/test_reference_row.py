"""A rejected line is mended in a browser: from its reason to the row and the column, by keyboard alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.keys import Keys
from tests.browser.test_every_page import findings, narrow_and_dark, overflows

REJECTED = "rejections?source=moodle_main&reason_code=needs_start_date"
STARTS = (
    "select cast(expected_start_date as text) from core.enrolment_units"
    " where enrolment_code = :enrolment and unit_code = :unit"
)
WHO = "select who, through, table_name from ops.audit order by audit_id desc limit 1"


def key_of(page):
    return {
        name: page.get_by_label(label).input_value()
        for name, label in (("enrolment", "Enrolment code"), ("unit", "Unit code"))
    }


def test_a_rejected_line_leads_to_its_field_where_it_is_mended_by_keyboard_alone(visit, held):
    page = visit(REJECTED)
    keys = Keys(page)
    keys.skip()
    keys.enter(page.get_by_role("link", name="Correct the training plan").first)
    start = page.get_by_label("Expected start date")
    expect(start).to_be_focused()
    row = key_of(page)
    assert held(STARTS, **row) == [None]
    page.keyboard.type("09092026")
    keys.enter(page.get_by_role("button", name="What this would change"))
    expect(page.get_by_role("status")).to_contain_text("would change")
    assert held(STARTS, **row) == [None]
    assert findings(page) == []
    narrow_and_dark(page)
    assert not overflows(page)
    assert findings(page) == []
    keys.enter(page.get_by_role("button", name="Save"))
    expect(page.get_by_role("status")).to_contain_text("The row is saved")
    assert held(STARTS, **row) == ["2026-09-09"]
    assert held(WHO) == [("op", "page", "core.enrolment_units")]


@pytest.mark.parametrize("script", [True, False])
def test_a_wrong_value_is_said_at_its_field_which_has_the_focus(visit, held, script):
    address = "reference-row?file=clients&client_code=CL00003"
    before = held("select * from core.clients where client_code = 'CL00003'")
    page = visit(address, script=script)
    page.get_by_label("Email").fill("x" * 1500 + "é" * 400)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("1 field is not right")
    expect(page.get_by_label("Email")).to_be_focused()
    expect(page.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    assert held("select * from core.clients where client_code = 'CL00003'") == before


def test_of_two_who_change_a_row_the_second_sees_what_the_first_saved_and_keeps_what_was_typed(visit, held):
    address = "reference-row?file=units&unit_code=BSBWHS211"
    name = "select name from core.units where unit_code = 'BSBWHS211'"
    first, second = visit(address), visit(address, visitor="admin")
    for page, typed in ((first, "By the first"), (second, "By the second")):
        page.get_by_label("Name").fill(typed)
        page.get_by_role("button", name="Save").click()
        page.locator("[role=status], [role=alert]").wait_for()
        assert held(name) == ["By the first"]
    expect(second.get_by_role("alert")).to_contain_text("By the first")
    expect(second.get_by_label("Name")).to_have_value("By the second")
    second.get_by_role("link", name="Open it as it is now").click()
    expect(second.get_by_label("Name")).to_have_value("By the first")
    assert findings(second) == []


def test_a_row_is_found_by_its_key_entered_and_removed(visit, held):
    there = "select closed_at is null from core.units where unit_code = 'NEW-1'"
    page = visit("reference-data")
    page.get_by_role("link", name="Rows of units.csv: open or enter one").click()
    expect(page.get_by_label("Unit code")).to_be_focused()
    page.get_by_label("Unit code").fill("NEW-1")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("main")).to_contain_text("No such row stands")
    page.get_by_label("Kind").select_option("task")
    page.get_by_label("Name").fill("A new one")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("The row is saved")
    assert held(there) == [True]
    page = visit("reference-row?file=units&unit_code=NEW-1")
    page.get_by_text("Entered by mistake").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("status")).to_contain_text("The row is removed")
    assert held(there) == [False]
