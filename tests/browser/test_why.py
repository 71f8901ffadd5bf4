"""Why? in a browser: reached from what it is about, whole on a narrow dark screen."""

import pytest

from tests.browser.test_every_page import findings, overflows

FROM = {
    "point": "points",
    "why": "person?client_code=CL00002",
    "why-competence": "competence-holders?competence=CPR",
    "why-registration": "registrations",
    "why-completion": "received-messages",
}


@pytest.mark.parametrize("kind", FROM)
def test_why_is_reached_from_what_it_is_about_and_can_be_read_everywhere(visit, kind):
    page = visit(FROM[kind])
    address = page.locator(f'main a[href^="{kind}?"]').first.get_attribute("href")
    for scheme, width in (("light", 1280), ("dark", 400)):
        page = visit(address, scheme=scheme, width=width)
        assert page.get_by_role("heading", name="The rule").count() == 1
        assert page.get_by_role("heading", name="Answers, as they landed").count() == 1
        assert not overflows(page), (scheme, width)
        assert findings(page) == [], scheme
