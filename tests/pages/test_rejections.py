"""Rejections on their page: dismissed with who and why, one or all of a reason, and once whoever presses."""

from datetime import timedelta

import pytest

from etl.pages.host import Right
from tests.pages.reading import ahead, form, words


def chosen(reason_code):
    return {"source": "main", "reason_code": reason_code}


def test_who_dismisses_rows_says_why_and_they_are_listed_no_more(op, engine, night):
    page = op.get("/rejections", params=chosen("unmatched_learner"))
    answer = op.post("/rejections", data=form(page) | {"because": "trainees of the vendor"})
    assert "249 rows are dismissed." in words(answer)
    assert "unmatched_learner" not in answer.text
    assert "unmatched_learner" not in op.get("/tonight").text
    with engine.connect() as session:
        kept = session.exec_driver_sql(
            "select count(*), min(dismissed_by), min(dismissed_because) from mart.rejections"
            " where dismissed_at is not null and resolved_at is null"
        ).one()
    assert tuple(kept) == (249, "somebody", "trainees of the vendor")


def test_one_row_can_be_dismissed_by_itself(op, night):
    page = op.get("/rejections", params=chosen("unmatched_learner"))
    op.post("/rejections", data=form(page) | {"because": "a test account", "record_key": "2/7"})
    assert "main: 248 rows" in words(op.get("/tonight"))


@pytest.mark.parametrize("fast", [timedelta(0), timedelta(minutes=5)])  # the clock of the web server
def test_what_came_in_after_the_page_was_opened_is_not_dismissed_with_it(
    op, engine, night, monkeypatch, fast
):
    monkeypatch.setattr("etl.pages.rejections.datetime", ahead(fast))
    fields = form(op.get("/rejections", params=chosen("needs_graded_date")))
    with engine.begin() as session:
        session.exec_driver_sql("update ops.rejections set first_seen_at = clock_timestamp()")
    answer = op.post("/rejections", data=fields | {"because": "old"})
    assert answer.status_code == 409
    assert "Nothing was changed" in words(answer)
    assert "there is no row that is open" in words(answer)


def test_a_form_that_these_pages_did_not_make_changes_nothing(op, night):
    fields = form(op.get("/rejections", params=chosen("unmatched_learner")))
    answer = op.post("/rejections", data=fields | {"because": "x", "csrftoken": "forged"})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.text
    assert "main: 249 rows" in words(op.get("/tonight"))


def test_who_may_only_look_sees_no_form_and_can_change_nothing(browse, night):
    reader = browse(Right.SEE, Right.PERSONS)
    page = reader.get("/rejections", params=chosen("unmatched_learner"))
    assert not form(page)
    given = {"because": "x", "shown_at": "2026-01-01T00:00:00Z", **chosen("unmatched_learner")}
    assert reader.post("/rejections", data=given).status_code == 403


def test_of_two_who_dismiss_the_second_is_told_who_did_and_keeps_the_reason_typed(op, held, night):
    opened = form(op.get("/rejections", params=chosen("unmatched_learner")))
    dismissed = "select distinct dismissed_because from ops.rejections where dismissed_at is not null"
    op.post("/rejections", data=opened | {"because": "a test account", "record_key": "2/7"})
    again = op.post("/rejections", data=opened | {"because": "another", "record_key": "2/7"})
    assert again.status_code == 409
    assert "there is no row that is open; somebody dismissed it already: a test account" in words(again)
    assert 'name="because" required maxlength="500" size="50" value="another"' in again.text
    assert held(dismissed) == [("a test account",)]
    rest = op.post("/rejections", data=opened | {"because": "trainees"})
    assert "248 rows are dismissed. 1 other was dismissed already, or gone." in words(rest)
    none = op.post("/rejections", data=opened | {"because": "all of them"})
    assert none.status_code == 409
    assert "somebody dismissed it already: trainees" in words(none)
    assert sorted(held(dismissed)) == [("a test account",), ("trainees",)]
