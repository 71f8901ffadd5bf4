"""A set is checked as a whole: every wrong line with file, line, column and reason (docs/reference-files.md)."""

import pytest

from etl.files.kinds import CODE_BYTES, TEXT_BYTES, code, text
from etl.reference import Problem, check, import_set
from etl.reference.spec import FILES

WHOLE = "must be a whole number without leading zeros"
CODE = "a code has no blanks around it and no control characters"
LONG = "holds a value of more than 131072 characters"
BYTES = "bytes (a plain letter is one, an accented one is two)"
CLIENT = "CL90001,,,,,,,false"
WRONG_LINES = [
    ("clients.csv", "CL90001,,,,,,,maybe", "archived", "must be true or false"),
    ("clients.csv", "CL90001,,,,,,,", "archived", "must be filled in"),
    ("clients.csv", ",,,,,,,true", "client_code", "must be filled in"),
    ("clients.csv", " CL90001,,,,,,,true", "client_code", f"{CODE}: it has a blank around it"),
    ("clients.csv", "CL\u200b90001,,,,,,,true", "client_code",
     f"{CODE}: it holds a character that does not show (U+200B)"),
    ("clients.csv", f"{'C' * 201},,,,,,,true", "client_code", f"is longer than 200 {BYTES}"),
    ("clients.csv", f"{'é' * 101},,,,,,,true", "client_code", f"is longer than 200 {BYTES}"),
    ("clients.csv", f"CL90001,,,,,{'n' * 2001},,true", "surname", f"is longer than 2000 {BYTES}"),
    ("clients.csv", f"CL90001,,,,,{'n' * 200_000},,true", "", f"{LONG}: is a quote never closed?"),
    ("clients.csv", "CL90001,,,,,,,TRUE", "archived", "must be true or false, in small letters and without blanks"),
    ("clients.csv", "CL90001,,,,,,true", "", "has 7 values where the header has 8"),
    ("clients.csv", 'CL90001,,,,,"a"b,,true', "", 
     "is not CSV: text follows a closing quote (a quote inside quotes is written twice)"),
    ("client_numbers.csv", "CL00001,moodle:moodle_main,2.041", "value",
     f"{WHOLE}: it has a point, a comma or another mark between its digits"),
    ("client_numbers.csv", "CL00001,moodle:moodle_main,1e3", "value",
     f"{WHOLE}: a spreadsheet wrote it in powers of ten"),
    ("client_numbers.csv", "CL00001,moodle:moodle_main,inf", "value", WHOLE),
    ("client_numbers.csv", "CL00001,moodle:elsewhere,007", "value", f"{WHOLE}: it begins with a zero"),
    ("client_numbers.csv", "CL00003,pe:52,052003 ", "value", f"{CODE}: it has a blank around it"),
    ("client_numbers.csv", "CL00003,pe:52,052003\u00a0", "value",
     f"{CODE}: it holds a character that does not show (U+00A0)"),
    ("course_links.csv", "OCC-1001,moodle_main,2.0", "source_course_id",
     f"{WHOLE}: it has a point, a comma or another mark between its digits"),
    ("course_links.csv", "OCC-1001,moodle_main,Course-2", "source_course_id", WHOLE),
    ("competence_links.csv", "infocaption_main,1.01,CPR,", "source_course_id",
     f"{WHOLE}: it has a point, a comma or another mark between its digits"),
    ("competence_links.csv", "infocaption_main,a b,CPR,", "source_course_id",
     "an id has no blanks, slashes and control characters"),
    ("accreditations.csv", "52,moodle_main,+9,2026-01-01,,1,,,", "source_course_id", f"{WHOLE}: it has a sign"),
    ("accreditations.csv", "52,moodle_main,9,2026-01-01,,2147483648,,,", "pe_course_id",
     "must be a whole number of at most 2147483647"),
    ("accreditations.csv", "52,moodle_main,9,2026-01-01,,1,,１,", "pe_module_id",
     f"{WHOLE}: it has digits of another script"),
    ("activity_links.csv", "OCC-1001,BSBCMM211,moodle_main,9223372036854775808", "activity_id",
     "must be a whole number of at most 9223372036854775807"),
    ("client_numbers.csv", "NOBODY,pe:52,1", "client_code", "is not in clients.csv"),
    ("occurrences.csv", "O9,Nine,2026-02-30,,active", "start_date", "is not a day of the calendar"),
    ("occurrences.csv", "O9,Nine,20260201,,active", "start_date", "must be a date, YYYY-MM-DD"),
    ("occurrences.csv", "O9,Nine,2026-02-02,2026-02-01,active", "finish_date", "must not be before start_date"),
    ("occurrences.csv", "O9,Nine,,,Active", "status", "must be one of planned, active, finished, cancelled"),
    ("sources.csv", "s,moodle,c,Mars/Base,true,,true,true,true,none", "timezone",
     "must be a time zone such as Europe/Amsterdam"),
    ("sources.csv", "s,moodle,c,Europe/Stockholm,true,email+shoe,true,true,true,none", "match_fields",
     "must be different fields joined by +, out of email, username, given_name, surname"),
    ("sources.csv", "administration,moodle,c,UTC,true,email,true,true,true,none", "source",
     "must not be administration: results that the administration holds itself carry that name"),
    ("enrolments.csv", "E9,CL00001,OCC-9,active,", "occurrence_code", "is not in occurrences.csv"),
    ("enrolment_units.csv", "E-1001-001,NOUNIT,", "unit_code", "is not in units.csv"),
    ("activity_links.csv", "OCC-1001,BSBCMM211,moodle_main,abc", "activity_id",
     "must be a whole number without leading zeros"),
    ("recorded_results.csv", "E-1001-001,BSBCMM211,started,2026-09-10,2026-09-11", "finished_on",
     "must be empty: a started result has no finish date"),
    ("profession_groups.csv", "99,Group,true,pe:99,(", "number_pattern", "is not a valid regular expression"),
    ("profession_groups.csv", "99,Group,true,pe:99,(?=a)a", "number_pattern",
     "is not a valid regular expression: look-around and back references may never end"),
    ("profession_groups.csv", "99,Group,true,pe:99,a)(b", "number_pattern", "is not a valid regular expression"),
    ("profession_groups.csv", '99,Group,true,pe:99,"x{,3}"', "number_pattern",
     "must say {0,n} for a number of repetitions that starts at nothing"),
    ("profession_groups.csv", "099,Group,true,pe:99,.", "org_id", f"{WHOLE}: it begins with a zero"),
    ("accreditations.csv", "77,moodle_main,2,2026-01-01,,1,,,", "org_id", "is not in profession_groups.csv"),
    ("accreditations.csv", "52,moodle_main,9,2026-01-01,,,,,", "pe_course_id",
     "give either this or external_course_code, not both and not neither"),
    ("accreditations.csv", "52,moodle_main,9,2026-01-01,,1,EXT,,", "pe_course_id",
     "give either this or external_course_code, not both and not neither"),
    ("accreditations.csv", "52,moodle_main,9,2026-01-01,2025-12-31,1,,,", "valid_to", "must not be before valid_from"),
    ("accreditations.csv", "52,moodle_main,9,2026-01-01,,1,,2,MOD", "external_module_code",
     "must be empty when pe_module_id is given"),
]  # fmt: skip


def test_the_sample_set_has_no_problems(sample):
    assert check(sample, None) == []


@pytest.mark.parametrize(("file", "line", "column", "reason"), WRONG_LINES)
def test_a_wrong_line_is_reported_with_its_place_and_reason(folder, file, line, column, reason):
    number = folder.add(file, line)

    assert check(folder.path, None) == [Problem(file, number, column, reason)]


def test_every_wrong_line_of_every_file_is_reported(folder):
    for file, line, _, _ in WRONG_LINES:
        folder.add(file, line)

    found = {(problem.file, problem.column, problem.reason) for problem in check(folder.path, None)}

    assert found >= {(file, column, reason) for file, _, column, reason in WRONG_LINES}


def test_ids_of_ten_digits_are_ids(folder):
    folder.add("activity_links.csv", "OCC-1001,BSBCMM211,moodle_main,1234567890")
    folder.add("client_numbers.csv", "CL00001,moodle:moodle_main,9223372036854775807")
    folder.add("competence_links.csv", "infocaption_main,guide-b2,CPR,")

    assert check(folder.path, None) == []


def test_the_system_of_a_source_is_known_from_the_warehouse_when_its_file_is_not_in_the_set(folder, engine):
    import_set(engine, folder.path)
    folder.keep_only("course_links.csv")
    number = folder.add("course_links.csv", "OCC-1001,moodle_main,two")

    assert check(folder.path, engine) == [Problem("course_links.csv", number, "source_course_id", WHOLE)]


def test_every_key_fits_into_an_index():
    for file in FILES:
        widths = [CODE_BYTES if column.kind is code else TEXT_BYTES if column.kind is text else 20
                  for column in file.columns if column.name in file.key]  # fmt: skip
        assert sum(widths) < 2704


def test_a_repeated_key_names_both_lines(folder):
    first = folder.add("clients.csv", CLIENT)
    folder.add("clients.csv", CLIENT, CLIENT)

    reason = f"the same key stands in line {first}"
    assert check(folder.path, None) == [
        Problem("clients.csv", first + 1, "client_code", reason),
        Problem("clients.csv", first + 2, "client_code", reason),
    ]


def test_a_key_of_several_columns_repeats_only_as_a_whole(folder):
    number = folder.add("enrolment_units.csv", "E-1001-001,BSBCMM211,2026-10-01")

    [problem] = check(folder.path, None)

    assert (problem.line, problem.column) == (number, "enrolment_code, unit_code")
    assert problem.reason == "the same key stands in line 2"


def test_an_occurrence_is_linked_to_one_course_of_a_source(folder):
    folder.add("course_links.csv", "OCC-1001,moodle_main,2", "OCC-1001,moodle_main,3")

    [problem] = check(folder.path, None)

    assert problem.reason == "the same key stands in line 2"


def test_problems_never_repeat_values_that_may_be_personal(folder):
    name = "Verstappen-Jansen"
    for file in ("clients.csv", "enrolments.csv", "occurrences.csv", "sources.csv", "accreditations.csv"):
        columns = folder.lines(file)[0].count(",") + 1
        folder.add(file, ",".join([name] * columns), name)

    problems = check(folder.path, None)

    assert len(problems) > 10
    assert not [problem for problem in problems if name in str(problem)]


def test_a_file_that_is_misspelt_is_reported_not_skipped(folder):
    (folder.path / "client_numbers.csv").rename(folder.path / "client_number.csv")

    assert check(folder.path, None) == [
        Problem("client_number.csv", 0, "", "is not a file of a reference set")
    ]


def test_a_folder_without_files_and_a_folder_that_is_not_there_are_reported(tmp_path):
    assert [problem.reason for problem in check(tmp_path, None)] == ["holds no reference files"]
    assert [problem.reason for problem in check(tmp_path / "nowhere", None)] == ["is not a folder"]


def test_references_to_an_absent_file_are_looked_up_in_the_warehouse(folder, engine):
    folder.keep_only("client_numbers.csv")

    gone = "is not in clients.csv as the warehouse holds it (never there, or closed): bring that file in this set"
    assert {problem.reason for problem in check(folder.path, engine)} == {gone}
    assert check(folder.path, None) == []
