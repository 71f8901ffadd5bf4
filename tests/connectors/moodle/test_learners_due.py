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
NO_PART = "update core.training_parts set closed_at = now() where course_id = '3'"
CL10 = "client_code = 'CL00010'"


def learners(course, *users):
    """Learners of a course; without any, everybody in it."""
    return [(course, user) for user in users] or [(course, None)]


# By the table that is edited: what changes, how, and who is derived, as (course, learner).
EDITS = [
    (
        "core.sources",
        "the time zone",
        "update core.sources set timezone = 'Asia/Tokyo' where source = 'moodle_main'",
        [*learners("2"), *learners("3"), *learners("4")],
    ),
    (
        "core.sources",
        "whether failures are recorded",
        "update core.sources set record_failed = false where source = 'moodle_main'",
        [
            *learners("2", 9, 10, 17, 18, 19, 26),
            *learners("3", 21, 22, 25, 27, 28),
            *learners("4", 36),
        ],
    ),
    (
        "core.sources",
        "whether a failed unit may be passed",
        "update core.sources set allow_resit = true where source = 'moodle_main'",
        [
            *learners("2", 9, 10, 17, 19, 26),
            *learners("3", 21, 22, 25, 27, 28),
            *learners("4", 36),
        ],
    ),
    (
        "core.sources",
        "whether enrolments say when a unit started",
        "update core.sources set use_enrolment_start = false where source = 'moodle_main'",
        learners("2", 8, 9),
    ),
    (
        "core.sources",
        "whether results are reviewed",
        "update core.sources set review = 'required' where source = 'moodle_main'",
        [],
    ),
    (
        "core.sources",
        "by what learners are matched",
        "update core.sources set match_code = false, match_fields = 'username' where source = 'moodle_main'",
        learners("4", 42, 43, 44),  # who share an idnumber, or have none
    ),
    (
        "core.clients",
        "a client who is gone",
        f"update core.clients set closed_at = now() where {CL10}",
        learners("2", 16),
    ),
    (
        "core.client_numbers",
        "a number that names somebody else",
        "insert into core.client_numbers (client_code, scheme, value) values ('CL00009', 'moodle:moodle_main', '16')",
        learners("2", 15, 16),
    ),
    (
        "core.moodle_accounts",
        "an account that is known to be somebody's",
        "insert into core.moodle_accounts (source, client_code, user_id, origin, suspended)"
        " values ('moodle_main', 'CL00032', '44', 'matched', false)",
        learners("4", 38, 44),
    ),
    (
        "core.occurrences",
        "an occurrence that is over",
        "update core.occurrences set status = 'finished' where occurrence_code = 'OCC-1001'",
        learners("2"),
    ),
    (
        "core.occurrences",
        "an occurrence that is cancelled",
        "update core.occurrences set status = 'cancelled' where occurrence_code = 'OCC-1002'",
        learners("3"),
    ),
    (
        "core.enrolments",
        "the start of an enrolment",
        f"update core.enrolments set start_date = '2026-09-02' where {E10}",
        learners("2", 16),
    ),
    (
        "core.enrolments",
        "the status of an enrolment",
        f"update core.enrolments set status = 'withdrawn' where {E10}",
        learners("2", 16),
    ),
    (
        "core.enrolments",
        "a new enrolment",
        "insert into core.enrolments (enrolment_code, client_code, occurrence_code, status)"
        " values ('E-NEW', 'CL00023', 'OCC-1001', 'active')",
        learners("2", 29),
    ),
    (
        "core.enrolments",
        "the last enrolments that anybody expects to come true",
        "update core.enrolments set status = 'withdrawn' where occurrence_code = 'OCC-1003'",
        learners("4", 35, 36, 37, 38, 39, 40, 41),
    ),
    (
        "core.enrolment_units",
        "an expected start",
        f"update core.enrolment_units set expected_start_date = '2026-09-01' where {E10} and unit_code = 'BSBOPS203'",
        learners("2", 16),
    ),
    (
        "core.enrolment_units",
        "a unit that leaves the plan",
        f"update core.enrolment_units set closed_at = now() where {E10} and unit_code = 'BSBOPS203'",
        learners("2", 16),
    ),
    (
        "core.recorded_results",
        "a result of the administration",
        f"update core.recorded_results set status = 'failed', finished_on = '2026-09-12' where {E10}",
        learners("2", 16),
    ),
    (
        "core.course_links",
        "a link of a course",
        "insert into core.course_links (occurrence_code, source, source_course_id)"
        " values ('OCC-1003', 'moodle_main', '2')",
        learners("2"),
    ),
    (
        "core.moodle_course_links",
        "a course that was made for an occurrence",
        "insert into core.moodle_course_links (source, occurrence_code, source_course_id, linked_by)"
        " values ('moodle_main', 'OCC-1003', '2', 'test')",
        learners("2"),
    ),
    (
        "core.activity_links",
        "the only activity of a unit",
        "update core.activity_links set closed_at = now() where activity_id = '9'",
        learners("2", 26),
    ),
    (
        "core.activity_links",
        "an activity that counts for a unit no more",
        "update core.activity_links set closed_at = now() where unit_code = 'BSBOPS203' and activity_id = '1'",
        learners("2", 7, 8, 9, 10, 11, 16, 17, 18, 20, 21, 22, 24, 28),
    ),
    (
        "core.activity_links",
        "a further activity of a unit",
        "insert into core.activity_links (occurrence_code, unit_code, source, activity_id)"
        " values ('OCC-1001', 'BSBPEF202', 'moodle_main', '10')",
        learners("2", 25, 26),
    ),
    (
        "core.activity_links",
        "an activity that no report shows",
        "insert into core.activity_links (occurrence_code, unit_code, source, activity_id)"
        " values ('OCC-1003', 'CHCAGE011', 'moodle_main', '999')",
        learners("4"),
    ),
    (
        "core.accreditations",
        "a course that earns no points any more",
        f"{NO_PART}; update core.accreditations set closed_at = now() where source_course_id = '3'",
        learners("3", 19, 20, 22, 24, 31),
    ),
    (
        "core.profession_groups",
        "a register that is given up",
        f"{NO_PART}; update core.profession_groups set active = false where org_id = 52",
        learners("3", 19, 20, 22, 24, 31),
    ),
    (
        "core.training_parts",
        "a course that becomes the part of a training, which nobody has completed",
        "update core.training_parts set course_id = '4' where course_id = '2'",
        [],
    ),
]

# Edits that no result depends on.
IDLE = {
    "core.sources": "update core.sources set match_fields = 'username' where source = 'infocaption_main'",
    "core.clients": f"update core.clients set surname = 'Other', email = 'other@example.org' where {CL10}",
    "core.client_numbers": "insert into core.client_numbers (client_code, scheme, value)"
    " values ('CL00009', 'pe_online', '16')",
    "core.occurrences": "update core.occurrences set status = 'planned', finish_date = '2027-01-01'"
    " where occurrence_code = 'OCC-1001'",
    "core.units": "update core.units set name = 'Other'",
    "core.profession_groups": "update core.profession_groups set name = 'Other'",
    "core.accreditations": "update core.accreditations set valid_to = '2027-12-31'",
    "core.competences": "update core.competences set name = 'Other'",
    "core.competence_links": "update core.competence_links set linked_on = '2026-08-01'",
    "core.recorded_competences": "update core.recorded_competences set valid_to = '2027-12-31'",
    "ops.competence_decisions": "insert into ops.competence_decisions"
    " (decision, competence_code, client_code, decided_by, reason)"
    " values ('revoked', 'CPR', 'CL00007', 'test', 'test')",
    "core.integrations": "update core.integrations set timezone = 'Asia/Tokyo'",
    "core.trainings": "update core.trainings set name = 'Other'",
    "core.training_requests": "update core.training_requests set status = 'cancelled'",
    "core.training_request_parts": "update core.training_request_parts set finished = true",
    "core.moodle_writing": "insert into core.moodle_writing (source, writing) values ('moodle_main', 'test')",
    "core.school_links": "insert into core.school_links (brin6, supplier, supplier_code, accepted_by, accepted_on,"
    " start_date, status) values ('00AA00', 'S', 'C', 'test', '2026-08-01', '2026-08-01', 'active')",
    "core.excluded_tests": "insert into core.excluded_tests (pattern, reason) values ('X', 'test')",
}
WATCHED = (
    "select distinct tgrelid::regclass::text as relation from pg_trigger where tgname = 'bump_on_update'"
)


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
def derived(engine):
    """A function that derives what is due, and tells of whom that was: (course, learner), or None for everybody."""

    def derived():
        pairs = set()

        class Watched(MoodleDerivation):
            def lots(self, *given, **options):
                for lot in super().lots(*given, **options):
                    held = lot.answers.held
                    whole = [(scope, None) for scope in lot.scopes]
                    pairs.update(
                        whole
                        if held is None
                        else held[["scope", "user_id"]].itertuples(index=False, name=None)
                    )
                    yield lot

        [source] = sources(engine, "moodle")
        run_id = open_run(engine, Options())
        course_derivation.derive(run_id, Watched(engine, source), COURSES, Options())
        return pairs

    return derived


@pytest.fixture
def all_again(engine):
    """A function that derives everything that is landed, whatever was derived."""

    def all_again():
        [source] = sources(engine, "moodle")
        run_id = open_run(engine, Options(full=True))
        course_derivation.derive(run_id, MoodleDerivation(engine, source), COURSES, Options(full=True))

    return all_again


@pytest.mark.long
@pytest.mark.parametrize(("edit", "reached"), [pytest.param(*edit[2:], id=edit[1]) for edit in EDITS])
def test_an_edit_derives_whom_it_concerns_and_nobody_else_and_that_leaves_what_deriving_everybody_would(
    edit, reached, first_night, write, derived, stands, all_again
):
    write(edit)
    assert derived() == set(reached)
    some = stands()
    all_again()
    again = stands()
    assert {name: rows ^ some[name] for name, rows in again.items()} == {table: set() for table in again}


@pytest.mark.long
def test_an_edit_that_no_result_depends_on_derives_nobody(first_night, write, derived):
    for table, edit in IDLE.items():
        write(edit)
        assert (table, derived()) == (table, set())


def test_whom_an_edit_of_each_kind_of_reference_data_reaches_is_tried_here(read):
    assert {*(table for table, *_ in EDITS), *IDLE} == set(read(WATCHED)["relation"])


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
