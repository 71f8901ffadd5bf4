"""The page on where the time goes counts what it says."""

from tests.benchmarks import profile

STACKS = [
    "main (a.py:1);CourseNight.derive (etl/engine/course_night.py:15);load (etl/load/merge.py:3);merge (m.py:9) 3",
    "main (a.py:1);CourseNight.derive (etl/engine/course_night.py:151);read (etl/load/landing.py:8) 1",
    "main (a.py:1);land (etl/load/landing.py:8) 96",
]


def test_shares_are_of_the_derivation_alone_and_a_function_holds_what_it_calls():
    page = "\n".join(profile._section("first", STACKS))
    assert "4 samples" in page
    assert "100.0 %  etl/engine/course_night.py:CourseNight.derive\n" in page
    assert " 75.0 %  etl/load/merge.py:load\n" in page
    assert " 25.0 %  CourseNight.derive ; read" in page
    assert "m.py" not in page
