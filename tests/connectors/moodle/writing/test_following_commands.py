"""Courses that follow their occurrence by command, and links undone."""

import pytest

from etl.connectors.moodle.writing import switches
from etl.connectors.moodle.writing.switches import Switch
from etl.errors import InvalidInput


@pytest.mark.long
def test_a_preview_of_following_shows_what_a_course_would_be_told_and_the_command_tells_it(
    occurrence, run, course, changed, settings
):
    occurrence()
    run("link", "OCC-9", "--by", "clerk", "--course", 5)
    changed()
    shown = [line.split("\t") for line in run("follow", "--preview").splitlines()]
    assert [row[:2] for row in shown[1:]] == [["OCC-9", "5"]]
    assert changed() == 0
    assert "1 sent: success" in run("follow")
    assert (course(5)["visible"], changed()) == (1, 1)
    assert "no course differs" in run("follow", "--preview")


@pytest.mark.long
def test_following_is_switched_by_a_person(occurrence, run, transfer, changed, engine):
    occurrence(follow="false")
    run("link", "OCC-9", "--by", "clerk", "--course", 5)
    changed()
    with engine.begin() as session:
        switches.follow(session, "OCC-9", Switch.ON, "clerk")
    assert (transfer(), changed()) == ("success", 1)


def test_a_link_by_hand_is_undone_and_one_by_idnumber_is_not(occurrence, run, links):
    occurrence()
    run("link", "OCC-9", "--by", "clerk", "--course", 5)
    assert "no longer linked to course 5" in run("unlink", "OCC-9", "--by", "clerk")
    assert links() == []
    with pytest.raises(InvalidInput, match="is not linked by hand"):
        run("unlink", "OCC-1001", "--by", "clerk")
