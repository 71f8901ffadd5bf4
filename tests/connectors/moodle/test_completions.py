"""Completions night after night: each counts by its moment, for the enrolment that it was made in."""

import pytest

from etl import db
from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options
from tests.fixtures.properties import one_quickly

COURSE, STUDENT, CLIENT = 2, 7, "CL00001"  # completed the course as recorded; accredited
FIRST_DAY, SECOND_DAY = "2026-09-25", "2027-01-15"
LATER = 1_800_000_000  # 2027-01-15


@pytest.fixture
def complete(sandbox):
    """The learner completes the course at this moment (epoch s), or (None) has to do it again."""

    def complete(moment):
        site = sandbox.moodle.site
        status = site.completions[COURSE, STUDENT]
        status["completed"] = moment is not None
        for criterion in status["completions"]:
            criterion.update(complete=moment is not None, timecompleted=moment)
        site.touch(COURSE, STUDENT, (moment or LATER - 1000))

    return complete


@pytest.fixture
def completions(read):
    def completions():
        found = read(
            "select (completed_at at time zone 'utc')::date::text as day from mart.course_completions"
            f" where source_course_id = '{COURSE}' and client_code = '{CLIENT}' order by 1"
        )
        return found["day"].tolist()

    return completions


def enrolled_again(write, start):
    start = f"'{start}'" if start else "null"
    write(f"insert into core.enrolments values ('E-AGAIN', '{CLIENT}', 'OCC-1001', 'active', {start})")


def completed_on(read, enrolment):
    found = read(
        f"select completed_on::text as day from core.enrolment_completions where enrolment_code = '{enrolment}'"
    )
    return found["day"].tolist()


def listed(read):
    found = read(
        "select reason_code from mart.rejections where resource = 'course_completion' and resolved_at is null"
        f" and record_key like '%%/{STUDENT}'"
    )
    return found["reason_code"].tolist()


@pytest.mark.parametrize("start", one_quickly(["2026-11-01", None]))
def test_last_years_completion_is_listed_for_a_new_enrolment_and_the_next_one_completes_it(
    first_night, night, complete, write, completions, read, start
):
    enrolled_again(write, start)
    night()
    assert (completions(), listed(read)) == ([FIRST_DAY], ["completed_before_start"])
    assert completed_on(read, "E-AGAIN") == []
    if start is None:  # nothing tells a second completion from a moved one but the interval
        complete(None)
        night()
        assert listed(read) == []
    complete(LATER)
    night()
    assert (completions(), listed(read)) == ([FIRST_DAY, SECOND_DAY], [])
    assert completed_on(read, "E-AGAIN") == [SECOND_DAY]
    assert completed_on(read, "E-1001-001") == [FIRST_DAY]


@pytest.mark.long
def test_a_course_that_only_earns_points_counts_again_after_a_reset_and_not_when_its_moment_moves(
    night, complete, completions, read, sandbox
):
    sandbox.moodle.site.courses[COURSE]["idnumber"] = ""  # it never belonged to an occurrence
    night()
    complete(LATER)
    night(full=True)
    assert (completions(), listed(read)) == ([FIRST_DAY], ["completion_moved"])
    complete(None)
    night(full=True)
    complete(LATER + 86_400)
    night(full=True)
    assert (completions(), listed(read)) == ([FIRST_DAY, "2027-01-16"], [])


@pytest.mark.parametrize("lost", one_quickly(["renamed", "hidden", "emptied"]))
@pytest.mark.long
def test_nobody_completes_an_accredited_course_whose_known_link_is_not_seen_tonight(
    night, complete, write, completions, read, sandbox, lost
):
    complete(None)
    write(f"update core.enrolments set status = 'withdrawn' where client_code = '{CLIENT}'")
    night()
    course = sandbox.moodle.site.courses[COURSE]
    if lost == "renamed":  # in the administration first
        write("insert into core.occurrences values ('OCC-NEW', 'New', null, null, 'active')")
        write("update core.enrolments set occurrence_code = 'OCC-NEW' where occurrence_code = 'OCC-1001'")
        write("update core.occurrences set closed_at = now() where occurrence_code = 'OCC-1001'")
    elif lost == "hidden":  # the role lost moodle/course:update
        del course["idnumber"]
    else:
        course["idnumber"] = ""
    complete(LATER)
    night(full=True)
    assert completions() == []
    if lost == "hidden":
        found = read("select record_key from mart.rejections where reason_code = 'idnumber_hidden'")
        assert found["record_key"].tolist() == [str(COURSE)]
    else:
        assert "course_link_lost" in listed(read)


@pytest.mark.long
def test_a_completion_that_is_older_than_the_newest_grades_completes_nothing(
    first_night, night, complete, write, completions, read, engine, connect
):
    write("delete from core.course_completions")
    write("delete from core.enrolment_completions")
    write(f"update core.enrolments set status = 'withdrawn' where client_code = '{CLIENT}'")
    complete(None)  # reset while the enrolment was withdrawn: the site is not asked about it
    night()
    write(f"update core.enrolments set status = 'active' where client_code = '{CLIENT}'")
    run_id = moodle_results.open_run(engine, Options())  # not asked again yet
    batch = {"source": "moodle_main", "courses": [str(COURSE)]}
    moodle_results.derive(engine, run_id, batch, connect, Options())
    assert (completions(), listed(read)) == ([], ["completion_not_current"])
    night(full=True)
    assert (completions(), listed(read)) == ([], [])


def test_points_and_competences_see_every_completion(first_night, night, complete, write, engine):
    enrolled_again(write, "2026-11-01")
    complete(LATER)
    night()
    write("insert into core.competences (competence_code, name) values ('K', 'K')")
    write(f"insert into core.competence_links values ('moodle_main', '{COURSE}', 'K')")
    with engine.connect() as session:
        points = db.query(session, "pe_online/inputs.completions", org_id=52).query("client_code == @CLIENT")
        passes = db.query(session, "results/competences.passes", competence_code="K")
    assert len(points) == 2
    assert len(passes.query("client_code == @CLIENT")) == 2
