"""Generated malformed answers: no crash, every good row kept, every bad one listed, nothing of it quoted."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.connectors.moodle.grades import decode_grade_report
from etl.connectors.moodle.participants import decode_enrolled_users
from etl.engine.decoding import Decoded
from etl.errors import RetryLater
from tests.fixtures.properties import examples

MARK = "s3cret"
Row = dict[str, Any]

HOSTILE = [
    MARK,
    f"'; drop table {MARK}; --",
    f"<script>{MARK}</script>",
    f'<i class="x{MARK}">',
    f'{MARK},"\t\r\n\\.\\N',
    f"{MARK}\u202e\u2028\U0001f4a5é",
    "",
]
hostile = st.sampled_from(HOSTILE)
WRONG = ["s3cret", [], {}, True, -1, 2**63, 10**30, 1.5, {"s3cret": "s3cret"}, ["s3cret"], "5", "\x00s3cret"]
REMOVED = object()


def damages(wrong: Mapping[str, list[Any]]) -> st.SearchStrategy[tuple[str, Any]]:
    """One field and a value that it cannot have, or a whole row that is none."""
    fields = [(name, value) for name, values in wrong.items() for value in values]
    return st.sampled_from(fields + [("", row) for row in (MARK, [], None, 5, True)])


def damaged(row: Row, damage: tuple[str, Any]) -> Any:
    name, value = damage
    return {k: v for k, v in (row | {name: value}).items() if v is not REMOVED} if name else value


NOT_AN_ID = [*WRONG, None, REMOVED, 0]
NOT_A_NUMBER = [value for value in WRONG if not isinstance(value, int | float) or value is True] + [REMOVED]
NOT_TEXT = ["\x00s3cret", 5, [], {}, True]
NOT_A_TIME = [*WRONG, REMOVED]
BAD_ITEM = damages(
    {
        "cmid": NOT_AN_ID,
        "graderaw": NOT_A_NUMBER,
        "gradedategraded": NOT_A_TIME,
        "itemmodule": [*NOT_TEXT, None, REMOVED],
        "itemtype": [None, 5, [], REMOVED],
        "gradeformatted": [5, [], {}, True],
        "grademin": ["s3cret", [], {}, True],
    }
)
BAD_ROLES = ["s3cret", {}, [5], [{}]]
BAD_USER = damages({"id": NOT_AN_ID, "idnumber": NOT_TEXT, "lastcourseaccess": WRONG, "roles": BAD_ROLES})
BAD_REPORT = damages({"userid": NOT_AN_ID, "gradeitems": [MARK, {}, 5, None, REMOVED]})


@st.composite
def grade_items(draw: st.DrawFn, cmid: int) -> tuple[Row, bool]:
    text = draw(hostile)
    good: Row = {
        "id": cmid,
        "itemname": text,
        "itemtype": "mod",
        "itemmodule": text,
        "cmid": cmid,
        "graderaw": draw(st.sampled_from([None, 0, 49.99999, -3.5, 1e300])),
        "gradedategraded": 1790000000,
        "grademin": None,
        "gradeformatted": text,
        "feedback": text,
    }
    if draw(st.integers(0, 3)):
        return good, True
    return damaged(good, draw(BAD_ITEM)), False


@st.composite
def grade_reports(draw: st.DrawFn) -> tuple[Row, list[tuple[int, int]], int]:
    """A report, the (user, activity) of its good rows, and the number of bad ones."""
    users, kept, bad = [], [], 0
    for user_id in range(1, draw(st.integers(1, 3)) + 1):
        items = [draw(grade_items(cmid)) for cmid in range(1, draw(st.integers(0, 4)) + 1)]
        user: Row = {"userid": user_id, "useridnumber": draw(hostile), "userfullname": MARK}
        user["gradeitems"] = [row for row, _ in items]
        if draw(st.integers(0, 4)):
            kept += [(user_id, row["cmid"]) for row, good in items if good]
            bad += sum(not good for _, good in items)
        else:
            bad += 1
            user = damaged(user, draw(BAD_REPORT))
        users.append(user)
    return {"usergrades": users, "warnings": [MARK]}, kept, bad


@st.composite
def user_lists(draw: st.DrawFn) -> tuple[list[Row], list[int], int]:
    """A list of participants, the ids of its good rows, and the number of bad ones."""
    users, kept = [], []
    for user_id in range(1, draw(st.integers(1, 6)) + 1):
        text = draw(hostile)
        user: Row = {"id": user_id, "lastcourseaccess": 0, "roles": [{"shortname": text}]}
        user |= {name: text for name in ("idnumber", "username", "email", "firstname", "lastname")}
        if draw(st.integers(0, 3)):
            kept.append(user_id)
        else:
            user = damaged(user, draw(BAD_USER))
        users.append(user)
    return users, kept, len(users) - len(kept)


def assert_listed(decoded: Decoded, bad: int) -> None:
    assert len(decoded.rejected) == bad
    assert set(decoded.rejected["reason_code"]) <= {"malformed_record"}
    assert MARK not in str(decoded.rejected.to_numpy().tolist())


@examples(120)
@given(grade_reports())
def test_good_grades_are_kept_and_bad_ones_listed(case: tuple[Row, list[tuple[int, int]], int]) -> None:
    body, kept, bad = case
    decoded = decode_grade_report(json.dumps(body).encode())
    rows = decoded.frame[["user_id", "activity_id"]].itertuples(index=False, name=None)
    assert list(rows) == kept
    assert_listed(decoded, bad)


@examples(120)
@given(user_lists())
def test_good_participants_are_kept_and_bad_ones_listed(case: tuple[list[Row], list[int], int]) -> None:
    body, kept, bad = case
    decoded = decode_enrolled_users(json.dumps(body, ensure_ascii=False).encode())
    assert decoded.frame["user_id"].tolist() == kept
    assert_listed(decoded, bad)


DECODE: list[Callable[[bytes], object]] = [decode_grade_report, decode_enrolled_users]


@examples(100)
@given(grade_reports(), user_lists(), st.floats(0, 0.999))
def test_a_truncated_answer_is_asked_for_again(grades: Any, users: Any, share: float) -> None:
    for decode, value in zip(DECODE, (grades[0], users[0]), strict=True):
        body = json.dumps(value).encode()
        with pytest.raises(RetryLater):
            decode(body[: int(len(body) * share)])


@examples(100)
@given(grade_reports(), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=4))
def test_damaged_bytes_never_crash(grades: Any, hits: list[tuple[float, int]]) -> None:
    body = bytearray(json.dumps(grades[0], ensure_ascii=False).encode())
    for place, byte in hits:
        body[int(len(body) * place)] = byte
    try:
        decoded = decode_grade_report(bytes(body))
    except RetryLater:
        return
    assert isinstance(decoded, Decoded)
