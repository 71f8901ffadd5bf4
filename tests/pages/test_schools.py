"""Schools on their page: terms and codes, two people at once, the log, pupils' results with history."""

import re
from datetime import date
from html import unescape

import pytest
from sqlalchemy import text

from etl.connectors.iep_lvs import links as school_links
from etl.connectors.iep_lvs.links import LinkTerms
from etl.pages import schools
from etl.pages.host import Right
from tests.pages.reading import links, words

CODE = "99QQ001234567890abcd"
OTHER = "99QQ00another0code0abcd"


def form(page, action):
    """The fields of one form of a page that the page itself fills in."""
    [written] = re.findall(rf'<form method="post" action="{action}".*?</form>', page.text, re.DOTALL)[:1]
    found = re.findall(r'<input[^>]*name="([^"]*)"[^>]*value="([^"]*)"', written)
    return {name: unescape(value) for name, value in found if name != "terms_accepted"}


@pytest.fixture
def school(engine):
    with engine.begin() as session:
        terms = LinkTerms("M. Mandaat", date(2026, 1, 5), date(2026, 1, 6))
        return school_links.activate(session, CODE, "Bureau ICE", "BUREAUICE", terms, "beheer")


def test_the_pages_of_the_list_hold_every_school_once(op, engine, monkeypatch):
    codes = [f"{number}QQ00" for number in range(11, 16)]
    with engine.begin() as session:
        for code in codes:
            terms = LinkTerms("M. Mandaat", date(2026, 1, 5), date(2026, 1, 6))
            school_links.activate(
                session, f"{code}1234567890abcd", "Bureau ICE", "BUREAUICE", terms, "beheer"
            )
    monkeypatch.setattr(schools, "_MOST", 2)
    seen, address = [], "schools"
    while address:
        page = op.get(f"/{address}")
        found = links(page)
        seen.append([one.removeprefix("school?brin6=") for one in found if one.startswith("school?brin6=")])
        address = next((one for one in found if "after=" in one), None)
    assert seen == [codes[:2], codes[2:4], codes[4:]]


@pytest.fixture
def results(engine, school):
    """250 pupils with one result each; the first one's was 1F before it was 2F."""
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into core.clients (client_code) select 'P' || n from generate_series(100, 349) n"
        )
        message = session.exec_driver_sql(
            "insert into raw.inbox (system, origin, key, content_type, created_at) values"
            " ('iep_lvs', '99QQ00', 'k', 'text/xml', '2026-02-01T00:00Z') returning message_id"
        ).scalar_one()
        insert = text(
            "insert into core.test_result_versions (source, brin6, result_key, created_at, message_id, pupil_key,"
            " test_code, test_name, taken_on, school_year, level, measures, content, run_id, version, is_current)"
            " select 'iep_lvs', '99QQ00', 'R' || n, cast(:at as timestamptz), :message, 'P' || n, 'LEZ',"
            " 'Lezen & meer', '2026-01-12', '2025-2026', :level, cast(:measures as jsonb), :level, 'r',"
            " :version, :current"
            " from generate_series(100, :last) n"
        )
        said = {"message": message, "measures": '[{"value_type": "score", "value": "61"}]'}
        session.execute(
            insert,
            said | {"at": "2026-01-20T00:00Z", "level": "1F", "version": 1, "current": False, "last": 100},
        )
        session.execute(
            insert,
            said | {"at": "2026-02-01T00:00Z", "level": "2F", "version": 2, "current": True, "last": 349},
        )


def status(engine):
    with engine.connect() as session:
        return session.exec_driver_sql("select status, code_is_entered from mart.school_links").one()


def given(page, **more):
    return (
        form(page, "activate-school")
        | {"code": CODE, "accepted_by": "M. Mandaat", "terms_accepted": "true"}
        | more
    )


def test_without_schools_the_page_says_what_to_do_first(op):
    assert "No school has a link yet: activate the first one below" in words(op.get("/schools"))


def test_a_school_is_activated_with_its_terms_and_its_code_is_shown_nowhere(op, engine):
    answer = op.post("/activate-school", data=given(op.get("/schools"), start_date="2026-08-01"))
    assert str(answer.url).endswith("/school?brin6=99QQ00#change")
    assert "Last change: activated by somebody" in words(answer) or "code entered by somebody" in words(
        answer
    )
    assert "Terms accepted by M. Mandaat" in words(answer)
    assert "from 2026-08-01 on" in words(answer)
    assert CODE not in answer.text
    assert tuple(status(engine)) == ("active", True)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"terms_accepted": "false"}, "the terms must be accepted"),
        ({"accepted_by": " "}, "a mandated person"),
        ({"code": "99QQ00short"}, "20 to 50 characters"),
        ({"code": "no0brin0at0its0start0"}, "starts with the BRIN"),
    ],
)
def test_what_is_wrong_with_an_activation_is_said_and_nothing_is_changed(op, engine, wrong, said):
    answer = op.post("/activate-school", data=given(op.get("/schools"), **wrong))
    assert answer.status_code == 422
    assert "Nothing was changed" in words(answer)
    assert said in words(answer)
    with engine.connect() as session:
        assert not session.exec_driver_sql("select from core.school_links").all()


def test_a_link_that_stands_is_not_opened_anew_from_the_list(op, school, engine):
    answer = op.post("/activate-school", data=given(op.get("/schools"), code=OTHER))
    assert answer.status_code == 409
    assert "Nothing was changed: school 99QQ00: code entered by beheer" in words(answer)


def test_a_link_is_paused_resumed_and_ended_and_the_log_says_by_whom(op, school, engine):
    answer = op.post("/pause-school", data=form(op.get("/school?brin6=99QQ00"), "pause-school"))
    assert tuple(status(engine)) == ("paused", False)
    answer = op.post("/resume-school", data=form(answer, "resume-school") | {"code": OTHER})
    assert tuple(status(engine)) == ("active", True)
    answer = op.post("/end-school", data=form(answer, "end-school"))
    assert tuple(status(engine)) == ("ended", False)
    assert "only activating it again" in words(answer).lower()
    with engine.connect() as session:
        done = session.exec_driver_sql(
            "select event from mart.link_log where actor = 'somebody'"
            " and event in ('paused', 'resumed', 'ended') order by log_id"
        )
        assert list(done.scalars()) == ["paused", "resumed", "ended"]
    answer = op.post("/activate-school", data=given(answer))
    assert tuple(status(engine)) == ("active", True)


def test_the_code_of_another_school_does_not_open_this_one(op, school):
    page = op.get("/school?brin6=99QQ00")
    answer = op.post("/resume-school", data=form(page, "resume-school") | {"code": "11AA001234567890abcd"})
    assert answer.status_code == 422
    assert "it starts with 99QQ00" in words(answer)


@pytest.mark.parametrize(
    ("first", "second"), [("pause", "pause"), ("set", "resume"), ("resume", "end"), ("end", "set")]
)
def test_whatever_two_do_with_a_link_the_second_is_told_what_the_first_did(op, school, held, first, second):
    opened = op.get("/school?brin6=99QQ00")
    more = {"resume": {"code": OTHER}, "set": {"reading": "lenient", "unknown_pupil": "fault"}}
    op.post(f"/{first}-school", data=form(opened, f"{first}-school") | more.get(first, {}))
    stands = held("select * from core.school_links"), held("select * from ops.link_codes")
    answer = op.post(f"/{second}-school", data=form(opened, f"{second}-school") | more.get(second, {}))
    assert answer.status_code == 409
    assert re.search(r"Nothing was changed: school 99QQ00: [a-z ]+ by somebody at", words(answer))
    assert (held("select * from core.school_links"), held("select * from ops.link_codes")) == stands


def test_of_two_who_activate_or_set_the_second_is_told_and_keeps_what_was_typed_but_for_the_code(op, held):
    opened = op.get("/schools")
    op.post("/activate-school", data=given(opened))
    typed = {"supplier": "Another", "accepted_by": "A. Second", "start_date": "2026-09-01", "code": OTHER}
    answer = op.post("/activate-school", data=given(opened, **typed))
    assert answer.status_code == 409
    assert "Nothing was changed: school 99QQ00: code entered by somebody" in words(answer)
    for said in ("Another", "A. Second", "2026-09-01"):
        assert f'value="{said}"' in answer.text
    assert OTHER not in answer.text
    opened = form(op.get("/school?brin6=99QQ00"), "set-school") | {"unknown_pupil": "fault"}
    op.post("/set-school", data=opened | {"reading": "lenient", "schoolkey": "S1"})
    answer = op.post("/set-school", data=opened | {"reading": "strict", "schoolkey": "S2"})
    assert answer.status_code == 409
    assert 'name="schoolkey" maxlength="256" value="S2"' in answer.text
    assert (
        "Now a message that deviates is read, bad rows are listed;"
        " of a pupil who is not known the message is refused; schoolkey S1."
    ) in words(answer)
    assert held("select reading, schoolkey from core.school_links") == [("lenient", "S1")]


def test_how_messages_are_read_is_set(op, school, engine):
    fields = form(op.get("/school?brin6=99QQ00"), "set-school")
    op.post("/set-school", data=fields | {"reading": "lenient", "unknown_pupil": "fault", "schoolkey": "S1"})
    with engine.connect() as session:
        kept = session.exec_driver_sql(
            "select reading, unknown_pupil, schoolkey from core.school_links"
        ).one()
    assert tuple(kept) == ("lenient", "fault", "S1")


def test_the_log_is_paged_and_filtered(op, school, engine):
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into ops.link_log (brin6, event, fault_code, detail)"
            " select '99QQ00', 'test_message', 'Client.OngeldigBericht', 'try <' || n || '>'"
            " from generate_series(1, 150) n"
        )
    first = op.get("/school", params={"brin6": "99QQ00", "event": "test_message"})
    assert "try &lt;150&gt;" in first.text
    assert "try &lt;50&gt;" not in first.text
    [older] = re.findall(r'href="(school\?[^"]*before=[^"]*)"', first.text)
    second = op.get("/" + unescape(older))
    assert "try &lt;50&gt;" in second.text
    assert "activated</td>" not in second.text


def test_the_pages_of_pupils_hold_each_once_and_a_pupil_has_a_history(op, results):
    page = op.get("/school?brin6=99QQ00")
    seen = re.findall(r'pupil_key=(P\d+)"', page.text)
    while following := re.findall(r'href="(school\?[^"]*after=[^"]*)"', page.text):
        page = op.get("/" + unescape(following[0]))
        seen += re.findall(r'pupil_key=(P\d+)"', page.text)
    assert seen == [f"P{n}" for n in range(100, 350)]
    history = words(op.get("/pupil", params={"brin6": "99QQ00", "pupil_key": "P100"}))
    assert "Lezen & meer R100 2F score 61 2, stands" in history
    assert "1F score 61 1, replaced" in history
    why = op.get("/why-test-result", params={"brin6": "99QQ00", "result_key": "R100"})
    assert "Version 2 stands." in words(why)
    assert re.search(r"2 yes .* 2F score 61 .* 1 no .* 1F score 61", words(why))
    assert "person?client_code=P100" in why.text


def test_the_list_is_filtered_by_state_and_the_page_of_a_school_counts_its_results(op, results):
    assert "99QQ00 active Bureau ICE" in words(op.get("/schools?status=active"))
    assert "0 250 250 0 0" in words(op.get("/school?brin6=99QQ00"))
    assert "No school has this state" in words(op.get("/schools?status=ended"))


def test_a_school_or_pupil_that_is_not_there_is_said_so(op, school):
    assert op.get("/school?brin6=11AA00").status_code == 404
    assert op.get("/pupil", params={"brin6": "99QQ00", "pupil_key": "nobody"}).status_code == 404


def test_who_may_only_look_sees_no_form_and_changes_nothing(browse, op, school, engine):
    fields = form(op.get("/school?brin6=99QQ00"), "pause-school")
    reader = browse(Right.SEE, Right.PERSONS)
    page = reader.get("/school?brin6=99QQ00")
    assert 'method="post"' not in page.text + reader.get("/schools").text
    for action in ("activate", "pause", "resume", "end", "set"):
        assert reader.post(f"/{action}-school", data=fields).status_code == 403
    viewer = browse(Right.SEE)
    for address in ("/schools", "/school?brin6=99QQ00", "/pupil?brin6=99QQ00&pupil_key=P100"):
        assert viewer.get(address).status_code == 403
    assert tuple(status(engine)) == ("active", True)
