"""Reference data in a browser: exported, every wrong line seen, what a set would change, imported, who did it."""

import zipfile

from playwright.sync_api import expect

from tests.browser.test_every_page import findings, narrow_and_dark, overflows

NEW = "select name from core.units where unit_code = 'NEW-UNIT' and closed_at is null"


def csv_file(text):
    return {"name": "units.csv", "mimeType": "text/csv", "buffer": text.encode()}


def choose(page, text, button):
    page.get_by_label("A zip of the set").set_input_files(csv_file(text))
    page.get_by_role("button", name=button).click()


def test_a_set_is_exported_mended_checked_and_imported(visit, held, tmp_path):
    page = visit("reference-data")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export all of it").click()
    download.value.save_as(tmp_path / "set.zip")
    with zipfile.ZipFile(tmp_path / "set.zip") as exported:
        units = exported.read("units.csv").decode()
    wrong = f"{units}BAD-KIND,lesson,New\n{units.splitlines()[1]}\n,unit,Nameless\n"
    lines = len(units.splitlines())
    choose(page, wrong, "Check")
    found = page.get_by_role("heading", name="units.csv")
    expect(found).to_contain_text("wrong lines")
    told = page.locator("#found ~ table").first.inner_text()
    assert [one for one in (1, 2, 3) if str(lines + one) not in told] == [], told
    assert findings(page) == []
    narrow_and_dark(page)
    assert not overflows(page)
    expect(page.get_by_role("button", name="Import this set")).to_have_count(0)
    right = f"{units}NEW-UNIT,unit,New\n"
    choose(page, right, "Check")
    expect(page.locator("#found ~ table tbody tr").first).to_contain_text("units.csv")
    expect(page.locator("main")).to_contain_text("No result, point or competence would change")
    assert held(NEW) == []
    choose(page, right, "Import this set")
    expect(page.get_by_role("status")).to_have_text("Imported units.csv.")
    assert held(NEW) == ["New"]
    expect(page.locator("#history ~ table tbody tr").first).to_contain_text("core.units")
    expect(page.locator("#history ~ table tbody tr").first).to_contain_text("op")


def test_of_two_who_checked_the_second_is_told_that_the_first_imported(visit, held):
    pages = visit("reference-data"), visit("reference-data", visitor="admin")
    with pages[0].expect_download() as download:
        pages[0].get_by_role("link", name="Export all of it").click()
    with zipfile.ZipFile(download.value.path()) as exported:
        units = exported.read("units.csv").decode()
    sets = [f"{units}FIRST,unit,First\n", f"{units}SECOND,unit,Second\n"]
    for page, text in zip(pages, sets, strict=True):
        page.get_by_label("Work out the results").uncheck()
        choose(page, text, "Check")
        page.get_by_role("button", name="Import this set").wait_for()
    for page, text in zip(pages, sets, strict=True):
        choose(page, text, "Import this set")
        page.get_by_role("button", name="Check").wait_for()
    expect(pages[1].get_by_role("alert")).to_contain_text("changed since the set was checked")
    assert held("select unit_code from core.units where unit_code in ('FIRST', 'SECOND')") == ["FIRST"]
