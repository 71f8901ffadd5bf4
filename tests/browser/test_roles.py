"""Who sees what, and may change what: each page and each form as each role, in a browser."""

import pytest

from etl.pages.access import RIGHTS as NEEDED
from etl.pages.app import PATH
from etl.pages.host import Right
from etl.pages.render import MENU
from tests.browser.addresses import CHANGES, FILES, PAGES
from tests.browser.conftest import RIGHTS

COUNTS_ONLY = {"/", "/tonight", "/run", "/download", "/mapping", "/competences"}
ADMINISTRATORS_ONLY = {"/erase", "/erasing", "/erasure", "/erasures", "/erasure.json"}
# What changes something, or would: none of it is offered to whoever may not.
FORMS = "form[method=post], button[form], [formaction]"
OFFERED = "form[method=post] :is(button, input:not([type=hidden]), select):enabled, button:enabled[form]"
# Pages whose lists and forms need nothing else to be there.
CHANGEABLE = (
    "results",
    "mapping?occurrence=OCC-1001",
    "enrolments?occurrence=OCC-1001",
    "competences?search=1",
    "competence-holders?competence=CPR",
    "points",
    "point?item_id={unknown}",
    "relation-numbers",
    "accreditation",
    "school?brin6=99QQ00",
    "registrations?status=unknown",
    "rejections?source=pe_online&reason_code=no_relation_number",
    "reference-data",
)


@pytest.fixture
def signed(visit):
    """What sends a form as the browser of op does, and a token of these pages."""
    page = visit("schools")
    return page.request, page.locator("[name=csrftoken]").first.input_value()


@pytest.mark.parametrize("role", ["viewer", "op", "admin"])
def test_each_page_is_shown_or_refused_and_offers_what_the_role_may_do(visit, served, known, role):
    page = visit("tonight", visitor=role)
    menu = [one.get_attribute("href") for one in page.locator("nav a").all()]
    assert menu == [one for one in MENU if NEEDED[one] in RIGHTS[role]]
    for kind, addresses in (PAGES | {kind: (one,) for kind, one in FILES.items()}).items():
        allowed = role == "admin" or kind in COUNTS_ONLY
        allowed |= role == "op" and kind not in ADMINISTRATORS_ONLY
        for address in (one.format(**known) for one in addresses):
            answer = page.request.get(f"{served}{PATH}/{address}")
            assert answer.status == (200 if allowed else 403), address
            if role == "viewer" and allowed:
                page.goto(f"{served}{PATH}/{address}")
                assert page.locator(FORMS).count() == 0, address


@pytest.mark.parametrize("address", CHANGEABLE)
def test_who_may_change_something_is_offered_it_where_it_is_shown(visit, known, address):
    for role in ("op", "admin"):
        page = visit(address.format(**known), visitor=role)
        assert page.locator(OFFERED).count() > 0


@pytest.mark.parametrize("address", CHANGES)
def test_a_form_changes_nothing_without_the_right_or_with_a_forged_token(served, held, signed, address):
    request, token = signed
    before = held("select count(*) from ops.audit")
    for role, given, said in (
        ("viewer", token, "This needs the right to"),
        ("op", "forged", "Nothing was changed"),
    ):
        answer = request.post(
            f"{served}{PATH}{address}",
            headers={"x-visitor": role},
            **{"multipart" if address.startswith("/reference-data") else "form": {"csrftoken": given}},
        )
        assert answer.status == 403
        assert said in answer.text()
    assert held("select count(*) from ops.audit") == before


def test_who_sees_people_and_changes_nothing_is_offered_nothing(visit, known, monkeypatch):
    monkeypatch.setitem(RIGHTS, "reader", frozenset({Right.SEE, Right.PERSONS}))
    for address in (*CHANGEABLE, "results?occurrence=OCC-1001", "schools", "registrations", "accreditations"):
        page = visit(address.format(**known), visitor="reader")
        assert page.locator(FORMS).count() == 0, address
        for word in ("Enter an accreditation", "Enter an integration", "Change or end"):
            assert page.get_by_role("link", name=word).count() == 0, address
