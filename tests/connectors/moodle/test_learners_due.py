"""What changed reaches the learners who depend on it and nobody else, and comes out as if all had been derived."""

import pytest

from etl.connectors.moodle import derive
from etl.sandbox.moodle import changes
from tests.connectors.moodle.edits import EDITS
from tests.connectors.moodle.edits.idle import IDLE

COURSES = ["2", "3", "4"]
STUDENT, QUIZ, LATER = 16, 3, 1_800_000_000  # CL00010, E-1001-010, in course 2
NO_PASS_GRADE = 7
OF_COURSE_2 = ("2", 16)
E10 = "enrolment_code = 'E-1001-010'"
WATCHED = (
    "select distinct tgrelid::regclass::text as relation from pg_trigger where tgname = 'bump_on_update'"
)


@pytest.mark.long
@pytest.mark.parametrize(("edit", "reached"), [pytest.param(*edit[2:], id=edit[1]) for edit in EDITS])
def test_an_edit_derives_whom_it_concerns_and_nobody_else_and_that_leaves_what_deriving_everybody_would(
    edit, reached, first_night, write, derived, as_if_all_were_derived
):
    write(edit)
    assert derived() == set(reached)
    as_if_all_were_derived()


@pytest.mark.long
def test_an_edit_that_no_result_depends_on_derives_nobody(first_night, write, derived):
    for table, edit in IDLE.items():
        write(edit)
        assert (table, derived()) == (table, set())


def test_whom_an_edit_of_each_kind_of_reference_data_reaches_is_tried_here(read):
    assert {*(table for table, *_ in EDITS), *IDLE} == set(read(WATCHED)["relation"])


def test_a_night_in_which_some_changed_leaves_what_deriving_everything_would(
    night, sandbox, write, read, as_if_all_were_derived
):
    night()
    first = read("select count(*) from ops.run_steps where step = 'derive'").iloc[0, 0]
    site = sandbox.moodle.site
    for user, activity, grade in ((STUDENT, QUIZ, 9), (7, 5, 1), (8, 6, None), (9, QUIZ, 3)):
        site.set_grade(user, activity, grade, LATER)
        site.touch(2, user, LATER)
    write(f"update core.enrolments set status = 'withdrawn' where {E10}")
    write("update core.enrolments set closed_at = now() where enrolment_code = 'E-1001-003'")
    write("insert into core.client_numbers values ('CL00009', 'moodle:moodle_main', '12')")
    night()
    counted = read("select read from ops.run_steps where step = 'derive' order by finished_at")[
        "read"
    ].tolist()
    assert 0 < counted[-1] < sum(counted[:first])
    as_if_all_were_derived()


@pytest.mark.long
def test_a_grade_without_a_verdict_of_the_site_is_compared_with_the_pass_grade_that_was_read_before(
    night, sandbox, unit, calls
):
    site = sandbox.moodle.site
    changes.set_gradepass(site, NO_PASS_GRADE, 0)
    night()
    assert unit("E-1001-010", "BSBTEC201") is None
    site.set_grade(STUDENT, NO_PASS_GRADE, 30, LATER)
    site.touch(2, STUDENT, LATER)
    calls()
    night()
    assert "course_module" not in calls()
    assert unit("E-1001-010", "BSBTEC201")[0] == "passed"


@pytest.mark.long
def test_a_first_derivation_after_an_upgrade_looks_at_everybody(night, write, stands, reached):
    night()
    derived = stands()
    write("truncate ops.derived_courses, ops.derived_learners")
    assert reached() == ([], COURSES)
    night()
    assert stands() == derived
    assert reached() == ([], [])


@pytest.mark.long
def test_what_changes_while_it_is_derived_is_looked_at_again(night, write, reached, monkeypatch):
    night()
    write(f"update core.enrolments set status = 'withdrawn' where {E10}")
    load = derive.record

    def meanwhile(*given):
        write(f"update core.enrolments set status = 'active' where {E10}")
        return load(*given)

    monkeypatch.setattr(derive, "record", meanwhile)
    night()
    monkeypatch.undo()
    assert reached()[0] == [OF_COURSE_2]
