"""Competences in a browser: an administrator links a published course and revokes a competence by keyboard alone."""

from playwright.sync_api import expect

from tests.browser.keys import Keys
from tests.browser.test_every_page import findings

LINKS = """
select source_course_id from core.competence_links
where source = 'moodle_main' and competence_code = 'WORKENV' and closed_at is null order by 1
"""
HELD = "select client_code from mart.competences_held where competence_code = :competence order by 1"


def test_a_published_course_is_linked_after_its_historic_participants_were_seen_by_keyboard_alone(
    visit, held
):
    page = visit("competences")
    keys = Keys(page)
    keys.skip()
    keys.type(page.get_by_label("Course (name or id)"), "BSB40120")
    keys.send()
    choice = page.locator("select[name=competence]")
    wanted = choice.locator("option[value=WORKENV]").inner_text()
    keys.type(choice, wanted)
    expect(choice).to_have_value("WORKENV")
    keys.enter(page.get_by_role("button", name="What a link of BSB40120"))
    expect(page.get_by_role("status")).to_contain_text("5 competences")
    assert held(LINKS) == []
    assert findings(page) == []
    keys.enter(page.get_by_role("button", name="Link BSB40120"))
    expect(page.get_by_role("status")).to_contain_text("Linked.")
    assert held(LINKS) == ["3"]
    assert keys.next_is_within("#links ~ table")


def test_a_competence_is_revoked_from_somebody_by_keyboard_alone_and_restored(visit, held):
    before = held(HELD, competence="CPR")
    page = visit("competence-holders?competence=CPR")
    keys = Keys(page)
    keys.skip()
    keys.type(page.get_by_label("Why it is revoked"), "left the team")
    keys.enter(page.get_by_role("button", name=f"Revoke it from {before[0]}"))
    expect(page.get_by_role("status")).to_contain_text("Revoked.")
    assert held(HELD, competence="CPR") == before[1:]
    assert keys.next_is_within("#people ~ table")
    page = visit("competence-holders?competence=CPR&state=revoked")
    expect(page.locator("main")).to_contain_text("op, ")
    page.get_by_label("Why it is restored").fill("came back")
    page.get_by_role("button", name=f"Restore it for {before[0]}").first.click()
    expect(page.get_by_role("status")).to_contain_text("Restored.")
    assert held("select count(*) from mart.competences_revoked where competence_code = 'CPR'") == [0]


def test_a_competence_is_revoked_from_everyone_and_restored_for_everyone(visit, held):
    first, second = (
        visit("competence-holders?competence=FIRE-BASIC", visitor=visitor) for visitor in ("op", "admin")
    )
    for page in (first, second):
        page.get_by_text("Revoke from everyone").first.click()
        page.get_by_label("Why", exact=True).fill("the course was wrong")
        page.get_by_role("button", name="Revoke from everyone").click()
        page.get_by_text("Restore for everyone").first.wait_for()
    expect(second.get_by_role("alert")).to_contain_text("Not done")
    assert held(HELD, competence="FIRE-BASIC") == []
    first.get_by_text("Restore for everyone").first.click()
    first.get_by_label("Why", exact=True).fill("it was right")
    first.get_by_role("button", name="Restore for everyone").click()
    expect(first.get_by_role("status")).to_contain_text("Restored.")
    revoked = "select count(*) from mart.competences_revoked where competence_code = 'FIRE-BASIC'"
    assert held(revoked) == [0]


def test_a_link_is_removed_with_a_reason(visit, held):
    of = """
    select closed_at is not null from core.competence_links
    where competence_code = 'INFOSEC' and source_course_id = '201'
    """
    page = visit("competences?search=INFOSEC")
    page.get_by_label("Why the link of 201 to INFOSEC goes").fill("another course gives it")
    page.get_by_role("button", name="Remove the link of 201 to INFOSEC").click()
    expect(page.get_by_role("status")).to_contain_text("The link is removed")
    assert held(of) == [True]
