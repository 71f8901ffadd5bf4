"""Enrolments in a browser: previewed, transferred, stopped, and sent automatically or not."""

from playwright.sync_api import expect

from etl.connectors.moodle.writing.flow import FLOW
from tests.browser.test_every_page import findings, narrow_and_dark, overflows

HERE = "enrolments?occurrence=OCC-1003"
ON_THEIR_WAY = "select enrolment_code from mart.moodle_enrolments where on_its_way order by 1"
SWITCH = "select send_automatically from core.occurrences where occurrence_code = 'OCC-1003'"


def test_selected_enrolments_are_previewed_transferred_and_stopped(visit, held, airflow):
    page = visit(HERE)
    box = page.get_by_label("Select E-1003").first
    chosen = box.get_attribute("value")
    box.check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What a transfer of OCC-1003 would send")
    assert held(ON_THEIR_WAY) == []
    assert page.locator("tbody tr").count() >= 1
    assert findings(page) == []
    narrow_and_dark(page)
    assert not overflows(page)
    page.get_by_role("button", name="Transfer these").click()
    expect(page.get_by_role("status").first).to_contain_text("the run that sends it is started")
    assert held(ON_THEIR_WAY) == [chosen]
    [run] = airflow.under_way(FLOW)
    assert run.by == "op"
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status")).to_contain_text("Stopped: what was not sent yet")
    assert held(ON_THEIR_WAY) == []


def test_all_that_are_ready_are_transferred_from_the_page(visit, held):
    page = visit(HERE)
    page.get_by_role("button", name="Transfer the selected").click()
    expect(page.get_by_role("alert")).to_contain_text("no enrolment is selected")
    page.get_by_role("button", name="Transfer all that are ready").click()
    expect(page.locator("#on-their-way")).to_contain_text("10 on their way")
    assert len(held(ON_THEIR_WAY)) == 10
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#on-their-way")).not_to_contain_text("on their way")
    assert held(ON_THEIR_WAY) == []


def test_sending_automatically_is_switched_and_the_second_of_two_sees_it(visit, held):
    first, second = visit(HERE), visit(HERE, visitor="admin")
    for page, wanted in ((first, "on"), (second, "off")):
        page.get_by_label("Send automatically").select_option(wanted)
        page.get_by_role("button", name="Save").click()
        expect(page.locator("main")).to_contain_text(
            "Saved: how the enrolments" if page is first else "somebody else switched it meanwhile"
        )
        assert held(SWITCH) == [True]
    expect(second.get_by_role("alert")).to_contain_text("meanwhile, to on")
    expect(second.get_by_label("Send automatically")).to_have_value("off")
    second.get_by_role("button", name="Save").click()
    expect(second.get_by_role("status")).to_contain_text("Saved")
    assert held(SWITCH) == [False]
