"""What changed reaches the learners who depend on it and nobody else, and comes out as if all had been derived."""

import pytest

from etl.connectors.moodle import derive
from etl.connectors.moodle.derive import MoodleDerivation
from etl.connectors.moodle.due import due
from etl.connectors.moodle.flow import open_run
from etl.engine import course_derivation
from etl.engine.options import Options
from etl.engine.sources import sources
from etl.sandbox.moodle import changes
from tests.fixtures.nights import as_text

COURSES = ["2", "3", "4"]
STUDENT, QUIZ, LATER = 16, 3, 1_800_000_000  # CL00010, E-1001-010, in course 2
NO_PASS_GRADE = 7
OF_COURSE_2 = ("2", 16)
E10 = "enrolment_code = 'E-1001-010'"
CL10 = "client_code = 'CL00010'"

# A change of the administration, how it is taken back, and whom it reaches: learners, or courses as a whole.
EDITS = {
    "an expected start": (
        f"update core.enrolment_units set expected_start_date = '2026-09-01' where {E10} and unit_code = 'BSBOPS203'",
        f"update core.enrolment_units set expected_start_date = null where {E10} and unit_code = 'BSBOPS203'",
        [OF_COURSE_2],
        [],
    ),
    "a unit that leaves the plan": (
        f"update core.enrolment_units set closed_at = now() where {E10} and unit_code = 'BSBOPS203'",
        f"update core.enrolment_units set closed_at = null where {E10} and unit_code = 'BSBOPS203'",
        [OF_COURSE_2],
        [],
    ),
    "a result of the administration": (
        f"update core.recorded_results set status = 'failed', finished_on = '2026-09-12' where {E10}",
        f"update core.recorded_results set status = 'started', finished_on = null where {E10}",
        [OF_COURSE_2],
        [],
    ),
    "the start of an enrolment": (
        f"update core.enrolments set start_date = '2026-09-02' where {E10}",
        f"update core.enrolments set start_date = '2026-09-14' where {E10}",
        [OF_COURSE_2],
        [],
    ),
    "a competence that a course gives": (
        "insert into core.competence_links (source, source_course_id, competence_code)"
        " values ('moodle_main', '4', 'BUSINESS-CERT')",
        "delete from core.competence_links where source = 'moodle_main' and source_course_id = '4'",
        [],
        ["4"],
    ),
    "the status of an enrolment": (
        f"update core.enrolments set status = 'withdrawn' where {E10}",
        f"update core.enrolments set status = 'active' where {E10}",
        [OF_COURSE_2],
        [],
    ),
    "a number that names somebody else": (
        "insert into core.client_numbers (client_code, scheme, value) values ('CL00009', 'moodle:moodle_main', '16')",
        "delete from core.client_numbers where scheme = 'moodle:moodle_main' and value = '16'",
        [("2", 15), ("2", 16)],
        [],
    ),
    "a client who is gone": (
        f"update core.clients set closed_at = now() where {CL10}",
        f"update core.clients set closed_at = null where {CL10}",
        [OF_COURSE_2],
        [],
    ),
    "a name, by which nobody is matched": (
        f"update core.clients set surname = 'Other' where {CL10}",
        f"update core.clients set surname = 'Brown' where {CL10}",
        [],
        [],
    ),
    "a mapped activity": (
        "update core.activity_links set closed_at = now() where occurrence_code = 'OCC-1001' and activity_id = '3'",
        "update core.activity_links set closed_at = null where occurrence_code = 'OCC-1001' and activity_id = '3'",
        [],
        ["2"],
    ),
    "a link of a course": (
        "insert into core.course_links (occurrence_code, source, source_course_id)"
        " values ('OCC-1002', 'moodle_main', '2')",
        "delete from core.course_links",
        [],
        ["2"],
    ),
    "an occurrence that is over": (
        "update core.occurrences set status = 'finished' where occurrence_code = 'OCC-1001'",
        "update core.occurrences set status = 'active' where occurrence_code = 'OCC-1001'",
        [],
        ["2"],
    ),
    "a setting": (
        "update core.sources set record_failed = false where source = 'moodle_main'",
        "update core.sources set record_failed = true where source = 'moodle_main'",
        [],
        COURSES,
    ),
    "a setting of another source": (
        "update core.sources set match_fields = 'username' where source = 'infocaption_main'",
        "update core.sources set match_fields = 'email' where source = 'infocaption_main'",
        [],
        [],
    ),
    "the name of a unit": (
        "update core.units set name = 'Other' where unit_code = 'BSBOPS203'",
        "update core.units set name = 'Another' where unit_code = 'BSBOPS203'",
        [],
        [],
    ),
}


@pytest.fixture
def source(engine):
    [found] = sources(engine, "moodle")
    return found


@pytest.fixture
def reached(engine, source):
    """A function that tells whom a derivation would look at: learners, and courses as a whole."""

    def reached():
        with engine.connect() as session:
            found = due(engine, session, source, COURSES, again=False)
        learners = found.learners[found.learners["scope"].isin(list(found.some))]
        return sorted(learners.itertuples(index=False, name=None)), list(found.whole)

    return reached


@pytest.fixture
def stands(read):
    """A function that reads everything that a derivation leaves, without what tells one night from another."""
    tables = {
        "core.unit_results": "run_id, recorded_at",
        "core.course_completions": "run_id, recorded_at",
        "core.enrolment_completions": "run_id, recorded_at",
        "core.open_activities": "",
        "ops.derived_learners": "",
        "ops.derived_courses": "landing_id, reference_version",
    }

    def stands():
        found = {
            table: as_text(
                read(f"select * from {table}")
                .drop(columns=[name for name in without.split(", ") if name])
                .astype("str")
            )
            for table, without in tables.items()
        }
        found["open"] = as_text(
            read(
                "select flow, scope, resource, record_key, reason_code, reason, learner from ops.rejections"
                " where resolved_at is null"
            )
        )
        return found

    return stands


@pytest.fixture
def all_again(engine, source):
    """A function that derives everything that is landed, whatever was derived."""

    def all_again():
        run_id = open_run(engine, Options(full=True))
        course_derivation.derive(run_id, MoodleDerivation(engine, source), COURSES, Options(full=True))

    return all_again


@pytest.mark.long
def test_an_edit_of_reference_data_reaches_whom_it_concerns_and_nobody_else(night, write, reached):
    night()
    assert reached() == ([], [])
    for what, (edit, back, learners, whole) in EDITS.items():
        write(edit)
        assert (what, *reached()) == (what, learners, whole)
        write(back)
        assert (what, *reached()) == (what, [], [])


def test_a_night_in_which_some_changed_leaves_what_deriving_everything_would(
    night, sandbox, write, read, stands, all_again
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
    some = stands()
    counted = read("select read from ops.run_steps where step = 'derive' order by finished_at")[
        "read"
    ].tolist()
    assert 0 < counted[-1] < sum(counted[:first])
    all_again()
    again = stands()
    assert {name: rows ^ some[name] for name, rows in again.items()} == {table: set() for table in again}


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
