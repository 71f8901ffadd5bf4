"""Courses for occurrences: found, linked by hand, made, filled once, and kept in step with their occurrence."""

import pytest

from etl.connectors.moodle.writing import client
from etl.errors import AnswerLost, InvalidInput
from etl.http.client import READ_TIMEOUT
from etl.sandbox.moodle.writing.courses import import_course
from tests.connectors.moodle.writing.conftest import NEW

TEMPLATE = 4
START, END = 1789336800, 1797634799  # 14 September and the end of 18 December 2026 in Amsterdam


def test_a_course_is_made_with_code_dates_and_visibility_filled_and_linked(
    occurrence, create, course, modules, books, links
):
    occurrence()
    output = create("OCC-9", "--template", TEMPLATE)
    made = course()
    assert {
        name: made[name]
        for name in ("idnumber", "shortname", "categoryid", "startdate", "enddate", "visible")
    } == {
        "idnumber": "OCC-9",
        "shortname": "N9",
        "categoryid": 2,
        "startdate": START,
        "enddate": END,
        "visible": 1,
    }
    assert books.imports == [(TEMPLATE, NEW)]
    assert links() == [("8", "clerk")]
    assert len([line for line in output.splitlines() if "\t" in line]) == len(modules()) + 1


def test_without_a_category_the_tree_of_the_site_is_shown_and_nothing_is_made(occurrence, run, books, capsys):
    occurrence()
    with pytest.raises(InvalidInput, match="--category"):
        run("create", "OCC-9", "--by", "clerk", "--short-name", "N9", "--full-name", "N")
    assert books.created == {}


def test_a_preview_and_a_site_in_test_make_nothing(occurrence, create, settings, books, items):
    occurrence()
    assert "OCC-9" in create("OCC-9", "--preview")
    assert items("courses") == []
    settings(writing="test")
    assert "pending" in create()
    assert books.created == {}


def test_an_occurrence_that_has_a_course_gets_no_second_one(occurrence, create, books):
    occurrence()
    create()
    with pytest.raises(InvalidInput, match="linked to course 8"):
        create()
    assert books.created["courses"] == 1


def test_a_course_that_is_there_already_is_to_be_linked_and_nothing_is_made_or_filled(
    occurrence, create, books, links, edit
):
    edit(5, idnumber="occ-9")
    occurrence()
    with pytest.raises(InvalidInput, match="course 5 has OCC-9 as its idnumber: link it"):
        create("OCC-9", "--template", TEMPLATE)
    assert (links(), books.created["courses"], books.imports) == ([], 0, [])


def test_what_moodle_refuses_is_said_and_mended_by_asking_again(occurrence, create, run, links):
    occurrence()
    refused = run(
        "create", "OCC-9", "--by", "clerk", "--short-name", "BSB30120-T1", "--full-name", "N", "--category", 2
    )
    assert "rejected: Another course in Moodle has this short name" in refused
    create()
    assert links() == [("8", "clerk")]


def test_a_course_is_linked_by_its_idnumber_or_by_hand_and_its_activities_are_shown(
    occurrence, run, links, edit
):
    occurrence()
    with pytest.raises(InvalidInput, match="no course has OCC-9 as its idnumber"):
        run("link", "OCC-9", "--by", "clerk")
    edit(7, idnumber="OCC-9")
    assert "OCC-9 is linked to course 7" in run("link", "OCC-9", "--by", "clerk")
    output = run("link", "OCC-9", "--by", "chief", "--course", 2)
    assert links() == [("2", "chief")]
    rows = [line.split("\t") for line in output.splitlines() if "\t" in line]
    marked = {(row[rows[0].index("activity_type")], row[rows[0].index("can_be_mapped")]) for row in rows[1:]}
    assert {("quiz", "True"), ("page", "False"), ("forum", "False")} <= marked
    with pytest.raises(InvalidInput, match="course 99 is not shown"):
        run("link", "OCC-9", "--by", "clerk", "--course", 99)


def test_the_list_says_which_course_an_occurrence_has_and_which_moodle_shows_for_it(occurrence, run, edit):
    occurrence("OCC-9")
    occurrence("OCC-A")
    edit(7, idnumber="OCC-9")
    run("link", "OCC-A", "--by", "clerk", "--course", 4)
    rows = [line.split("\t") for line in run("list").splitlines() if "\t" in line]
    by_code = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    assert (by_code["OCC-A"]["course"], by_code["OCC-A"]["linked_by"]) == ("4", "clerk")
    assert (by_code["OCC-9"]["course"], by_code["OCC-9"]["in_moodle"]) == ("", "7")
    assert by_code["OCC-1001"]["linked_by"] == "idnumber"


def test_a_template_is_imported_once(occurrence, create, run, books):
    occurrence()
    create()
    run("import", "OCC-9", "--by", "clerk", "--template", TEMPLATE)
    with pytest.raises(InvalidInput, match="imported into course 8 already"):
        run("import", "OCC-9", "--by", "clerk", "--template", TEMPLATE)
    assert books.imports == [(TEMPLATE, NEW)]


@pytest.mark.parametrize("fault", ["lost_answer", "drop"])
def test_a_lost_answer_makes_no_second_course_and_the_template_is_not_forgotten(
    fault, occurrence, create, transfer, sandbox, books, links
):
    occurrence()
    sandbox.faults.add("moodle", fault, operation="core_course_create_courses")
    assert ("unknown" in create("OCC-9", "--template", TEMPLATE)) == (fault == "drop")
    assert (transfer(), transfer()) == ("success", "success")
    assert (books.created["courses"], books.imports) == (1, [(TEMPLATE, NEW)])
    assert links() == [("8", "clerk")]


def test_a_lost_answer_to_an_import_is_settled_by_the_activities_that_came(
    occurrence, create, run, transfer, sandbox, books, items, modules
):
    occurrence()
    create()
    sandbox.faults.add("moodle", "lost_answer", operation="core_course_import_course")
    run("import", "OCC-9", "--by", "clerk", "--template", TEMPLATE)
    assert transfer() == "success"
    assert (items("imports"), books.imports) == (["accepted"], [(TEMPLATE, NEW)])
    assert len(modules()) == len(modules(TEMPLATE))


def test_an_import_that_may_still_be_running_is_left_alone_and_then_sent_again(
    occurrence, create, run, transfer, sandbox, books, items, write
):
    occurrence()
    create()
    sandbox.faults.add("moodle", "drop", operation="core_course_import_course")
    run("import", "OCC-9", "--by", "clerk", "--template", TEMPLATE)
    transfer()
    assert (items("imports"), books.imports) == (["unknown"], [])
    write(
        "update ops.outbox set last_attempt_at = last_attempt_at - interval '2 hours' where kind = 'imports'"
    )
    assert transfer() == "success"
    assert (items("imports"), books.imports) == (["accepted"], [(TEMPLATE, NEW)])


def test_an_import_that_came_in_part_is_a_matter_of_a_person(
    occurrence, create, run, transfer, sandbox, books, items, write, modules
):
    occurrence()
    create()
    sandbox.faults.add("moodle", "drop", operation="core_course_import_course")
    run("import", "OCC-9", "--by", "clerk", "--template", TEMPLATE)
    import_course(
        sandbox.moodle.site, {"importfrom": str(TEMPLATE), "importto": str(NEW)}
    )  # it went on there
    for section in sandbox.moodle.site.contents[NEW][1:]:
        section["modules"] = section["modules"][:1]
    sandbox.moodle.site.changes += 1
    assert transfer() == "success"
    assert items("imports") == ["unknown"]
    write(
        "update ops.outbox set last_attempt_at = last_attempt_at - interval '2 hours' where kind = 'imports'"
    )
    assert transfer() == "success"
    assert (items("imports"), books.imports) == (["rejected"], [(TEMPLATE, NEW)])


def test_a_course_follows_dates_and_status_and_is_not_touched_when_nothing_changed(
    occurrence, create, transfer, write, course, edit, changed
):
    occurrence()
    create()
    changed()
    assert (transfer(), changed()) == ("success", 0)
    write(
        "update core.occurrences set finish_date = '2026-12-19', status = 'cancelled' where occurrence_code = 'OCC-9'"
    )
    assert (transfer(), changed()) == ("success", 1)
    assert (course()["startdate"], course()["enddate"], course()["visible"]) == (START, END + 86_400, 0)
    edit(NEW, enddate=1800000000)  # that is nobody's business here
    assert (transfer(), changed()) == ("success", 0)


def test_a_course_that_has_what_its_occurrence_says_already_is_not_touched(
    occurrence, run, transfer, edit, changed, items
):
    occurrence()
    run("link", "OCC-9", "--by", "clerk", "--course", 5)
    edit(5, startdate=START, enddate=END, visible=1)
    assert (transfer(), changed()) == ("success", 0)
    assert items("course changes") == ["accepted"]


def test_only_occurrences_that_follow_change_their_course(occurrence, run, transfer, changed, settings):
    occurrence(follow="false")
    run("link", "OCC-9", "--by", "clerk", "--course", 5)
    assert (transfer(), changed()) == ("success", 0)


def test_which_status_is_visible_is_a_setting(occurrence, create, transfer, course, settings):
    occurrence(status="planned")
    create()
    assert course()["visible"] == 0
    settings(visible_when="planned+active")
    transfer()
    assert course()["visible"] == 1


def test_a_lost_answer_to_a_change_is_settled_by_looking(
    occurrence, create, transfer, write, sandbox, changed, items
):
    occurrence()
    create()
    write("update core.occurrences set status = 'cancelled' where occurrence_code = 'OCC-9'")
    sandbox.faults.add("moodle", "lost_answer", operation="core_course_update_courses")
    changed()
    assert (transfer(), changed()) == ("success", 1)
    assert items("course changes") == ["accepted"]
    assert (transfer(), changed()) == ("success", 0)


def test_dates_that_moodle_does_not_take_are_listed_and_go_when_they_are_mended(
    occurrence, create, transfer, write, course, read
):
    occurrence()
    create()
    write("update core.occurrences set finish_date = '2026-09-01' where occurrence_code = 'OCC-9'")
    transfer()
    [case] = read(
        "select reason_code from ops.rejections where record_key = 'OCC-9' and resolved_at is null"
    )["reason_code"]
    assert case == "ends_before_start"
    write("update core.occurrences set finish_date = '2026-12-20' where occurrence_code = 'OCC-9'")
    transfer()
    assert course()["enddate"] == END + 2 * 86_400


def test_a_right_that_is_lacking_stops_everything_at_the_site(
    occurrence, create, transfer, write, sandbox, items
):
    occurrence()
    create()
    write("update core.occurrences set status = 'cancelled' where occurrence_code = 'OCC-9'")
    sandbox.moodle.site.books.lacking.add("core_course_update_courses")
    assert transfer() == "incomplete"
    assert items("course changes") == ["pending"]


def test_an_import_may_take_longer_than_any_other_call(client_of, sandbox, monkeypatch, occurrence, create):
    occurrence()
    create()
    sandbox.faults.add("moodle", "slow", operation="core_course_import_course", count=None, seconds=0.3)
    writer = client_of(f"{sandbox.url}/moodle")
    writer.import_course(str(TEMPLATE), str(NEW))
    assert client.IMPORT_TIMEOUT >= 10 * READ_TIMEOUT
    monkeypatch.setattr(client, "IMPORT_TIMEOUT", 0.1)
    with pytest.raises(AnswerLost):
        writer.import_course(str(TEMPLATE), str(NEW))
