"""Erase on request, on pages: what would go, who may, the deed, the proof; nothing is kept afterwards."""

import json

import pytest

from etl.connectors.registry import readers
from etl.pages import erase as erase_pages
from etl.pages.host import Right
from etl.results import erase
from tests.pages.reading import form, words

pytestmark = pytest.mark.long
PEOPLE = (
    "insert into core.clients (client_code, surname, email)"
    " values ('C-71', 'Bovenkamp', 'bo@x.example'), ('C-72', 'Other', null)",
    "insert into core.client_numbers (client_code, scheme, value) values ('C-71', 'eckid', 'K-77')",
)


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """The page waits for the end, however slow the machine is."""
    monkeypatch.setattr(erase_pages, "_PATIENCE", 60)


@pytest.fixture(autouse=True)
def people(engine):
    with engine.begin() as session:
        for statement in PEOPLE:
            session.exec_driver_sql(statement)


def press(browser, **given):
    page = browser.get("/erase?client_code=C-71")
    return browser.post("/erase", data=form(page) | {"because": "asked for", "again": "C-71"} | given)


def test_an_administrator_sees_what_would_go_erases_and_gets_a_proof_that_names_nobody(browse):
    admin = browse(*Right)
    assert "erase?client_code=C-71" in admin.get("/person?client_code=C-71").text
    page = words(admin.get("/erase?client_code=C-71"))
    assert "core.clients 1" in page
    assert "core.client_numbers 1" in page
    proof = press(admin)
    assert "Nothing is kept of the person any more" in words(proof)
    assert "By somebody Because asked for" in words(proof)
    file = admin.get("/erasure.json?erasure_id=1")
    assert "attachment" in file.headers["content-disposition"]
    assert json.loads(file.text)["counts"]["core.client_numbers"] == 1
    for answer in (proof, file, admin.get("/erasures")):
        assert not [one for one in ("C-71", "Bovenkamp", "K-77", "bo@x") if one in answer.text]
    assert "Erasure 1" in words(admin.get("/erasures"))


def test_after_an_erasure_the_page_of_the_person_says_that_nothing_is_kept(browse):
    press(browse(*Right))
    answer = browse(Right.SEE, Right.PERSONS).get("/person?client_code=C-71")
    assert answer.status_code == 200
    assert "Nothing is kept: the person was erased on request" in words(answer)
    assert "erasure?" not in answer.text
    assert browse(*Right).get("/erase?client_code=C-71").status_code == 404
    assert browse(*Right).get("/person?client_code=C-72").status_code == 200


@pytest.mark.parametrize(
    ("given", "why"),
    [({"again": "C-72"}, "is not that of this person"), ({"because": " "}, "say who decides and why")],
)
def test_without_the_code_typed_again_or_a_reason_nothing_is_erased(browse, given, why):
    admin = browse(*Right)
    answer = press(admin, **given)
    assert answer.status_code == 409
    assert "Nothing was erased" in words(answer)
    assert why in words(answer)
    assert "Bovenkamp" in admin.get("/person?client_code=C-71").text


def test_of_two_who_erase_somebody_the_second_is_told_that_the_person_was_erased(browse, held):
    admin = browse(*Right)
    opened = form(admin.get("/erase?client_code=C-71")) | {"again": "C-71", "because": "asked for"}
    admin.post("/erase", data=opened)
    answer = admin.post("/erase", data=opened | {"because": "asked for twice"})
    assert answer.status_code == 404
    assert "Nothing was changed" in words(answer)
    assert "no client of this code any more: somebody erased the person on request" in words(answer)
    assert held("select because from ops.erasures") == [("asked for",)]


def test_what_stands_in_the_way_is_said_before_and_refused_after(browse, night, engine):
    admin = browse(*Right)
    given = form(admin.get("/erase?client_code=C-71")) | {"because": "asked for", "again": "C-71"}
    with engine.begin() as session:
        session.exec_driver_sql("update ops.runs set finished_at = null, status = 'running'")
    page = admin.get("/erase?client_code=C-71")
    assert "Not now: a run of moodle_results is under way" in words(page)
    assert "because" not in page.text
    answer = admin.post("/erase", data=given)
    assert answer.status_code == 409
    assert "Nothing was erased: a run of moodle_results is under way" in words(answer)
    assert "Bovenkamp" in admin.get("/person?client_code=C-71").text


TAKEN = """
with item as (
    insert into ops.outbox (target, kind, account, business_key, record_key, if_unknown, status)
    values ('moodle', 'account', 'main', '{}', '1', 'read_back', 'accepted') returning item_id
)
insert into ops.moodle_people (item_id, source, client_code, suspended) select item_id, 'main', 'C-71', false from item
"""


def test_what_other_systems_have_taken_is_said_before_and_in_the_proof(browse, engine):
    with engine.begin() as session:
        session.exec_driver_sql(TAKEN)
    admin = browse(*Right)
    taken = "1 item (account) stands at moodle, account main"
    assert taken in words(admin.get("/erase?client_code=C-71"))
    assert taken in words(press(admin))


def test_who_is_no_administrator_sees_no_way_to_erase(browse):
    op = browse(*set(Right) - {Right.ADMIN})
    assert "erase" not in op.get("/person?client_code=C-71").text.lower()
    assert op.get("/erase?client_code=C-71").status_code == 403
    assert op.post("/erase", data={"client_code": "C-71"}).status_code == 403
    assert "the role Admin" in words(op.get("/erasures"))


def test_a_proof_that_is_not_there_is_said_so(browse):
    assert browse(*Right).get("/erasure?erasure_id=9").status_code == 404
    assert "Nobody was erased" in words(browse(*Right).get("/erasures"))


def test_a_long_erasure_shows_how_far_it_is_and_goes_on_by_itself(browse, engine, monkeypatch):
    monkeypatch.setattr(erase_pages, "_PATIENCE", 0)
    admin = browse(*Right)
    with engine.connect() as other:
        other.exec_driver_sql("lock table core.clients in share mode")
        page = press(admin)
        assert "Under way" in words(page)
        assert "data-refresh" in page.text
        assert "C-71" not in page.text + str(page.url)
        assert "Bovenkamp" in admin.get("/person?client_code=C-71").text
    for _ in range(5_000):
        page = admin.get("/erasing?request_id=1")
        if "data-refresh" not in page.text:
            break
    assert "Done Nothing is kept of the person any more" in words(page)
    assert "erasure?erasure_id=1" in page.text


def test_an_erasure_that_broke_off_says_that_nothing_was_erased(browse, engine):
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into ops.erasure_requests (asked_by, asked_at) values ('ada', now() - interval '1 hour')"
        )
    page = browse(*Right).get("/erasing?request_id=1")
    assert "Nothing was erased It broke off" in words(page)
    assert browse(*Right).get("/erasing?request_id=2").status_code == 404


def was_erased(engine):
    erase.erase(engine, "C-71", "ada", "asked for", readers())


def lift(browser, **given):
    page = browser.get("/erasure?erasure_id=1")
    return browser.post("/erasure", data=form(page) | {"because": "a mistake", "client_code": "C-71"} | given)


def test_an_administrator_sees_what_lifting_means_and_lifts_an_erasure_and_both_are_kept_with_who(
    browse, engine
):
    admin = browse(*Right)
    was_erased(engine)
    assert "erasure?erasure_id=1" in admin.get("/person?client_code=C-71").text
    page = words(admin.get("/erasure?erasure_id=1"))
    with engine.connect() as session:
        hashes = session.exec_driver_sql("select count(*) from ops.erased").scalar_one()
    assert f"{hashes} hashes by which the person is left out would go" in page
    assert "What was erased does not come back from here" in page
    answer = lift(admin)
    assert "Lifted The client can be imported again" in words(answer)
    assert "by somebody: a mistake" in words(answer)
    assert "Lift this erasure" not in answer.text
    assert "C-71" not in answer.text + str(answer.url)
    with engine.connect() as session:
        assert session.exec_driver_sql("select count(*) from ops.erased").scalar_one() == 0
        audited = session.exec_driver_sql(
            "select who, through, after ->> 'lifted_because' from ops.audit order by audit_id desc limit 1"
        ).one()
    assert tuple(audited) == ("somebody", "page", "a mistake")


@pytest.mark.parametrize(
    ("given", "why"),
    [({"client_code": "C-72"}, "is not that of this erasure"), ({"because": " "}, "say who decides and why")],
)
def test_without_the_code_of_the_erased_client_or_a_reason_nothing_is_lifted(browse, engine, given, why):
    admin = browse(*Right)
    was_erased(engine)
    answer = lift(admin, **given)
    assert answer.status_code == 409
    assert "Nothing was lifted" in words(answer)
    assert why in words(answer)
    assert "Lift this erasure" in answer.text


def test_the_second_of_two_who_lift_is_told(browse, engine):
    admin = browse(*Right)
    was_erased(engine)
    given = form(admin.get("/erasure?erasure_id=1")) | {"because": "a mistake", "client_code": "C-71"}
    lift(admin)
    answer = admin.post("/erasure", data=given)
    assert answer.status_code == 409
    assert "or it was lifted" in words(answer)


def test_what_would_be_sent_once_more_keeps_an_erasure_from_being_lifted(browse, engine):
    with engine.begin() as session:
        session.exec_driver_sql(TAKEN)
    admin = browse(*Right)
    was_erased(engine)
    page = admin.get("/erasure?erasure_id=1")
    assert "It cannot be lifted: other systems have taken something" in words(page)
    assert "Lift this erasure" not in page.text
    sent = form(admin.get("/person")) | form(admin.get("/erase?client_code=C-72"))
    answer = admin.post("/erasure", data=sent | {"erasure_id": 1, "because": "a", "client_code": "C-71"})
    assert answer.status_code == 409
    assert "sent to them once more" in words(answer)


def test_who_is_no_administrator_lifts_nothing(browse, engine):
    was_erased(engine)
    op = browse(*set(Right) - {Right.ADMIN})
    assert "erasure?" not in op.get("/person?client_code=C-71").text
    given = form(browse(*Right).get("/erasure?erasure_id=1")) | {"because": "a", "client_code": "C-71"}
    assert op.post("/erasure", data=given).status_code == 403
