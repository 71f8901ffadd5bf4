"""Passed, failed or started, and the dates: each rule of docs/results.md as a row of a table."""

from types import MappingProxyType

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.transform.activity_outcomes import HIDDEN, PENDING
from etl.transform.unit_results import Rules, unit_results
from tests.fixtures.properties import examples

RULES = Rules("Europe/Amsterdam", record_failed=True, allow_resit=False, use_enrolment_start=True)
DAY = 86_400
SEP_22 = 1_790_046_800  # 2026-09-22 in Amsterdam
PASS_50 = (50.0, 0.005)
REPORT, BEFORE, AFTER = (
    10,
    9,
    11,
)  # landings: of the grades, and of pass grades that were read before or after them


def frame(columns, rows, **types):
    return pd.DataFrame(rows, columns=columns.split()).astype(types)


def derive(
    grades,
    *,
    passes=None,
    modules=None,
    links=None,
    planned=None,
    recorded=(),
    rules=RULES,
    start="2026-09-14",
    withheld=MappingProxyType({}),
    lacking=(),
    outdated=MappingProxyType({}),
    proven=0,
    plan=None,
):
    """Results of learner 7 with the given grades: (activity, grade, graded_at[, verdict[, user]]).

    An activity that is named twice has two grade items; what is not named is not graded yet, except ``lacking``
    ((activity, user): the report does not show it). ``withheld``: why the grades of an activity are not told.
    ``outdated``: when (epoch s) the pass grades were read that were read before the report. ``plan``: units of the
    training plan, by default all.
    """
    rows = [(*row, 0, 7)[:5] if len(row) == 3 else (*row, 7)[:5] for row in grades]
    named = {(row[0], row[4]) for row in rows}
    everybody = {row[4] for row in rows} | {user for _, user in lacking}
    grid = {(activity, user) for activity in {row[0] for row in rows} for user in everybody}
    rows += [(activity, None, 0, 0, user) for activity, user in sorted(grid - named - set(lacking))]
    places = [(row[0], row[4]) for row in rows]
    numbers = [places[:position].count(place) for position, place in enumerate(places)]
    activities = sorted({row[0] for row in rows})
    modules = {a: "quiz" for a in activities} if modules is None else modules
    passes = {a: PASS_50 for a in activities} if passes is None else passes
    links = [("U1", a) for a in activities] if links is None else links
    users = sorted(everybody)
    found = unit_results(
        frame(
            "scope user_id activity_id item module grade grade_min grade_max graded_at verdict withheld landing_id",
            [
                ("2", u, a, number, modules.get(a, "quiz"), g, 0.0, 100.0, t, v, withheld.get(a, 0), REPORT)
                for (a, g, t, v, u), number in zip(rows, numbers, strict=True)
            ],
            **dict.fromkeys(["user_id", "activity_id", "item", "graded_at", "verdict", "withheld"], "int64"),
            **dict.fromkeys(["grade", "grade_min", "grade_max"], "float64"),
            landing_id="int64",
        ),
        frame("scope user_id", [("2", user) for user in users]),
        frame(
            "scope activity_id module",
            [("2", a, modules.get(a, "quiz")) for a in activities],
            activity_id="int64",
        ),
        frame(
            "scope activity_id module grade_pass tolerance landing_id read_at proven",
            [
                (
                    "2",
                    a,
                    modules.get(a, "quiz"),
                    p,
                    t,
                    BEFORE if a in outdated else AFTER,
                    outdated.get(a, 0),
                    proven,
                )
                for a, (p, t) in passes.items()
            ],
            activity_id="int64",
            **dict.fromkeys(["grade_pass", "tolerance", "landing_id", "read_at", "proven"], "float64"),
        ),
        frame("scope occurrence_code unit_code activity_id", [("2", "O", u, a) for u, a in links]),
        frame(
            "scope user_id client_code occurrence_code enrolment_code status start_date",
            [("2", u, f"C{u}", "O", f"E{u}", "active", start) for u in users],
            start_date="datetime64[s]",
        ),
        frame(
            "enrolment_code unit_code expected_start_date",
            [
                (f"E{u}", unit, (planned or {}).get(unit))
                for u in users
                for unit in dict.fromkeys(u for u, _ in links)
                if plan is None or unit in plan
            ],
            expected_start_date="datetime64[s]",
        ),
        frame(
            "enrolment_code unit_code status started_on",
            [("E7", *row) for row in recorded],
            enrolment_code="str",
            unit_code="str",
            status="str",
            started_on="datetime64[s]",
        ),
        rules,
    )
    graded = {
        (user, unit) for a, g, _, _, user in rows for unit, of in links if of == a and told(a, g, withheld)
    }
    unmapped = sum(told(a, g, withheld) and a not in {of for _, of in links} for a, g, *_ in rows)
    assert len(found.results) + found.standing + found.refused == len(graded) + unmapped + found.repeated
    return found


def told(activity, grade, withheld):
    return grade is not None or withheld.get(activity, 0) > 0


def summary(found):
    return [
        (
            row.status,
            str(row.started_on.date()),
            "" if pd.isna(row.finished_on) else str(row.finished_on.date()),
        )
        for row in found.results.sort_values("unit_code").itertuples()
    ]


def reasons(found):
    return sorted(found.rejected["reason_code"])


@pytest.mark.parametrize(
    ("grades", "passes", "expected"),
    [
        ([(1, 50.0, SEP_22)], None, "passed"),
        ([(1, 49.99999, SEP_22)], {1: (50.0, 0.0)}, "failed"),
        ([(1, 80.0, SEP_22), (2, 30.0, SEP_22)], None, "failed"),
        ([(1, 80.0, SEP_22), (2, None, 0)], None, "started"),
        ([(1, 30.0, SEP_22), (2, None, 0)], None, "failed"),
        ([(1, 0.0, SEP_22)], None, "failed"),  # 0 is a grade
        ([(1, 0.0, SEP_22)], {1: (0.0, 0.005)}, "passed"),  # no pass grade: any grade passes
        ([(1, 66.66667, SEP_22)], {1: (66.67, 0.005)}, "passed"),  # the pass grade is rounded
        ([(1, 66.66, SEP_22)], {1: (66.67, 0.005)}, "failed"),
        ([(1, 49.0, SEP_22, 1)], None, "passed"),  # Moodle's own verdict first
        ([(1, 51.0, SEP_22, -1)], None, "failed"),
        ([(1, 66.665, SEP_22)], {1: (66.67, 0.005)}, "passed"),  # binary fractions
    ],
)
def test_grades_and_pass_grades_decide_the_status(grades, passes, expected):
    assert [row[0] for row in summary(derive(grades, passes=passes))] == [expected]


def test_no_grade_gives_nothing():
    found = derive([(1, None, 0), (2, None, 0)])
    assert (summary(found), reasons(found)) == ([], [])


def test_a_failed_unit_counts_as_started_where_failures_are_not_recorded():
    found = derive([(1, 10.0, SEP_22)], rules=Rules("Europe/Amsterdam", False, False, True))
    assert summary(found) == [("started", "2026-09-14", "")]


def test_a_pass_grade_that_is_not_readable_never_passes():
    found = derive([(1, 90.0, SEP_22)], passes={})
    assert (summary(found), reasons(found)) == ([], ["activity_not_readable"])


def test_the_verdict_of_the_site_needs_no_pass_grade():
    assert summary(derive([(1, 90.0, SEP_22, 1)], passes={}))[0][0] == "passed"


@pytest.mark.parametrize(
    ("keywords", "start"),
    [
        ({"planned": {"U1": "2026-09-01"}}, "2026-09-01"),
        ({}, "2026-09-14"),
        ({"recorded": [("U1", "started", "2026-08-30")], "planned": {"U1": "2026-09-01"}}, "2026-08-30"),
    ],
)
def test_the_start_date_comes_from_the_record_then_the_plan_then_the_enrolment(keywords, start):
    assert summary(derive([(1, 60.0, SEP_22)], **keywords)) == [("passed", start, "2026-09-22")]


def test_with_several_activities_the_earliest_graded_date_is_the_start_and_the_latest_the_finish():
    found = derive([(1, 60.0, SEP_22 + 3 * DAY), (2, 60.0, SEP_22)])
    assert summary(found) == [("passed", "2026-09-22", "2026-09-25")]


def test_without_any_start_date_the_result_is_listed():
    rules = Rules("Europe/Amsterdam", True, False, use_enrolment_start=False)
    assert reasons(derive([(1, 60.0, SEP_22)], rules=rules)) == ["needs_start_date"]


def test_a_start_after_the_finish_is_listed():
    assert reasons(derive([(1, 60.0, SEP_22)], planned={"U1": "2026-12-01"})) == ["start_after_finish"]


def test_a_graded_date_of_zero_means_never_and_not_1970():
    assert reasons(derive([(1, 60.0, 0)])) == ["needs_graded_date"]


@pytest.mark.parametrize(
    ("zone", "day"), [("Australia/Brisbane", "2026-09-23"), ("America/Los_Angeles", "2026-09-22")]
)
def test_dates_are_made_in_the_zone_of_the_source(zone, day):
    evening = 1_790_090_000  # 2026-09-22 15:13 UTC
    found = derive([(1, 60.0, evening)], rules=Rules(zone, True, False, True))
    assert summary(found)[0][2] == day


@pytest.mark.parametrize("held", ["passed", "failed"])
def test_a_completed_unit_gets_no_new_result(held):
    found = derive([(1, 60.0, SEP_22)], recorded=[("U1", held, "2026-09-01")])
    assert (summary(found), found.standing) == ([], 1)


def test_a_failed_unit_may_become_passed_on_a_resit_where_the_source_allows_it():
    rules = Rules("Europe/Amsterdam", True, True, True)
    assert (
        summary(derive([(1, 60.0, SEP_22)], recorded=[("U1", "failed", "2026-09-01")], rules=rules))[0][0]
        == "passed"
    )
    assert summary(derive([(1, 10.0, SEP_22)], recorded=[("U1", "failed", "2026-09-01")], rules=rules)) == []


def test_a_started_unit_is_not_started_again():
    found = derive([(1, 60.0, SEP_22), (2, None, 0)], recorded=[("U1", "started", "2026-09-01")])
    assert (summary(found), found.standing) == ([], 1)


@pytest.mark.parametrize(
    ("links", "modules", "reason"),
    [
        ([("U1", 1), ("U1", 99)], {1: "quiz"}, "activity_missing"),
        ([("U1", 1)], {1: "forum"}, "activity_type_not_supported"),
    ],
)
def test_a_missing_or_refused_activity_blocks_its_unit_whatever_the_others_say(links, modules, reason):
    found = derive([(1, 60.0, SEP_22)], links=links, modules=modules)
    assert (summary(found), reasons(found)) == ([], [reason])


def test_a_refused_type_that_has_no_grade_item_is_known_from_its_module():
    found = derive(
        [(1, 60.0, SEP_22)],
        links=[("U1", 1), ("U1", 8)],
        modules={1: "quiz", 8: "page"},
        passes={1: PASS_50, 8: PASS_50},
    )
    assert reasons(found) == ["activity_type_not_supported"]


def test_grades_of_an_activity_that_no_unit_maps_are_listed_once():
    found = derive([(1, 60.0, SEP_22), (2, 70.0, SEP_22)], links=[("U1", 1)])
    assert reasons(found) == ["activity_not_mapped"]


def test_one_activity_counts_for_several_units():
    found = derive([(1, 60.0, SEP_22)], links=[("U1", 1), ("U2", 1)])
    assert [row[0] for row in summary(found)] == ["passed", "passed"]


@pytest.mark.parametrize(
    ("grades", "expected"),
    [
        ([(1, 80.0, SEP_22), (1, 60.0, SEP_22)], "passed"),
        ([(1, 80.0, SEP_22), (1, 30.0, SEP_22)], "failed"),  # the worst counts
        ([(1, 30.0, SEP_22), (1, 80.0, SEP_22)], "failed"),
        ([(1, 80.0, SEP_22), (1, None, 0)], "started"),  # not wholly graded: not passed
        ([(1, None, 0), (1, 80.0, SEP_22)], "started"),
        ([(1, 30.0, SEP_22), (1, None, 0)], "failed"),
        ([(1, 80.0, SEP_22), (1, 60.0, SEP_22), (2, None, 0)], "started"),  # one of two activities
        ([(1, 80.0, SEP_22), (1, 60.0, SEP_22), (2, 70.0, SEP_22)], "passed"),
        ([(1, 80.0, SEP_22), (1, None, 0), (2, 70.0, SEP_22), (2, None, 0)], "started"),
        ([(1, 80.0, SEP_22, 1), (1, 90.0, SEP_22, -1)], "failed"),
    ],
)
def test_an_activity_with_several_grade_items_counts_once_by_its_worst(grades, expected):
    assert [row[0] for row in summary(derive(grades))] == [expected]


def test_several_grade_items_weigh_as_one_activity_in_the_percentage():
    found = derive([(1, 60.0, SEP_22), (1, 80.0, SEP_22), (2, 90.0, SEP_22)])
    assert found.results["grade_percent"].tolist() == [80.0]


@pytest.mark.parametrize(("why", "reason"), [(PENDING, "grade_pending"), (HIDDEN, "grade_hidden")])
@pytest.mark.parametrize("other", [[], [(2, 80.0, SEP_22)], [(2, 10.0, SEP_22)], [(2, None, 0)]])
def test_a_unit_with_a_grade_that_is_not_told_gets_no_status_whatever_the_others_say(why, reason, other):
    found = derive([(1, None, SEP_22), *other], withheld={1: why})
    assert (summary(found), reasons(found)) == ([], [reason])


def test_what_stands_is_not_listed_for_a_grade_that_is_not_told():
    found = derive([(1, None, SEP_22)], withheld={1: PENDING}, recorded=[("U1", "passed", "2026-09-01")])
    assert (summary(found), reasons(found), found.standing) == ([], [], 1)


def test_an_activity_that_one_learner_lacks_blocks_that_learners_unit_only():
    grades = [(1, 80.0, SEP_22), (2, 80.0, SEP_22), (1, 80.0, SEP_22, 0, 8)]
    found = derive(grades, links=[("U1", 1), ("U1", 2), ("U2", 1)], lacking=[(2, 8)])
    statuses = {(row.enrolment_code, row.unit_code): row.status for row in found.results.itertuples()}
    assert statuses == {("E7", "U1"): "passed", ("E7", "U2"): "passed", ("E8", "U2"): "passed"}
    listed = dict(zip(found.rejected["record_key"], found.rejected["reason_code"], strict=True))
    assert listed == {"O/8/U1": "activity_missing"}


def test_a_learner_who_lacks_the_only_activity_of_a_unit_is_listed():
    found = derive([(1, 80.0, SEP_22)], lacking=[(1, 8)])
    assert found.rejected["record_key"].tolist() == ["O/8/U1"]


def test_a_completed_unit_stands_whatever_the_learner_lacks():
    found = derive([(1, 80.0, SEP_22, 0, 8)], lacking=[(1, 7)], recorded=[("U1", "passed", "2026-09-01")])
    assert reasons(found) == []


@pytest.mark.parametrize(
    ("grade", "outdated", "expected"),
    [
        ((1, 80.0, SEP_22), {1: SEP_22 - 60}, ([], ["pass_grade_not_current"])),
        ((1, 10.0, SEP_22), {1: SEP_22 - 60}, ([], ["pass_grade_not_current"])),
        ((1, 80.0, SEP_22), {1: SEP_22 + 60}, (["passed"], [])),  # read after the grade was given
        ((1, 80.0, SEP_22, 1), {1: SEP_22 - 60}, (["passed"], [])),  # the site's own verdict
    ],
)
def test_a_pass_grade_that_is_older_than_the_grade_decides_nothing(grade, outdated, expected):
    found = derive([grade], outdated=outdated)
    assert ([row[0] for row in summary(found)], reasons(found)) == expected


def test_a_pass_grade_of_a_course_that_was_not_changed_since_is_current():
    found = derive([(1, 80.0, SEP_22)], outdated={1: SEP_22 - 60}, proven=1)
    assert [row[0] for row in summary(found)] == ["passed"]


def test_a_failure_decides_a_unit_whatever_pass_grade_is_outdated():
    found = derive([(1, 80.0, SEP_22), (2, 10.0, SEP_22)], outdated={1: SEP_22 - 60})
    assert [row[0] for row in summary(found)] == ["failed"]


def test_a_graded_unit_outside_the_training_plan_is_listed():
    found = derive([(1, 80.0, SEP_22)], links=[("U1", 1), ("U2", 1)], plan=["U1"])
    assert ([row[0] for row in summary(found)], reasons(found)) == (["passed"], ["unit_not_in_plan"])


def test_activities_of_a_report_without_any_grade_item_are_missing():
    found = derive([], links=[("U1", 1)], lacking=[(1, 7)], modules={})
    assert found.rejected["record_key"].tolist() == ["O/U1/1"]


GRADES = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.one_of(st.none(), st.floats(0, 100, width=32)),
        st.integers(SEP_22, SEP_22 + 30 * DAY),
        st.sampled_from([-1, 0, 1]),
        st.integers(1, 5),
    ),
    min_size=1,
    max_size=20,
    unique_by=lambda row: (row[0], row[4]),
)
LINKS = [("U1", 1), ("U1", 2), ("U2", 2), ("U2", 3), ("U3", 4)]


def outcome(grades):
    found = derive(grades, links=LINKS, passes={a: PASS_50 for a in range(1, 5)})
    results = found.results.drop(columns="grade_percent")
    return {tuple(map(str, row)) for row in results.to_numpy()}


@examples(20)
@given(GRADES, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(grades, random):
    shuffled = random.sample(grades, len(grades))
    assert outcome(shuffled) == outcome(grades)


@examples(20)
@given(GRADES)
def test_any_split_of_the_learners_gives_the_same(grades):
    # every learner's report names all activities, so give each part the activities that the whole has
    blank = [(activity, None, 0, 0, 99) for activity in {row[0] for row in grades}]
    parts = [[row for row in grades if row[4] == user] for user in {row[4] for row in grades}]
    assert set().union(*(outcome(part + blank) for part in parts)) == outcome(grades + blank)


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("workshop", "This one is a workshop."),
        ("A Person's Name", "This one is a type without a proper name."),
    ],
)
def test_a_refused_type_is_named_by_what_can_be_the_name_of_one(module, told):
    found = derive([(1, 60.0, SEP_22)], links=[("U1", 1)], modules={1: module})
    assert found.rejected["reason"].tolist() == [f"Activities of this type cannot be mapped. {told}"]
