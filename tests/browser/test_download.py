"""Download now in a browser: pressed on Results, its progress comes by itself, and it is stopped, all by keyboard."""

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
