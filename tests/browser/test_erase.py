"""Erasing a person in a browser: from the person's page to the proof on disk, by keyboard alone."""

import json

from tests.browser.keys import Keys
from tests.browser.test_every_page import findings, overflows

CODE, NAMED = (
    "CL00007",
    "select concat_ws('|', client_code, surname, email) from core.clients where client_code = :code",
)


def test_an_administrator_erases_somebody_who_asked_for_it_by_keyboard_alone(visit, held):
    [words] = held(NAMED, code=CODE)
    page = visit("person", visitor="admin")
    keys = Keys(page)
    keys.skip()
    keys.type(page.get_by_label("Client code"), CODE)
    keys.send()
    keys.enter(page.get_by_role("link", name="What would be erased"))
    assert "core.clients" in page.inner_text("main")
    keys.skip()
    keys.type(page.get_by_label("Why; it is kept"), "asked for by letter")
    keys.type(page.get_by_label("The client code once more"), "CL0000")
    keys.send()
    assert "Nothing was erased" in page.get_by_role("alert").inner_text()
    keys.type(page.get_by_label("The client code once more"), CODE)
    keys.send()
    if "erasing?" in page.url:
        keys.enter(page.get_by_role("link", name="The proof"))
    proof = page.inner_text("main")
    assert "asked for by letter" in proof
    keys.to(page.get_by_role("link", name="Download the proof"))
    with page.expect_download() as downloaded:
        page.keyboard.press("Enter")
    kept = page.request.get(
        downloaded.value.url
    ).text()  # which a download asks without the header of these tests
    assert json.loads(kept)["counts"]["core.clients"] == 1
    assert not [one for one in words.split("|") if one in proof + kept + page.url]
    keys.enter(page.get_by_role("link", name="All erasures"))
    assert "asked for by letter" in page.inner_text("main")
    assert held(NAMED, code=CODE) == []


def test_an_erasure_that_goes_on_can_be_read_everywhere_and_needs_no_open_page(visit, filled, held):
    with filled.begin() as session:
        session.exec_driver_sql(
            "insert into ops.erasure_requests (asked_by, looked_through, answers) values ('ada', 1200, 50000)"
        )
    [number] = held("select max(request_id) from ops.erasure_requests")
    for scheme, width in (("light", 1280), ("dark", 400)):
        page = visit(f"erasing?request_id={number}", visitor="admin", scheme=scheme, width=width)
        assert "1,200 of 50,000 landed answers" in page.get_by_role("status").inner_text()
        assert not overflows(page)
        assert findings(page) == []
    with filled.begin() as session:
        session.exec_driver_sql(
            "update ops.erasure_requests set refused = 'a run is under way' where ended_at is null"
        )
    page.get_by_text("Nothing was erased").wait_for()
    assert "a run is under way" in page.get_by_role("status").inner_text()
