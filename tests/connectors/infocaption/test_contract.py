"""What InfoCaption answers as tables; malformed rows are listed one by one, and nothing of them is quoted."""

import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.connectors.infocaption.contract import decode_courses, decode_participants
from etl.connectors.infocaption.mapping import MappedCourses, Participants
from tests.fixtures.properties import examples

GOOD = {
    "userId": 7,
    "userName": "anna",
    "firstName": "Anna",
    "lastName": "Berg",
    "email": "anna@work.example",
    "courseId": 101,
    "lessonStatus": "passed",
    "score": 90,
    "masteryScore": 80,
    "started": None,
    "completed": "2026-03-02T09:00:00Z",
}
MARK = "s3cret"


def participants(*rows):
    body = json.dumps({"results": list(rows), "totalHits": len(rows)}).encode()
    return decode_participants(body, Participants(), "Europe/Stockholm")


def test_an_attempt_becomes_a_row_without_the_person_s_name():
    row = participants(GOOD).frame.iloc[0].to_dict()
    assert row == {
        "user_id": "7",
        "email": "anna@work.example",
        "status": "passed",
        "score": 90.0,
        "mastery_score": 80.0,
        "completed_at": pd.Timestamp("2026-03-02T09:00:00Z"),
        "unreadable": "",
    }


@pytest.mark.parametrize(
    ("completed", "expected"),
    [
        ("2026-03-02T09:00:00.123Z", "2026-03-02T09:00:00.123Z"),
        ("2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00Z"),
        ("2026-03-02 10:00:00", "2026-03-02T09:00:00Z"),  # without an offset: the source's own time
        ("2026-07-02", "2026-07-01T22:00:00Z"),
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),  # this hour does not exist in Stockholm
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),  # and this one comes twice
        (1772442000, "2026-03-02T09:00:00Z"),
        (1772442000000, "2026-03-02T09:00:00Z"),
    ],
)
def test_times_are_read_in_the_forms_that_a_site_may_use(completed, expected):
    assert participants(GOOD | {"completed": completed}).frame["completed_at"].tolist() == [
        pd.Timestamp(expected)
    ]


@pytest.mark.parametrize("completed", [None, "", "  ", 0])
def test_no_time_is_no_time_and_not_1970(completed):
    assert participants(GOOD | {"completed": completed}).frame["completed_at"].isna().all()


@pytest.mark.parametrize(
    ("score", "expected"), [("92,5", 92.5), (" 80.0 ", 80.0), (0, 0.0), ("", None), (None, None)]
)
def test_scores_are_numbers_or_their_text(score, expected):
    found = participants(GOOD | {"score": score}).frame["score"].iloc[0]
    assert (None if pd.isna(found) else found) == expected


@pytest.mark.parametrize(
    "damage",
    [
        {"userId": None},
        {"userId": [MARK]},
        {"userId": ""},
        {"email": 5},
        {"email": f"\x00{MARK}"},
        {"lessonStatus": {MARK: 1}},
    ],
)
def test_a_malformed_attempt_is_listed_and_the_others_are_kept(damage):
    decoded = participants(GOOD, GOOD | damage, GOOD | {"userId": 8})
    assert decoded.frame["user_id"].tolist() == ["7", "8"]
    assert len(decoded.rejected) == 1
    assert MARK not in decoded.rejected.to_string()


@pytest.mark.parametrize(
    ("damage", "unreadable"),
    [
        ({"score": MARK}, "score"),
        ({"score": "nan"}, "score"),
        ({"score": "1e999"}, "score"),
        ({"score": "1_0"}, "score"),
        ({"score": "\u0669"}, "score"),
        ({"score": "9" * 5000}, "score"),
        ({"score": 10**400}, "score"),
        ({"score": [[MARK]]}, "score"),
        ({"masteryScore": True}, "mastery_score"),
        ({"completed": MARK}, "time"),
        ({"completed": "0001-01-01T00:00:00"}, "time"),
        ({"completed": "9999-12-31T23:59:59"}, "time"),
        ({"completed": 10**18}, "time"),
        ({"completed": 1.5}, "time"),
        ({"completed": [MARK]}, "time"),
        ({"score": MARK, "masteryScore": {}, "completed": False}, "score mastery_score time"),
    ],
)
def test_a_value_that_is_none_leaves_the_attempt_and_is_named(damage, unreadable):
    decoded = participants(GOOD | damage)
    assert (decoded.frame["unreadable"].tolist(), decoded.rejected.empty) == ([unreadable], True)
    assert MARK not in decoded.frame.to_string()


def test_a_number_of_millions_of_digits_spoils_nothing_but_itself():
    body = json.dumps({"results": [GOOD, GOOD | {"userId": 8, "score": 0}]}).encode()
    decoded = decode_participants(
        body.replace(b'"score": 0', b'"score": ' + b"9" * 5_000_000), Participants(), "UTC"
    )
    assert decoded.frame["unreadable"].tolist() == ["", "score"]


@pytest.mark.parametrize("row", [None, 5, MARK, [], True])
def test_a_row_that_is_none_is_listed_by_its_position(row):
    decoded = participants(GOOD, row)
    assert decoded.rejected["record_key"].tolist() == ["participant at position 1"]
    assert len(decoded.frame) == 1


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@examples(80)
@given(st.dictionaries(st.sampled_from([*GOOD]), anything, max_size=4))
def test_whatever_comes_in_is_a_row_or_listed_and_the_good_one_is_kept(damage):
    decoded = participants(GOOD, GOOD | damage)
    assert len(decoded.frame) + len(decoded.rejected) == 2
    assert decoded.frame["user_id"].iloc[0] == "7"


def test_courses_are_shown_with_whether_they_are_published_and_guides_are_left_out():
    rows = [
        {"id": 1, "name": "A &amp; B", "published": True},
        {"id": "b-2", "name": "B", "published": 0, "guideType": 18},
        {"id": 3, "name": "a guide", "published": True, "guideType": 1},
        {"id": 4, "name": "not said whether published"},
    ]
    decoded = decode_courses(json.dumps({"results": rows}).encode(), MappedCourses())
    assert decoded.frame.to_numpy().tolist() == [["1", "A & B", True], ["b-2", "B", False]]
    assert decoded.rejected["record_key"].tolist() == ["course 4"]
