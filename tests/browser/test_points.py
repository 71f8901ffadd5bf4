"""Points in a browser: an accreditation administrator enters a missing number and settles an unknown point by keyboard
alone; accounts, profession groups and accreditations are changed.
"""

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from etl.connectors.pe_online.faults import NUMBER_CHANGED
from tests.browser.keys import Keys
from tests.browser.test_every_page import findings

STATUS = "select status from mart.pe_attendance where attendance_id = :item"
NUMBER = "select value from core.client_numbers where client_code = :client and scheme = 'pe:19'"
PAUSED = "select paused_because, resumed_at is null from ops.account_pauses"
ACCREDITED = (
    "select valid_to::text from core.accreditations where pe_course_id = '301999' and closed_at is null"
)


def test_a_missing_number_is_entered_and_an_unknown_point_settled_by_keyboard_alone(visit, held):
    page = visit("relation-numbers?org_id=19")
    keys = Keys(page)
    keys.skip()
    field = page.get_by_label("Relation number of").first
    client = field.get_attribute("aria-label").split()[3].rstrip(",")
    keys.type(field, "12")
    keys.send()
    expect(page.get_by_role("alert")).to_contain_text("does not have the form")
    assert held(NUMBER, client=client) == []
    keys.type(page.get_by_label(f"Relation number of {client}"), "19000000001")
    keys.send()
    expect(page.get_by_role("status")).to_contain_text("The number is entered")
    assert held(NUMBER, client=client) == ["19000000001"]
    assert keys.next_is_within(f"[id='number-{client}-19']")
    keys.enter(page.locator("nav a[href=points]"))
    keys.enter(page.locator("main a[href^='points?'][href*=unknown]").first)
    keys.enter(page.locator("#rows ~ table a[href^='point?']").first)
    item = int(page.locator("[name=item_id]").input_value())
    expect(page.locator("main")).to_contain_text("PE-Online has no undo")
    keys.enter(page.get_by_role("button", name="It is registered there"))
    expect(page.get_by_role("status")).to_have_text("Done Settled: it is registered at PE-Online.")
    assert held(STATUS, item=item) == ["accepted"]


def test_a_point_is_sent_again_and_the_second_of_two_sees_it(visit, held):
    address = visit("points?status=unknown").locator("#rows ~ table a").first.get_attribute("href")
    item = int(address.partition("=")[2])
    first, second = visit(address), visit(address, visitor="admin")
    first.get_by_role("button", name="It is not registered: send it again").click()
    expect(first.get_by_role("status")).to_contain_text("The next push sends it again.")
    assert held(STATUS, item=item) == ["pending"]
    second.get_by_role("button", name="It is registered there").click()
    expect(second.get_by_role("alert")).to_contain_text("is pending")
    assert held(STATUS, item=item) == ["pending"]
    page = visit("points?status=rejected")
    page.locator("#rows ~ table a").first.click()
    item = int(page.locator("[name=item_id]").input_value())
    page.get_by_role("button", name="Offer it again").click()
    expect(page.get_by_role("status")).to_contain_text("The next push offers it again.")
    assert held(STATUS, item=item) == ["pending"]


def test_an_account_is_paused_and_goes_on_again_by_keyboard(visit, held):
    page = visit("points")
    keys = Keys(page)
    keys.type(page.locator("input[name=because]").first, "the key is being replaced")
    keys.send()
    expect(page.locator("main")).to_contain_text("the key is being replaced")
    assert held(PAUSED) == [("the key is being replaced", True)]
    assert keys.next_is_within("#accounts ~ *")
    keys.enter(page.get_by_role("button", name="go on").first)
    expect(page.locator("main")).not_to_contain_text("the key is being replaced")
    assert held(PAUSED) == [("the key is being replaced", False)]


def test_an_accreditation_is_entered_after_what_it_would_change_ended_and_removed(visit, held):
    page = visit("accreditations")
    keys = Keys(page)
    keys.enter(page.get_by_role("link", name="Enter an accreditation"))
    keys.type(page.get_by_label("Profession group"), "KNMG")
    keys.type(page.get_by_label("Our source"), "moodle_main")
    keys.type(page.get_by_label("Our course"), "3")
    keys.type(page.get_by_label("First day of the period"), "01012026")
    keys.type(page.get_by_label("Course ID at PE-Online"), "301999")
    keys.send()  # tries, saves nothing
    expect(page.get_by_role("status")).to_contain_text("PE-Online has no undo")
    assert held(ACCREDITED) == []
    assert findings(page) == []
    keys.enter(page.get_by_role("button", name="Save"))
    expect(page.locator("main")).to_contain_text("course 301999")
    assert held(ACCREDITED) == [None]
    for ended in ("2026-06-30", None):
        page.get_by_role("link", name="Change or end the accreditation of 3, orgID 19").click()
        if ended:
            page.get_by_label("Last day of the period").fill(ended)
            page.get_by_role("button", name="Save").click()
        else:
            page.get_by_text("Entered by mistake").click()
            page.get_by_role("button", name="Remove it").click()
        page.get_by_role("status").wait_for()
        assert held(ACCREDITED) == ([ended] if ended else [])


def test_a_profession_group_is_changed_and_the_second_of_two_sees_it(visit, held):
    pages = visit("profession-group?org_id=62"), visit("profession-group?org_id=62", visitor="admin")
    for page, name in zip(pages, ("NRO, register", "Another"), strict=True):
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Save").click()
        page.locator("[role=status], [role=alert]").wait_for()
        assert held("select name from core.profession_groups where org_id = 62") == ["NRO, register"]
    expect(pages[1].get_by_role("alert")).to_contain_text("Open it as it is now")


@pytest.mark.parametrize(
    ("status", "reason", "button", "becomes"),
    [
        ("withheld", "points_claimed_already", "Send it all the same", "pending"),
        ("withheld", "sent_under_another_course", "Send it all the same", "pending"),
        ("accepted", None, "Send again all the same", "pending"),
        ("accepted", NUMBER_CHANGED, "Send again all the same", "pending"),
        ("accepted", NUMBER_CHANGED, "They stand as they should", "accepted"),
    ],
)
def test_a_point_that_was_sent_or_withheld_for_good_is_decided_about_with_the_warning(
    visit, held, filled, status, reason, button, becomes
):
    [item] = held("select min(attendance_id) from mart.pe_attendance where org_id = 19 and attempts > 0")
    with filled.begin() as session:
        session.execute(
            text("update ops.outbox set status = :status, reason = :reason where item_id = :item"),
            {"status": status, "reason": reason, "item": item},
        )
    page = visit(f"point?item_id={item}")
    expect(page.locator("main")).to_contain_text("PE-Online has no undo")
    assert findings(page) == []
    Keys(page).enter(page.get_by_role("button", name=button))
    expect(page.get_by_role("status")).to_contain_text("Done")
    assert held(STATUS, item=item) == [becomes]
    decided = (
        "select decided_by from ops.outbox_decisions where item_id = :item order by decided_at desc limit 1"
    )
    assert held(decided, item=item) == ["op"]


def test_a_profession_group_is_entered_refused_at_its_field_and_removed_by_keyboard(visit, held):
    group = "select name, number_pattern, active from core.profession_groups where org_id = 77 and closed_at is null"
    page = visit("points")
    keys = Keys(page)
    keys.enter(page.get_by_role("link", name="Enter a profession group"))
    for label, words in (
        ("orgID", "77"),
        ("Name", "Seventy-seven"),
        ("Relation numbers stand under", "pe:77"),
    ):
        keys.type(page.get_by_label(label), words)
    pattern = page.get_by_label("Form of a relation number")
    keys.type(pattern, "(")
    keys.send()
    expect(page.get_by_role("alert")).to_have_text("Nothing was changed: 1 field is not right.")
    expect(pattern).to_be_focused()
    expect(page.get_by_label("Name")).to_have_value("Seventy-seven")
    pattern.fill("^77$")
    keys.send()  # tries, saves nothing
    expect(page.get_by_role("status")).to_contain_text("What this would change")
    assert held(group) == []
    keys.enter(page.get_by_role("button", name="Save"))
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    assert held(group) == [("Seventy-seven", "^77$", True)]
    keys.enter(page.get_by_role("link", name="Change Seventy-seven"))
    page.get_by_text("Entered by mistake").click()
    keys.enter(page.get_by_role("button", name="What removing it would change"))
    expect(page.get_by_role("status")).to_contain_text("What removing it would change")
    assert len(held(group)) == 1
    keys.enter(page.get_by_role("button", name="Remove it"))
    expect(page.get_by_role("status")).to_contain_text("The profession group is removed.")
    assert held(group) == []
    page = visit("profession-group?org_id=19")
    page.get_by_text("Entered by mistake").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
    assert held("select count(*) from core.profession_groups where org_id = 19 and closed_at is null") == [1]
