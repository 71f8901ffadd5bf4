"""What the pages of accreditation points show and change, over a warehouse whose points were really pushed."""

import re

import pytest

from etl.connectors.pe_online import relation_numbers
from etl.pages.host import Right
from tests.connectors.pe_online.site import ORG, Site
from tests.pages.reading import form, links, words


@pytest.fixture
def site(engine, sandbox):
    return Site(engine, sandbox)


@pytest.fixture
def pushed(site):
    """Two accepted points, one of somebody whom PE-Online does not know, one of somebody without a number."""
    site.accredit()
    site.learners(2)
    site.person("C_strange", "099999", known=False)
    site.passed("C_strange")
    site.person("C_none")
    site.passed("C_none")
    site.night()
    return site


@pytest.fixture
def lost(site):
    """The number of a classroom point whose answer was lost: only a person can settle it."""
    site.accredit(course_type=4, pe_edition_id="7")
    site.sandbox.ledger.add_meeting(ORG, 700001, (7, None))
    site.learners(1)
    site.sandbox.faults.add("pe", "lost_answer")
    site.night()
    return site.only("attendance_id")


def decide(browser, page, decision):
    return browser.post("/point", data=form(page) | {"decision": decision})


def test_the_ledger_tells_how_many_stand_how_and_why_in_plain_words(op, pushed):
    page = words(op.get("/points"))
    assert "The person is not known in this register." in page
    assert "The learner has no relation number for this profession group." in page
    assert "G orgID 52 active" in page


def test_accepted_points_that_are_doubted_are_listed_tonight_until_a_person_decides(op, pushed):
    pushed.person("C052001", "062001")
    pushed.night()
    page = op.get("/tonight")
    assert "accreditation points: 1. The points were accepted under a relation number" in words(page)
    [found] = [one for one in links(page) if one == "points?status=accepted&reason=number_changed"]
    assert re.findall(r'<span class="id">(C\w+)</span>', op.get(f"/{found}").text) == ["C052001"]
    point = next(one for one in links(op.get(f"/{found}")) if one.startswith("point?"))
    decide(op, op.get(f"/{point}"), "registered")
    assert found not in links(op.get("/tonight"))


def test_the_ledger_is_filtered_by_status_reason_group_and_learner(op, pushed):
    def shown(**chosen):
        return sorted(re.findall(r'<span class="id">(C\w+)</span>', op.get("/points", params=chosen).text))

    assert len(shown()) == 4
    assert shown(status="accepted") == ["C052001", "C052002"]
    assert shown(reason="no_relation_number") == ["C_none"]
    assert shown(org_id=19) == []
    assert shown(client_code="C052002", org_id="52") == ["C052002"]
    assert shown(client_code="C052002", org_id="", status="") == ["C052002"]


def test_the_pages_of_the_ledger_hold_every_point_once(op, pushed, monkeypatch):
    monkeypatch.setattr("etl.pages.points._MOST", 3)
    found, address = [], "points"
    while address:
        page = op.get(f"/{address}")
        found += re.findall(r'<a href="point\?item_id=(\d+)"', page.text)
        address = next((one for one in links(page) if "before=" in one), None)
    assert len(found) == len(set(found)) == 4


def test_the_story_of_a_point_holds_what_was_answered_and_who_decided(op, lost):
    page = op.get("/point", params={"item_id": lost})
    assert "PE-Online has no undo" in words(page)
    assert "Cause, where no answer came" in words(page)
    assert "Settled: it is registered" in words(decide(op, page, "registered"))
    after = words(op.get("/point", params={"item_id": lost}))
    assert "accepted" in after
    assert "somebody registered at PE-Online unknown" in after


def test_what_is_not_registered_is_sent_again_by_the_next_push(op, site, lost):
    decide(op, op.get("/point", params={"item_id": lost}), "not_registered")
    site.night()
    assert (site.only("status"), site.calls()) == ("accepted", 2)


def test_of_two_people_who_settle_a_point_the_second_is_told_what_it_is_now(op, site, lost):
    page = op.get("/point", params={"item_id": lost})
    decide(op, page, "registered")
    for decision in ("registered", "not_registered", "resend"):
        answer = decide(op, page, decision)
        assert answer.status_code == 409
        assert "Not done row" in words(answer)
        assert "is accepted, offered 1 time by now" in words(answer)
    assert site.only("status") == "accepted"


def test_a_refused_point_is_offered_again(op, pushed):
    [refused] = pushed.sql("select attendance_id from mart.pe_attendance where status = 'rejected'")
    pushed.sandbox.ledger.add_person(ORG, "099999")
    answer = decide(op, op.get("/point", params={"item_id": refused[0]}), "resend")
    assert "The next push offers it again." in words(answer)
    pushed.night()
    assert "099999" in pushed.booked()


def test_points_that_cannot_be_decided_about_have_no_form(op, pushed):
    [withheld] = pushed.sql("select attendance_id from mart.pe_attendance where status = 'withheld'")
    page = op.get("/point", params={"item_id": withheld[0]})
    assert not form(page)
    assert "relation-numbers?org_id=52" in links(page)
    assert op.get("/point", params={"item_id": 10**9}).status_code == 404


def test_a_paused_account_sends_nothing_until_somebody_lets_it_go_on(op, site):
    site.accredit()
    site.learners(1)
    answer = op.post("/points", data=form(op.get("/points")) | {"change": "pause", "because": "key is new"})
    assert "paused by somebody" in words(answer)
    assert "key is new" in words(answer)
    site.night()
    assert (site.only("status", "reason"), site.calls()) == (("pending", "account_paused"), 0)
    op.post("/points", data=form(op.get("/points")) | {"change": "resume"})
    site.night()
    assert site.only("status") == "accepted"


def test_of_two_people_who_pause_an_account_the_second_is_told_who_did(op, site):
    fields = form(op.get("/points")) | {"change": "pause", "because": "a holiday"}
    op.post("/points", data=fields)
    answer = op.post("/points", data=fields)
    assert answer.status_code == 409
    assert "paused already by somebody" in words(answer)


def test_an_account_that_was_paused_anew_since_is_let_go_on_by_nobody_who_did_not_see_that(op, site):
    for_both = form(op.get("/points"))
    op.post("/points", data=for_both | {"change": "pause", "because": "a holiday"})
    opened = form(op.get("/points")) | {"change": "resume"}
    op.post("/points", data=opened)
    late = op.post("/points", data=opened)
    assert late.status_code == 409
    assert "is not paused by a person any more: somebody let it go on" in words(late)
    op.post("/points", data=for_both | {"change": "pause", "because": "the key leaked"})
    late = op.post("/points", data=opened)
    assert late.status_code == 409
    assert "was paused anew by somebody: the key leaked; look at it again" in words(late)
    assert site.sql("select paused_because from ops.account_pauses where resumed_at is null") == [
        ("the key leaked",)
    ]


def test_of_two_who_enter_a_number_the_second_is_told_and_finds_what_was_typed_beside_what_stands(op, pushed):
    opened = form(op.get("/relation-numbers")) | {"client_code": "C_none", "was": ""}
    op.post("/relation-numbers", data=opened | {"number": "052777"})
    answer = op.post("/relation-numbers", data=opened | {"number": "052778"})
    assert answer.status_code == 409
    assert "client C_none has another number by now: look at it again" in words(answer)
    assert "now: 052777" in words(answer)
    assert 'value="052778" autocomplete="off" aria-label="Relation number of C_none' in answer.text
    assert pushed.sql("select value from core.client_numbers where client_code = 'C_none'") == [("052777",)]


def test_a_number_that_is_entered_sends_the_points_that_waited_for_it(op, pushed):
    page = op.get("/relation-numbers")
    assert "C_none" in page.text
    assert "C_strange" in page.text
    pushed.sandbox.ledger.add_person(ORG, "052777")
    fields = form(page) | {"client_code": "C_none", "was": "", "number": "052777"}
    assert "The number is entered" in words(op.post("/relation-numbers", data=fields))
    pushed.night()
    assert "052777" in pushed.booked()
    assert pushed.sql("select who, through, key ->> 'client_code' from ops.audit") == [
        ("somebody", "page", "C_none")
    ]


@pytest.mark.parametrize(
    ("number", "was", "why"),
    [
        ("12", "", "does not have the form"),
        ("052001", "", "C052001 has this number already"),
        ("052777", "052776", "has another number by now"),
    ],
)
def test_a_number_that_cannot_be_right_is_refused_and_nothing_is_entered(op, pushed, number, was, why):
    fields = form(op.get("/relation-numbers")) | {"client_code": "C_none", "was": was, "number": number}
    answer = op.post("/relation-numbers", data=fields)
    assert answer.status_code == 409
    assert why in words(answer)
    assert not pushed.sql("select from core.client_numbers where client_code = 'C_none'")


def test_a_number_that_a_system_stated_is_the_persons_who_enters_another(engine, pushed):
    pushed.sql(
        """insert into ops.reference_origins values ('client_numbers', '["C_none", "pe:52"]', 'coachview')"""
    )
    relation_numbers.enter(engine, ORG, "C_none", "052777", "clerk")
    assert not pushed.sql("select from ops.reference_origins")


def test_accreditations_are_found_by_group_and_course(op, site):
    site.accredit()
    site.accredit("3", 700002)
    assert "700001" not in op.get("/accreditations", params={"course": "700002", "org_id": 52}).text
    assert "course 700001" in words(op.get("/accreditations"))
    assert "There are none of this kind" in words(
        op.get("/accreditations", params={"course": "x", "org_id": ""})
    )


def test_before_anything_is_entered_points_says_what_to_do_first(op):
    assert "No profession group is entered yet" in words(op.get("/points"))


def test_who_may_only_look_sees_no_form_and_can_change_nothing(browse, lost):
    reader = browse(Right.SEE, Right.PERSONS)
    for address in ("/points", f"/point?item_id={lost}", "/relation-numbers"):
        page = reader.get(address)
        assert page.status_code == 200
        assert not form(page)
        assert reader.post(address.partition("?")[0], data={}).status_code == 403
    assert browse(Right.SEE).get("/points").status_code == 403
