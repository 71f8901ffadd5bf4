"""What the pages of competences show and change, over the warehouse of the sample night."""

import re

import pytest
from starlette.testclient import TestClient

from etl.connectors.infocaption import flow as infocaption
from etl.engine.options import Options
from etl.pages.app import create
from etl.pages.host import PagesHost, Right, Visitor
from tests.pages.conftest import SECRET
from tests.pages.reading import form, words

LINK = {"source": "infocaption_main", "course": "107"}

pytestmark = pytest.mark.long  # a night of InfoCaption each


@pytest.fixture
def template(sample_template):
    """The warehouse of these tests holds the sample reference set."""
    return sample_template


@pytest.fixture
def hr(engine, connect):
    """Somebody who may change competences, after a night of InfoCaption."""
    infocaption.run(engine, connect, Options())
    visitor = Visitor("hr", frozenset(Right))
    return TestClient(create(PagesHost(lambda: visitor, lambda: engine, SECRET, connect=connect)))


def holders(browser, **asked):
    return browser.get("/competence-holders", params={"competence": "CPR", **asked})


def test_the_links_the_tree_and_the_state_of_each_course_are_shown(hr):
    page = words(hr.get("/competences"))
    assert "published" in page
    assert "CPR" in page
    assert "Main group, group, competence" in page
    assert "No link has that course" in words(hr.get("/competences", params={"search": "nothing-like-it"}))


def test_who_holds_a_competence_and_whose_ends_within_some_days(hr):
    assert "CL00001" in words(holders(hr))
    assert "CL00001" not in words(holders(hr, state="expiring", days=0))
    assert "Competences by group" in words(hr.get("/competence-holders"))
    assert hr.get("/competence-holders", params={"competence": "no such"}).status_code == 404


def test_the_pages_of_holders_hold_everybody_once(hr, monkeypatch, engine):
    monkeypatch.setattr("etl.pages.competence_holders._MOST", 1)
    with engine.connect() as session:
        held = session.exec_driver_sql(
            "select client_code from mart.competences where competence_code = 'CPR' and held_now"
        ).scalars()
        expected = sorted(held)
    found, asked = [], {}
    while asked is not None:
        page = holders(hr, **asked)
        found += [code for code in set(expected) if f'<span class="id">{code}</span>' in page.text]
        asked = {"after": found[-1], "after_from": "9999-01-01"} if 'rel="next"' in page.text else None
    assert found == expected


def test_a_competence_is_revoked_from_one_person_and_restored(hr):
    fields = form(holders(hr)) | {"because": "a mistake", "client": "CL00001"}
    assert "CL00001" not in words(hr.post("/competence-holders", data=fields)).partition("Person")[2]
    revoked = holders(hr, state="revoked")
    assert "hr, " in words(revoked)
    hr.post("/competence-holders", data=form(revoked) | {"because": "it was none", "client": "CL00001"})
    assert "CL00001" in words(holders(hr))


def test_a_competence_is_revoked_from_everyone_and_the_second_who_does_it_is_told(hr):
    fields = form(holders(hr)) | {"because": "the norm is new"}
    assert "Revoked from everyone by hr: the norm is new" in words(
        hr.post("/competence-holders", data=fields)
    )
    answer = hr.post("/competence-holders", data=fields | {"because": "another"})
    assert answer.status_code == 409
    assert "competence CPR of everyone was revoked already by hr: the norm is new" in words(answer)
    of_one = hr.post("/competence-holders", data=fields | {"client": "CL00001"})
    assert of_one.status_code == 409
    assert "CPR of CL00001: revoked meanwhile by hr: the norm is new; look at it again" in words(of_one)


def test_of_two_who_revoke_or_restore_the_second_is_told_who_did_and_keeps_the_reason_typed(hr, held):
    opened = form(holders(hr)) | {"client": "CL00001", "do": "revoke"}
    decisions = "select decision, reason from ops.competence_decisions order by decision_id"
    hr.post("/competence-holders", data=opened | {"because": "a mistake"})
    answer = hr.post("/competence-holders", data=opened | {"because": "another"})
    assert answer.status_code == 409
    assert "CPR of CL00001 was revoked already by hr: a mistake" in words(answer)
    assert 'name="because" required maxlength="500" size="40" value="another"' in answer.text
    revoked = form(holders(hr, state="revoked")) | {"client": "CL00001"}
    hr.post("/competence-holders", data=revoked | {"because": "it was none"})
    answer = hr.post("/competence-holders", data=revoked | {"because": "another"})
    assert answer.status_code == 409
    assert "CPR of CL00001 is not revoked: hr restored it already: it was none" in words(answer)
    late = hr.post("/competence-holders", data=opened | {"because": "late"})
    assert "CPR of CL00001: restored meanwhile by hr: it was none; look at it again" in words(late)
    assert held(decisions) == [("revoked", "a mistake"), ("restored", "it was none")]


def given(engine):
    """How many periods of TRUCK course 107 gave."""
    with engine.connect() as session:
        return session.exec_driver_sql(
            "select count(*) from core.earned_competences"
            " where competence_code = 'TRUCK' and source_course_id = '107'"
        ).scalar()


def test_what_a_link_would_change_is_told_and_is_what_the_next_night_does(hr, engine, connect):
    page = hr.get("/competences", params={"search": "107"})
    tried = hr.post("/competences", data=form(page) | LINK | {"do": "try", "competence": "TRUCK"})
    assert tried.status_code == 200
    assert "What this would change: infocaption_main 107 gives TRUCK" in words(tried)
    told = re.search(r"(\d+) competences given", words(tried))
    with engine.connect() as session:
        passed = session.exec_driver_sql(
            "select count(distinct client_code) from core.course_passes where source_course_id = '107'"
        ).scalar()
    assert f"{passed} historic participants passed the course; 0 of them hold the competence now" in words(
        tried
    )
    assert given(engine) == 0
    hr.post("/competences", data=form(page) | LINK | {"do": "link", "competence": "TRUCK"})
    infocaption.run(engine, connect, Options())
    assert given(engine) == int(told[1]) > 0


def test_a_course_is_linked_once_and_the_link_is_removed_with_a_reason(hr):
    fields = form(hr.get("/competences", params={"search": "107"})) | LINK | {"competence": "TRUCK"}
    assert "Linked." in words(hr.post("/competences", data=fields | {"do": "link"}))
    for do in ("link", "try"):
        again = hr.post("/competences", data=fields | {"do": do})
        assert again.status_code == 409
        assert "gives competence TRUCK already" in words(again)
        assert '<option value="TRUCK" selected>' in again.text
    removed = hr.post("/competences", data=fields | {"do": "unlink", "because": "another course now"})
    assert "The link is removed" in words(removed)
    for do in ("unlink", "try unlink"):
        again = hr.post("/competences", data=fields | {"do": do, "because": "once more"})
        assert again.status_code == 409
        assert "course 107 of infocaption_main is not linked to competence TRUCK" in words(again)


def test_what_removing_a_link_would_change_is_told_and_nothing_is_removed(hr, engine):
    with engine.connect() as session:
        source, course, holding = session.exec_driver_sql(
            "select source, source_course_id, count(distinct client_code) from mart.competences"
            " where competence_code = 'CPR' and held_now and source_course_id is not null"
            " group by 1, 2 order by 3 desc, 1, 2 limit 1"
        ).one()
    link = {"source": source, "course": course, "competence": "CPR"}
    fields = form(hr.get("/competences", params={"search": "CPR"})) | link | {"search": "CPR"}
    page = hr.post("/competences", data=fields | {"do": "try unlink", "because": "it is another course"})
    assert f"What this would change: {source} {course} gives CPR no more" in words(page)
    assert f"{holding} people hold the competence by this course, and keep it" in words(page)
    assert 'value="it is another course"' in page.text
    with engine.connect() as session:
        stands = session.exec_driver_sql(
            "select count(*) from core.competence_links where closed_at is null and competence_code = 'CPR'"
            f" and source_course_id = '{course}' and source = '{source}'"
        ).scalar()
    assert stands == 1


@pytest.mark.parametrize(
    ("given", "why"),
    [({"competence": "none"}, "no competence none"), ({"course": "999"}, "is not published")],
)
def test_what_cannot_be_linked_is_refused(hr, given, why):
    fields = form(hr.get("/competences", params={"search": "107"})) | LINK | {"competence": "TRUCK"}
    answer = hr.post("/competences", data=fields | given | {"do": "link"})
    assert answer.status_code == 409
    assert why in words(answer)


def test_who_may_only_look_sees_no_person_and_no_form(browse):
    viewer = browse(Right.SEE)
    assert not form(viewer.get("/competences"))
    assert viewer.get("/competence-holders").status_code == 403
    for address in ("/competences", "/competence-holders"):
        assert browse(Right.SEE, Right.PERSONS).post(address, data={}).status_code == 403


def test_before_anything_is_entered_competences_say_what_to_do_first(browse, engine):
    with engine.begin() as session:
        session.exec_driver_sql("update core.competences set closed_at = now()")
    assert "enter the tree first" in words(browse(Right.SEE).get("/competences"))
