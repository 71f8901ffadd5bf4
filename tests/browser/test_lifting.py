"""Lifting an erasure in a browser: from the person's page, by keyboard alone, and readable everywhere."""

from etl.connectors.registry import readers
from etl.results import erase
from tests.browser.keys import Keys
from tests.browser.test_every_page import findings, overflows

CODE = "CL00011"


def test_an_administrator_lifts_an_erasure_that_was_a_mistake_by_keyboard_alone(visit, filled, held):
    number = erase.erase(filled, CODE, "ada", "asked for", readers()).erasure_id
    page = visit("person", visitor="admin", width=400, scheme="dark")
    keys = Keys(page)
    keys.skip()
    keys.type(page.get_by_label("Client code"), CODE)
    keys.send()
    keys.enter(page.get_by_role("link", name="how to lift it"))
    assert "What was erased does not come back from here" in page.inner_text("main")
    assert not overflows(page)
    assert findings(page) == []
    keys.skip()
    keys.type(page.get_by_label("Why; it is kept"), "somebody else was meant")
    keys.type(page.get_by_label("The client code of whom it is"), "CL00012")
    keys.send()
    assert "Nothing was lifted" in page.get_by_role("alert").inner_text()
    keys.type(page.get_by_label("The client code of whom it is"), CODE)
    keys.send()
    assert "The client can be imported again" in page.get_by_role("status").inner_text()
    assert CODE not in page.content() + page.url
    lifted = "select lifted_by, lifted_because from ops.erasures where erasure_id = :number"
    assert held(lifted, number=number) == [("admin", "somebody else was meant")]
    assert held("select token from ops.erased where erasure_id = :number", number=number) == []
