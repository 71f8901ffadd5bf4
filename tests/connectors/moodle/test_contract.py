"""What Moodle's answers mean as tables, on recorded answers and on the odd cases of docs/connectors/moodle.md."""

import json
import math
from datetime import UTC, datetime

import pandas as pd
import pytest

from etl.connectors.moodle import contract
from etl.connectors.moodle.grade_report import decode_learners, may_be_withheld
from etl.connectors.moodle.grades import decode_grade_report
from etl.connectors.moodle.participants import decode_enrolled_users
from etl.errors import RejectRecord, RetryLater
from etl.sandbox.moodle.protocol import recording
from etl.transform.activity_outcomes import HIDDEN, PENDING

GRADES = "gradereport_user_get_grade_items"


def recorded(name: str) -> bytes:
    return recording().exchanges[name].body.encode()


def grade(case: str, activity: int) -> pd.Series:
    frame = decode_grade_report(recorded(f"{GRADES}__{case}")).frame
    return frame.set_index("activity_id").loc[activity]


def item(**fields: object) -> dict[str, object]:
    given = {"itemtype": "mod", "itemmodule": "quiz", "cmid": 5, "graderaw": 1, "gradedategraded": 10}
    return {name: value for name, value in (given | fields).items() if value is not ...}


def report(*items: dict[str, object], **user: object) -> bytes:
    users = [{"userid": 7, "useridnumber": "CL1", "gradeitems": list(items)} | user]
    return json.dumps({"usergrades": users, "warnings": []}).encode()


@pytest.mark.parametrize(
    ("case", "activity", "expected", "verdict"),
    [
        ("a_user02", 2, 50, 1),  # exactly at the pass grade
        ("a_user04", 2, 49.99, -1),
        ("a_user13", 2, 49.99999, -1),  # shown as 50.00
        ("a_user12", 3, 0, -1),  # 0 is a grade
        ("a_user15", 3, 9, 1),  # a teacher's override
        ("a_user23", 3, 10, 1),  # the best of two attempts
        ("a_user20", 9, 70, 0),  # no pass grade, no verdict
        ("a_user20", 10, 1, -1),  # a scale: 1-based index
        ("a_user19", 10, 2, 1),
        ("b_user20", 17, 66.66667, 1),  # the pass grade shows as 66.67
        ("b_user21", 17, 66.66, -1),
    ],
)
def test_a_recorded_grade_has_its_value_and_moodles_verdict(
    case: str, activity: int, expected: float, verdict: int
) -> None:
    row = grade(case, activity)
    assert (row["grade"], row["verdict"]) == (pytest.approx(expected, abs=1e-9), verdict)
    assert row["graded_at"] > 1_700_000_000


def test_no_grade_is_not_zero() -> None:
    row = grade("a_user09", 2)
    assert math.isnan(row["grade"])
    assert (row["graded_at"], row["verdict"]) == (0, 0)


def test_scales_start_at_one() -> None:
    assert grade("a_user19", 10)[["grade_min", "grade_max"]].tolist() == [1, 2]


def test_manual_and_category_items_are_no_activities() -> None:
    decoded = decode_grade_report(recorded(f"{GRADES}__c_user29_category_and_manual"))
    assert decoded.frame["activity_id"].tolist() == [19, 20, 21, 22, 23]
    assert decoded.learners is not None
    assert decoded.learners["grade_percent"].tolist() == [pytest.approx(286.5 / 430 * 100)]


def test_the_verdict_is_read_whatever_the_language_and_the_icon() -> None:
    body = recorded(f"{GRADES}__a_user03")
    for old, new in ((b"fa-check", b"fa-circle-check"), (b"Pass", b"Geslaagd"), (b"Fail", b"text-success")):
        body = body.replace(old, new)
    verdicts = decode_grade_report(body).frame["verdict"]
    assert verdicts.tolist() == decode_grade_report(recorded(f"{GRADES}__a_user03")).frame["verdict"].tolist()
    assert set(verdicts) == {1, -1, 0}


ICON = '<i class="icon fa {} fa-fw inline" title="Pass" role="img" aria-label="Pass"></i>'
PENALTY = ICON.format("fa-triangle-exclamation text-danger")


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        (ICON.format("fa-check text-success") + "1.00", 1),
        (ICON.format("fa-circle-check text-success") + "1.00", 1),
        (ICON.format("fa-times text-danger") + "1.00", -1),  # Moodle 4.1
        (ICON.format("fa-xmark text-danger") + "1.00", -1),  # from 4.2
        (ICON.format("text-danger fa-remove") + "1.00", -1),  # older themes
        ('<span class="dimmed">' + ICON.format("fa-xmark text-danger") + "1.00</span>", -1),
        ("1.00 " + PENALTY, 0),  # Moodle 5: a late penalty
        (ICON.format("fa-check text-success") + "1.00 " + PENALTY, 1),
        (PENALTY + ICON.format("fa-check text-success") + "1.00", 1),
        (PENALTY + "1.00", 0),
        ("1.00" + ICON.format("fa-check text-success"), 0),
        (ICON.format("fa-eye-slash text-danger") + "1.00", 0),
        (ICON.format("fa-check text-danger") + "1.00", 0),
        (ICON.format("fa-check") + "1.00", 0),
        ('<i class="icon fa-check" title="text-success"></i>1.00', 0),
        ("&lt;i class=&quot;fa-check text-success&quot;&gt;", 0),
        ('1.00 class="fa-check text-success"', 0),
        ("<" * 100_000, 0),
        ("<i ", 0),
        ("-", 0),
        (None, 0),
    ],
)
def test_only_a_check_or_a_cross_before_the_grade_is_a_verdict(shown: str | None, verdict: int) -> None:
    frame = decode_grade_report(report(item(gradeformatted=shown))).frame
    assert frame["verdict"].tolist() == [verdict]


def test_a_report_without_the_grade_column_is_not_read_as_ungraded() -> None:
    decoded = decode_grade_report(report(item(graderaw=...), item(cmid=6)))
    assert decoded.frame["activity_id"].tolist() == [6]
    assert decoded.rejected[["record_key", "reason_code"]].to_numpy().tolist() == [
        ["user 7, activity 5", "malformed_record"]
    ]
    assert "graderaw" in decoded.rejected["reason"][0]


def test_an_activity_has_as_many_grades_as_grade_items_but_outcomes_are_none() -> None:
    items = [item(itemnumber=0), item(itemnumber=1, graderaw=3), item(itemnumber=1000, graderaw=2)]
    frame = decode_grade_report(report(*items)).frame
    assert frame[["item", "grade"]].to_numpy().tolist() == [[0, 1], [1, 3]]


@pytest.mark.parametrize(
    ("fields", "grade", "withheld"),
    [
        ({"graderaw": None, "gradeneedsupdate": True, "gradeformatted": "Error"}, None, PENDING),
        ({"gradeneedsupdate": 1}, None, PENDING),
        ({"graderaw": None, "gradeformatted": "Fout"}, None, PENDING),  # Error, in Dutch
        ({"graderaw": None, "gradeformatted": "<span>-</span>&nbsp;"}, None, 0),
        ({"graderaw": None, "gradeformatted": ""}, None, 0),
        ({"gradeneedsupdate": 0}, 1, 0),
        ({"graderaw": None, "gradehiddenbydate": True}, None, HIDDEN),
        ({"graderaw": None, "gradeishidden": 1}, None, HIDDEN),
        ({"graderaw": None, "gradeishidden": True, "gradedategraded": None}, None, 0),  # there is none
        ({"gradeishidden": True}, 1, 0),  # shown to whoever may view hidden grades
        ({"graderaw": None, "gradedategraded": None}, None, 0),
    ],
)
def test_a_grade_that_is_not_told_is_not_read_as_ungraded(
    fields: dict[str, object], grade: float | None, withheld: int
) -> None:
    body = report(item(**fields))
    row = decode_grade_report(body).frame.iloc[0]
    assert may_be_withheld(body) or not row["withheld"]
    assert (None if pd.isna(row["grade"]) else row["grade"], row["withheld"]) == (grade, withheld)


@pytest.mark.parametrize("missing", ["cmid", "itemmodule"])
def test_an_activity_without_its_id_or_type_is_listed(missing: str) -> None:
    decoded = decode_grade_report(report(item(**{missing: ...}), item(cmid=6)))
    assert decoded.frame["activity_id"].tolist() == [6]
    assert len(decoded.rejected) == 1


@pytest.mark.parametrize("span", [{}, {"grademin": 5, "grademax": 5}, {"grademin": None, "grademax": 10}])
def test_a_course_total_without_a_range_has_no_percentage(span: dict[str, object]) -> None:
    total = {"itemtype": "course", "graderaw": 5, "gradedategraded": None} | span
    learners = decode_grade_report(report(total)).learners
    assert learners is not None
    assert learners["grade_percent"].isna().tolist() == [True]


def test_whoever_is_in_the_report_is_a_learner_also_where_the_course_total_is_hidden() -> None:
    learners = decode_grade_report(report(item())).learners
    assert learners is not None
    assert learners[["user_id", "user_idnumber"]].to_numpy().tolist() == [[7, "CL1"]]
    assert learners["grade_percent"].isna().tolist() == [True]


def test_a_course_total_that_is_still_to_be_computed_is_not_told() -> None:
    total = {"itemtype": "course", "graderaw": 5, "gradedategraded": 1, "grademin": 0, "grademax": 10}
    learners = decode_grade_report(report(total | {"gradeneedsupdate": 1})).learners
    assert learners is not None
    assert learners["grade_percent"].isna().tolist() == [True]


def test_an_empty_course_gives_an_empty_table_of_the_same_types() -> None:
    empty = decode_grade_report(recorded(f"{GRADES}__empty_course")).frame
    full = decode_grade_report(recorded(f"{GRADES}__a_user01")).frame
    assert len(empty) == 0
    assert empty.dtypes.drop("module").equals(full.dtypes.drop("module"))


@pytest.mark.parametrize(
    ("gradepass", "value", "tolerance"),
    [
        ("7.50", 7.5, 0.005),
        ("7,50", 7.5, 0.005),
        ("66.67", 66.67, 0.005),
        ("0.00", 0.0, 0.005),
        ("2", 2.0, 0.5),
        ("66.66667", 66.66667, 0.000005),
        (" 50.0 ", 50.0, 0.05),
        (7.5, 7.5, 0.05),
        (None, None, 0.0),
    ],
)
def test_a_pass_grade_is_localised_and_rounded_text(
    gradepass: object, value: float | None, tolerance: float
) -> None:
    body = json.dumps({"cm": {"id": 3, "modname": "quiz", "gradepass": gradepass}}).encode()
    module = contract.decode_course_module(body)
    assert module.grade_pass == value
    assert module.tolerance == pytest.approx(tolerance)


def test_an_activity_without_a_pass_grade_key_shows_none() -> None:
    module = contract.decode_course_module(recorded("core_course_get_course_module__A8_page"))
    assert module == contract.CourseModule(8, "page", None, 0.0)


@pytest.mark.parametrize("gradepass", ["", "-", "7.5.0", "1,234.50", "s3cret", "1e3", "٧٫٥"])
def test_a_pass_grade_that_is_no_number_is_not_guessed(gradepass: str) -> None:
    body = json.dumps({"cm": {"id": 3, "modname": "quiz", "gradepass": gradepass}}).encode()
    with pytest.raises(RejectRecord) as caught:
        contract.decode_course_module(body)
    assert caught.value.reason_code == "activity_not_readable"
    assert "s3cret" not in str(caught.value)


def completion(completed: object, *conditions: tuple[object, object]) -> bytes:
    rows = [{"type": 4, "complete": done, "timecompleted": at} for done, at in conditions]
    return json.dumps({"completionstatus": {"completed": completed, "completions": rows}}).encode()


@pytest.mark.parametrize(
    ("body", "completed_at"),
    [
        (completion(True, (True, 100), (True, 300), (True, 200)), 300),
        (completion(1, (1, 100), (0, 900)), 100),  # any of several: what is not met does not count
        (completion(True, (True, None), (True, 0), (True, 50)), 50),  # 0 = never
        (completion(False, (True, 100)), None),
        (completion(0), None),
        (recorded("core_completion_get_course_completion_status__a_user22"), 1790856800),
    ],
)
def test_completion_is_dated_by_the_latest_condition_that_is_met(
    body: bytes, completed_at: int | None
) -> None:
    moment = None if completed_at is None else datetime.fromtimestamp(completed_at, UTC)
    assert contract.decode_completion(body) == contract.Completion(moment is not None, moment)


@pytest.mark.parametrize(
    "body", [completion(True), completion(True, (False, 5)), completion(True, (True, None))]
)
def test_a_completion_without_any_time_is_not_believed(body: bytes) -> None:
    with pytest.raises(RejectRecord) as caught:
        contract.decode_completion(body)
    assert caught.value.reason_code == "malformed_record"


def test_participants_keep_what_was_shown_and_miss_what_was_not() -> None:
    body = b'[{"id":7,"fullname":"A","idnumber":"","roles":[{"shortname":"student"},{"shortname":"x"}]},{"id":8}]'
    frame = decode_enrolled_users(body).frame
    assert frame["idnumber"].fillna("missing").tolist() == ["", "missing"]
    assert frame["roles"].fillna("missing").tolist() == ["student,x", "missing"]
    assert frame["is_student"].tolist() == [True, False]
    assert frame["last_course_access"].tolist() == [-1, -1]


def test_teachers_are_told_from_students() -> None:
    frame = decode_enrolled_users(recorded("core_enrol_get_enrolled_users__happy")).frame
    assert frame.loc[~frame["is_student"], "user_id"].tolist() == [47]
    assert frame["last_course_access"].tolist() == [0] * 25


def test_the_home_of_the_site_is_no_course_and_names_are_text() -> None:
    courses = contract.decode_courses(recorded("core_course_get_courses_by_field__all")).frame
    assert "1" not in courses["source_course_id"].tolist()
    assert "BSB40120 Certificate IV in Business & Admin (Term 1)" in courses["name"].tolist()


def test_a_course_shows_no_idnumber_to_a_weak_account() -> None:
    full = contract.decode_courses(recorded("core_course_get_courses_by_field__all")).frame
    assert full["idnumber"].tolist()[:2] == ["OCC-1001", "OCC-1002"]
    assert full["visible"].tolist() == [True] * 4 + [False, True]
    weak = contract.decode_courses(recorded("core_course_get_courses_by_field__rest_only_user"))
    assert weak.frame["idnumber"].isna().all()
    assert weak.rejected.empty


@pytest.mark.parametrize("body", [b"[1]", b'{"usergrades":{}}', b"{}", b'"text"', b"7"])
def test_an_answer_of_another_shape_is_listed_as_a_whole(body: bytes) -> None:
    decoded = decode_grade_report(body)
    assert len(decoded.frame) == 0
    assert decoded.rejected["record_key"].tolist() == ["answer"]


@pytest.mark.parametrize("decode", [contract.decode_course_module, contract.decode_completion])
@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"cm":[],"completionstatus":"x"}', b"[" * 100_000, b"\xff"])
def test_a_single_record_of_another_shape_is_rejected(decode: object, body: bytes) -> None:
    with pytest.raises((RejectRecord, RetryLater)):
        decode(body)


def test_half_a_character_costs_only_the_row_in_which_it_is_read() -> None:
    rows = [{"id": 1, "idnumber": "A", "fullname": "x\ud83d"}, {"id": 2, "idnumber": "\udc00"}, {"id": 3}]
    rows[2]["idnumber"] = "\U0001f4a5 \\ud83d"  # a whole character, and an escape that is none
    decoded = decode_enrolled_users(json.dumps(rows).encode())
    assert decoded.frame["user_id"].tolist() == [1, 3]
    assert decoded.frame["idnumber"].tolist() == ["A", "\U0001f4a5 \\ud83d"]
    assert decoded.rejected["record_key"].tolist() == ["user 2"]


def test_a_byte_order_mark_is_no_part_of_an_answer() -> None:
    body = b"\xef\xbb\xbf" + recorded(f"{GRADES}__a_user03")
    assert len(decode_grade_report(body).frame) == len(
        decode_grade_report(recorded(f"{GRADES}__a_user03")).frame
    )


def test_who_stands_in_a_report_is_told_without_the_grades() -> None:
    body = recorded(f"{GRADES}__course_a_all_users")
    learners = decode_grade_report(body).learners
    assert learners is not None
    assert decode_learners(body).equals(learners[["user_id", "user_idnumber"]])


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"usergrades":null}', b'{"usergrades":{}}'])
def test_an_answer_that_is_no_report_is_refused_before_it_is_landed(body: bytes) -> None:
    with pytest.raises(RejectRecord) as caught:
        decode_learners(body)
    assert caught.value.reason_code == "malformed_record"


def test_a_course_tells_whether_it_was_changed_and_whether_it_keeps_completion() -> None:
    states = contract.decode_course_states(recorded("core_course_get_courses_by_field__all"))
    assert states["2"] == contract.CourseState((1795289702, 1795289742), True, False)
    shown = contract.decode_course_states(b'{"courses":[{"id":2,"fullname":"A"}]}')
    assert shown == {"2": contract.CourseState(None, None)}
    assert contract.decode_course_states(b"[]") == {}


@pytest.mark.parametrize("digits", [20, 30, 5000, 5_000_000])
@pytest.mark.parametrize("name", ["graderaw", "itemnumber", "cmid", "gradedategraded"])
def test_a_number_of_any_length_costs_only_its_row(digits: int, name: str) -> None:
    for sign in ("", "-"):
        body = report(item(**{name: 42_424_242}), item(cmid=6))
        decoded = decode_grade_report(body.replace(b"42424242", (sign + "9" * digits).encode()))
        kept = decoded.frame["activity_id"].tolist()
        assert kept[-1] == 6
        assert len(kept) + len(decoded.rejected) == 2 or name == "itemnumber"  # an outcome


def test_a_course_total_that_no_column_holds_is_listed_without_costing_its_learner() -> None:
    total = {"itemtype": "course", "graderaw": 1e300, "gradedategraded": 1, "grademin": 0, "grademax": 1}
    decoded = decode_grade_report(report(total, item()))
    assert decoded.learners is not None
    assert decoded.learners["grade_percent"].isna().tolist() == [True]
    assert decoded.rejected[["record_key", "reason_code"]].to_numpy().tolist() == [
        ["user 7, course total", "grade_out_of_range"]
    ]
