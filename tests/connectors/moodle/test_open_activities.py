"""What keeps started units open where an occurrence is linked to two courses."""

import pytest

from etl.connectors.moodle.derive import MoodleDerivation
from etl.connectors.moodle.flow import open_run
from etl.engine import course_derivation
from etl.engine.options import Options

OPEN = (
    "select enrolment_code, unit_code, activity_id, state, source_course_id from core.open_activities"
    " join core.enrolments using (enrolment_code) where occurrence_code = 'OCC-1001' order by 1, 2, 3"
)


@pytest.fixture
def derive_all_of(engine, source):
    """A function that derives some courses, and everybody in them."""

    def derive_all_of(*courses):
        again = Options(full=True)
        course_derivation.derive(open_run(engine, again), MoodleDerivation(engine, source), courses, again)

    return derive_all_of


def test_what_is_open_is_said_by_the_course_of_the_activity_whichever_is_derived_last(
    first_night, write, read, derive_all_of
):
    before = read(OPEN).to_csv()
    write("update core.courses set idnumber = 'OCC-1001' where source_course_id = '3'")
    linked = read("select source_course_id from core.linked_courses where occurrence_code = 'OCC-1001'")
    assert set(linked["source_course_id"]) == {"2", "3"}
    for courses in (["2", "3"], ["3"], ["2"], ["3"]):
        derive_all_of(*courses)
        assert read(OPEN).to_csv() == before, courses
