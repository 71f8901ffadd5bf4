"""Schools in a browser: an application manager activates, pauses and resumes a link by keyboard; codes, log, an end."""

import pytest
from playwright.sync_api import expect

from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.browser.filled import receivers
from tests.browser.keys import Keys
from tests.browser.test_every_page import findings, narrow_and_dark, overflows

SCHOOL, NEW = "99QQ00", "11AA00"
CODE, OTHER = "11AA00-a-code-of-this-test", "11AA00-another-code-of-this"
LINK = "select status, code_is_entered from mart.school_links where brin6 = :school"
DONE = "select event from mart.link_log where brin6 = :school and actor = 'op' order by log_id"


def test_an_application_manager_activates_pauses_and_resumes_a_link_by_keyboard_alone(visit, held):
    page = visit("schools")
    keys = Keys(page)
    keys.skip()
    keys.type(page.get_by_label("Verificatiecode"), CODE)
    keys.type(page.get_by_label("Mandated person"), "The head of the school")
    keys.tick(page.get_by_label("The terms of use are accepted"))
    keys.enter(page.get_by_role("button", name="Activate"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"School {NEW} active")
    assert held(LINK, school=NEW) == [("active", True)]
    assert keys.next_is_within("form[action=pause-school]")
    keys.send()
    expect(page.get_by_role("heading", level=1)).to_contain_text("paused")
    assert held(LINK, school=NEW) == [("paused", False)]
    assert findings(page) == []
    assert keys.next_is_within("form[action=resume-school]")
    page.keyboard.type(OTHER)
    keys.send()
    expect(page.get_by_role("status")).to_contain_text("by op")
    assert held(LINK, school=NEW) == [("active", True)]
    assert [one for one in held(DONE, school=NEW) if one in ("paused", "resumed")] == ["paused", "resumed"]


@pytest.fixture
def sender(filled):
    """A function that sends the test message of the sample school with a code; whether it was taken."""
    with receivers() as url:
        message = samples()["test_message"].replace(b"T16:20:00", b"T16:25:00")  # a new one
        yield lambda code: Sender(f"{url}/uwlr/leerresultaten", code).send(message).taken


def test_a_test_message_with_the_new_code_is_in_the_log_at_once_and_one_with_the_old_is_refused(
    visit, held, sender
):
    page = visit(f"school?brin6={SCHOOL}")
    change = page.locator("form", has=page.get_by_role("button", name="Change the code"))
    change.get_by_label("Verificatiecode").fill(f"{SCHOOL}-changed-in-this-test")
    change.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("by op")
    assert sender(f"{SCHOOL}-changed-in-this-test")
    assert not sender(f"{SCHOOL}-sample-school-code")
    page.reload()
    expect(page.locator("#log ~ table tbody tr td:nth-child(2)").first).to_have_text("message refused")
    page.get_by_label("What happened").select_option("test_message")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#log ~ table").first.locator("tbody tr").first).to_contain_text("test message")
    assert held("select sum(times) from mart.link_log where event = 'test_message'")[0] >= 2
    page.locator("#pupils ~ table a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pupil")


def test_how_messages_are_read_is_set_and_the_second_of_two_sees_it_before_an_end(visit, held):
    first, second = visit(f"school?brin6={SCHOOL}"), visit(f"school?brin6={SCHOOL}", visitor="admin")
    first.get_by_label("A message that deviates").select_option("lenient")
    first.get_by_label("A pupil who is not known").select_option("fault")
    first.get_by_label("Schoolkey").fill("S-1")
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_role("status")).to_contain_text("changed by op")
    kept = "select reading, unknown_pupil, schoolkey from core.school_links where brin6 = :school"
    assert held(kept, school=SCHOOL) == [("lenient", "fault", "S-1")]
    for answer in ("Nothing was changed: school 99QQ00: changed by op", "School 99QQ00 ended"):
        second.get_by_label("What was recorded stays").check()
        second.get_by_role("button", name="End the link").click()
        expect(second.locator("main")).to_contain_text(answer)
    assert held(LINK, school=SCHOOL) == [("ended", False)]
    expect(second.get_by_role("button", name="Activate")).to_have_count(1)
    narrow_and_dark(second)
    assert not overflows(second)
    assert findings(second) == []
