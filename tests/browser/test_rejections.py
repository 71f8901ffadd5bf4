"""Rejections in a browser: what is dismissed by keyboard is said, and is gone."""

from playwright.sync_api import expect

from tests.browser.keys import Keys

DISMISSED = """
select count(*) from mart.rejections
where source = :source and reason_code = :reason and dismissed_by = 'op' and dismissed_because = :because
"""
KEYS = "select record_key from mart.rejections where source = :source and reason_code = :reason"
NUMBERS = "rejections?source=pe_online&reason_code=no_relation_number"


def test_the_count_of_a_reason_leads_to_its_rows_and_back_to_all(visit, held):
    page = visit("rejections")
    rows = page.locator("#rows ~ table tbody tr")
    everything = rows.count()
    reason = "moodle_main, needs_start_date"
    page.get_by_role("link", name=f"3 rows of {reason}", exact=True).click()
    expect(page.get_by_role("heading", level=2)).to_contain_text(f"Rows of {reason}")
    shown = page.locator("#rows ~ table .id").all_inner_texts()
    assert sorted(shown) == sorted(held(KEYS, source="moodle_main", reason="needs_start_date"))
    assert len(shown) == 3 < everything
    page.get_by_role("link", name="all", exact=True).click()
    expect(rows).to_have_count(everything)


def test_one_row_is_dismissed_by_keyboard_alone(visit, held):
    page = visit(NUMBERS)
    keys = Keys(page)
    keys.skip()
    rows = page.get_by_role("button", name="Dismiss only this").count()
    keys.type(page.get_by_label("because"), "looked at, in a test")
    keys.enter(page.get_by_role("button", name="Dismiss only this").first)
    expect(page.get_by_role("status")).to_have_text("1 row is dismissed.")
    assert keys.next_is_within("#dismiss, #rows, #rows ~ table")
    expect(page.get_by_role("button", name="Dismiss only this")).to_have_count(rows - 1)
    told = {"source": "pe_online", "reason": "no_relation_number", "because": "looked at, in a test"}
    assert held(DISMISSED, **told) == [1]


def test_all_of_a_reason_are_dismissed_and_the_second_of_two_sees_it(visit, held):
    address = "rejections?source=moodle_main&reason_code=needs_start_date"
    first, second = visit(address), visit(address, visitor="admin")
    for page in (first, second):
        page.get_by_label("because").fill("of an old term")
        page.get_by_role("button", name="Dismiss all of them").click()
    expect(first.get_by_role("status")).to_have_text("3 rows are dismissed.")
    expect(second.get_by_role("alert")).to_contain_text("op dismissed it already: of an old term")
    told = {"source": "moodle_main", "reason": "needs_start_date", "because": "of an old term"}
    assert held(DISMISSED, **told) == [3]


def test_enter_in_the_reason_dismisses_nothing(visit, held):
    page = visit(NUMBERS)
    page.get_by_label("because").fill("not meant yet")
    page.get_by_label("because").press("Enter")
    page.reload()
    assert page.get_by_role("status").count() == 0
    told = {"source": "pe_online", "reason": "no_relation_number", "because": "not meant yet"}
    assert held(DISMISSED, **told) == [0]
