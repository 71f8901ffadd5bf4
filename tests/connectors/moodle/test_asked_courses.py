"""Which courses a night asks about, how often, and why it asked as much of each as it did."""

import pytest

from etl.load.report import markdown

STUDENT, LATER = 7, 1_795_500_000
WEEK_LATER = "update raw.landings set landed_at = landed_at - interval '8 days'"
OVER = (
    "update core.occurrences set status = 'finished',"
    " finish_date = cast(now() at time zone 'Europe/Amsterdam' as date) - {}"  # the day where the source is
    " where occurrence_code = 'OCC-1003'"
)


@pytest.fixture
def decided(read):
    """A function that reads why a run asked as much of each course as it did."""

    def decided(run_id):
        found = read(
            "select scope, decision from mart.run_steps where step = 'land' and run_id = '" + run_id + "'"
        )
        return {scope.removeprefix("moodle_main/"): decision for scope, decision in found.to_numpy().tolist()}

    return decided


@pytest.fixture
def how_often(read):
    return lambda course: read(
        f"select asked from mart.asked_courses where source = 'moodle_main' and source_course_id = '{course}'"
    )["asked"].tolist()


@pytest.mark.long
def test_a_course_is_over_when_its_occurrences_ended_long_ago(night, read, write, decided, how_often):
    night()
    assert how_often("4") == ["every night"]
    write(OVER.format(180))
    write(WEEK_LATER)
    run_id, _ = night()
    assert (how_often("4"), "4" in decided(run_id)) == (["every week"], True)
    listed = "select count(*) as n from mart.rejections where scope = '4' and resolved_at is null"
    assert read(listed)["n"][0] > 0
    write(OVER.format(182))
    write(WEEK_LATER)
    run_id, _ = night()
    assert (how_often("4"), "4" in decided(run_id), read(listed)["n"][0]) == (["over"], False, 0)


def test_how_long_a_course_is_looked_at_is_a_setting_of_its_source(night, write, how_often):
    night()
    write(OVER.format(182))
    assert how_often("4") == ["over"]
    write("update core.sources set late_days = 365")
    assert how_often("4") == ["every week"]


def test_a_course_that_is_over_and_gives_a_competence_is_looked_at(night, write, how_often):
    night()
    write(OVER.format(900))
    write("insert into core.competence_links values ('moodle_main', '4', 'INFOSEC')")
    assert how_often("4") == ["every week"]


def test_links_of_competences_that_are_gone_and_points_of_inactive_groups_ask_for_nothing(
    night, write, how_often
):
    """Course 4 earns points and gives a competence here."""
    night()
    write("update core.accreditations set source_course_id = '4' where source_course_id = '3'")
    write(OVER.format(900))
    write("insert into core.competence_links values ('moodle_main', '4', 'INFOSEC')")
    write("update core.profession_groups set active = false")
    assert how_often("4") == ["every week"]
    write("update core.competences set closed_at = now() where competence_code = 'INFOSEC'")
    assert how_often("4") == ["over"]
    write("update core.profession_groups set active = true")
    assert how_often("4") == ["every week"]
    write("update core.occurrences set status = 'cancelled'")
    assert how_often("4") == ["every night"]
    write("update core.profession_groups set active = false")
    assert how_often("4") == []


@pytest.mark.long
def test_every_night_says_why_it_asked_as_much_of_a_course(night, sandbox, decided, engine, write):
    assert set(decided(night()[0]).values()) == {"first"}
    assert set(decided(night()[0]).values()) == {"quiet"}
    sandbox.moodle.site.touch(2, STUDENT, LATER)
    run_id, _ = night()
    assert decided(run_id)["2"] == "few"
    said = markdown(engine, run_id)
    assert "| few: a few learners were there" in said.replace("\n", " ")
    assert "quiet" in said
    run_id, _ = night(courses=frozenset({"3"}))
    assert decided(run_id) == {"3": "asked_for"}
    assert set(decided(night(full=True)[0]).values()) == {"full"}
    write(WEEK_LATER)
    assert set(decided(night()[0]).values()) == {"sweep"}
