"""What left the plan is closed, what was only not read stays; a site's accounts are judged as a whole."""

import pytest

STUDENT, CLIENT = 7, "CL00001"  # in course 2
OTHER = 31  # in course 3
LATER = 1_800_000_000


def open_of(read, scope):
    return set(
        read(
            "select resource || ' ' || record_key as row from mart.rejections"
            f" where scope = '{scope}' and resolved_at is null"
        )["row"]
    )


@pytest.mark.parametrize("left", ["finished", "cancelled", "unlinked", "gone"])
def test_rejections_of_a_course_that_left_the_plan_close_and_those_of_others_stay(
    first_night, night, read, write, sandbox, left
):
    before = open_of(read, "2")
    assert min(len(before), len(open_of(read, "4"))) > 0
    if left == "unlinked":
        sandbox.moodle.site.courses[4]["idnumber"] = ""
        sandbox.moodle.site.changes += 1
    elif left == "gone":
        sandbox.moodle.site.remove_course(4)
    else:
        write(f"update core.occurrences set status = '{left}' where occurrence_code = 'OCC-1003'")
    sandbox.faults.add("moodle", "dbconnectionfailed", operation="core_enrol_get_enrolled_users")
    night()
    assert open_of(read, "4") == set()
    assert open_of(read, "2") == before


def test_rejections_of_a_course_that_comes_back_are_listed_again(first_night, night, read, sandbox):
    before = open_of(read, "4")
    idnumber = sandbox.moodle.site.courses[4]["idnumber"]
    for shown in ("", idnumber):
        sandbox.moodle.site.courses[4]["idnumber"] = shown
        sandbox.moodle.site.changes += 1
        night()
    assert open_of(read, "4") == before


@pytest.mark.long
def test_what_the_weekly_look_at_a_finished_course_finds_stays_open(first_night, night, read, write):
    write("update core.occurrences set status = 'finished' where occurrence_code = 'OCC-1003'")
    before = open_of(read, "4")
    night()
    assert open_of(read, "4") == set()
    write("update raw.landings set landed_at = landed_at - interval '8 days'")
    night()
    night()
    assert open_of(read, "4") == before


def test_a_course_that_the_site_links_to_another_occurrence_is_derived_again(
    first_night, night, read, write, sandbox
):
    write("insert into core.occurrences values ('OCC-NEXT', 'Next', null, null, 'active')")
    write(f"insert into core.enrolments values ('E-NEXT', '{CLIENT}', 'OCC-NEXT', 'active', null)")
    write("insert into core.enrolment_units values ('E-NEXT', 'BSBCMM211', '2026-09-01')")
    write(
        "insert into core.activity_links select 'OCC-NEXT', unit_code, source, activity_id from core.activity_links"
        " where occurrence_code = 'OCC-1001' and unit_code = 'BSBCMM211'"
    )
    night()
    sandbox.moodle.site.courses[2]["idnumber"] = "OCC-NEXT"
    sandbox.moodle.site.changes += 1
    night()
    assert len(read("select * from mart.unit_results where enrolment_code = 'E-NEXT'")) == 1


def test_rejections_of_a_source_that_is_not_in_use_any_more_close(first_night, night, read, write):
    write("update core.sources set closed_at = now() where system = 'moodle'")
    night()
    assert read("select * from mart.rejections where resolved_at is null").empty


def units_of(read, client):
    return len(
        read(f"select * from mart.unit_results where client_code = '{client}' and source = 'moodle_main'")
    )


@pytest.mark.long
def test_an_account_is_ambiguous_while_another_of_the_site_claims_its_client_and_after_that_one_left(
    night, read, sandbox
):
    site = sandbox.moodle.site
    row = next(row for row in site.enrolled[3] if row["id"] == OTHER)
    known, row["idnumber"] = row["idnumber"], CLIENT
    report = site.reports[3][OTHER]
    report["useridnumber"] = CLIENT
    night()
    assert "learner OCC-1001/7" in open_of(read, "2")
    assert units_of(read, CLIENT) == 0
    site.enrolled[3].remove(row)
    del site.reports[3][OTHER]
    site.touch(2, STUDENT, LATER)
    night(full=True)
    assert units_of(read, CLIENT) == 0
    row["idnumber"] = report["useridnumber"] = known
    site.enrolled[3].append(row)
    site.reports[3][OTHER] = report
    site.changes += 1
    night()
    assert "learner OCC-1001/7" not in open_of(read, "2")
    assert units_of(read, CLIENT) > 0


def test_learners_whom_the_list_of_participants_does_not_show_are_matched_by_their_report(
    night, read, sandbox
):
    site = sandbox.moodle.site
    site.enrolled[2] = [row for row in site.enrolled[2] if row["id"] == 47]  # the teacher
    night()
    assert units_of(read, CLIENT) > 0
