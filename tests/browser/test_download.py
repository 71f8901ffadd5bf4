"""Download now in a browser: pressed on Results, its progress comes by itself, and it is stopped, all by keyboard."""

from playwright.sync_api import expect

from tests.browser.test_every_page import findings, overflows
from tests.browser.test_mapping import enter

FLOW = "moodle_results"


def test_a_download_is_started_seen_to_go_on_and_stopped_by_keyboard(visit, airflow):
    page = visit("results?occurrence=OCC-1001", width=400, scheme="dark")
    enter(page, page.get_by_role("button", name="Download now"))
    page.get_by_text("waits for its turn").wait_for()
    [run] = airflow.under_way(FLOW)
    page.get_by_role("button", name="Stop").focus()
    airflow.set(FLOW, run.run_id, "running")
    page.get_by_text("running", exact=True).wait_for()
    assert page.evaluate("document.activeElement.id") == "stop"
    assert not overflows(page)
    assert findings(page) == []
    page.keyboard.press("Enter")
    page.get_by_text("Stopped. What was recorded before stays").wait_for()
    assert page.get_by_role("button", name="Download again").count() == 1
    assert airflow.stopped == [(FLOW, run.run_id, "op")]


def test_the_second_who_starts_a_download_sees_the_first_and_what_is_over_is_not_stopped(visit, airflow):
    pages = [visit("download?occurrence=OCC-1002", visitor=one) for one in ("op", "admin")]
    for page, told in zip(pages, ("Started.", "This is under way already"), strict=True):
        enter(page, page.get_by_role("button", name="Start"))
        expect(page.get_by_role("status").first).to_contain_text(told)
    [run] = [one for one in airflow.under_way(FLOW) if one.conf["courses"] == ["3"]]
    assert run.by == "op"
    stop = pages[1].get_by_role("button", name="Stop")
    stop.focus()
    airflow.set(FLOW, run.run_id, "success")
    pages[1].get_by_text("It was over before it began").wait_for()
    enter(pages[0], pages[0].get_by_role("button", name="Download again"))
    expect(pages[0].get_by_role("status").first).to_contain_text("Started.")


def test_a_download_of_what_no_course_is_linked_to_says_so_and_leads_to_mapping(visit):
    page = visit("download")
    page.get_by_label("Occurrence").fill("NONE")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("main")).to_contain_text("No Moodle course is linked to it")
    expect(page.locator("main a[href=mapping]")).to_be_visible()
    assert page.get_by_role("button", name="Start").count() == 0
