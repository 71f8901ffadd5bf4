"""Rejections in a browser: what is dismissed by keyboard is said, and is gone."""


def test_one_row_is_dismissed_by_keyboard_alone(visit):
    page = visit("rejections")
    page.locator("tbody").first.locator("a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**reason_code=*")
    source, key = (
        page.locator("#dismiss [name=source]").input_value(),
        page.locator("td .id").first.inner_text(),
    )
    page.get_by_label("because").focus()
    page.keyboard.type("looked at, in a test")
    page.get_by_role("button", name="Dismiss only this").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert page.get_by_role("status").inner_text() == "1 row is dismissed."
    left = page.locator("tr", has_text=source).filter(has_text=key)
    assert left.filter(has=page.get_by_role("button")).count() == 0


def test_enter_in_the_reason_dismisses_nothing(visit):
    page = visit("rejections")
    page.locator("tbody").first.locator("a").first.click()
    page.wait_for_url("**reason_code=*")
    rows = page.get_by_role("button", name="Dismiss only this").count()
    page.get_by_label("because").fill("not meant yet")
    page.get_by_label("because").press("Enter")
    page.reload()
    assert page.get_by_role("status").count() == 0
    assert page.get_by_role("button", name="Dismiss only this").count() == rows > 0


def test_a_viewer_has_no_page_of_people_in_the_menu_and_is_refused(visit, served):
    page = visit("tonight", visitor="viewer")
    assert page.locator("nav a[href=rejections]").count() == 0
    assert page.request.get(f"{served}/learning-results/pages/rejections").status == 403
