"""What the check of a set says beyond wrong lines: what it would change, and what is perhaps not meant."""

import pytest

from etl.reference import Problem, import_set, preview
from etl.reference.preview import Changes
from tests.fixtures.points import hold

FORM = "does not have the form that {} asks for: no points are sent for it"
SHARED = "is the number of another client too (line {}): nothing is recorded or sent for either"
UNREAD = "names no Moodle source of sources.csv: the number is not used"
NUMBERS = "client_numbers.csv"
TOO_SHORT = Problem(
    NUMBERS, 4, "value", FORM.format("pe:52")
)  # CL00005 of the sample, as the administration has it


@pytest.fixture
def sent(engine):
    """Put a row into the ledger of points."""

    def sent(client, pe_course, day="2026-10-01", status="accepted", course="2", module=None):
        moment = f"{day}T10:00:00+02:00"
        with engine.begin() as session:
            hold(
                session,
                status,
                "r",
                org_id=52,
                client_code=client,
                source="moodle_main",
                source_course_id=course,
                pe_course_id=pe_course,
                pe_module_id=module,
                course_type=2,
                relation_number="052001",
                end_date=moment,
                passed_at=moment,
            )

    return sent


def warnings(folder, engine):
    found = preview(folder.path, engine)
    assert found.problems == []
    return [warning for warning in found.warnings if warning != TOO_SHORT]


def test_a_first_set_is_new_and_the_same_set_changes_nothing(folder, engine, query):
    first = preview(folder.path, engine).changes
    assert query("select count(*) from core.clients") == [(0,)]
    import_set(engine, folder.path)
    second = preview(folder.path, engine).changes

    assert first["units.csv"] == Changes(14, new=14, changed=0, closed=0)
    assert {(rows.new, rows.changed, rows.closed) for rows in second.values()} == {(0, 0, 0)}


def test_new_changed_closed_and_returning_rows_are_counted(folder, engine):
    import_set(engine, folder.path)
    held = folder.lines(NUMBERS)
    folder.drop(NUMBERS, "CL00002,")
    gone = preview(folder.path, engine).changes[NUMBERS]
    import_set(engine, folder.path)
    folder.write(NUMBERS, *(line.replace("052013", "052999") for line in held), "CL00003,pe:62,62003")

    back = preview(folder.path, engine).changes[NUMBERS]

    assert gone == Changes(len(held) - 2, new=0, changed=0, closed=1)
    assert back == Changes(len(held), new=2, changed=1, closed=0)


def test_what_a_preview_says_is_what_an_import_does(folder, engine):
    import_set(engine, folder.path)
    folder.drop("enrolment_units.csv", "E-1001-001,")
    folder.add("enrolment_units.csv", "E-1001-001,BSBCMM211,2026-10-09")

    said = preview(folder.path, engine).changes
    done = import_set(engine, folder.path)

    assert {name: (rows.new + rows.changed, rows.closed) for name, rows in said.items()} == {
        name: (rows.written, rows.closed) for name, rows in done.items()
    }


def test_a_number_without_the_form_of_its_group_is_named(folder, engine):
    line = folder.add(NUMBERS, "CL00003,pe:52,5 2003", "CL00003,pe:19,1902200010", "CL00003,pe:99,anything")

    assert preview(folder.path, engine).warnings == [
        TOO_SHORT,
        Problem(NUMBERS, line, "value", FORM.format("pe:52")),
        Problem(NUMBERS, line + 1, "value", FORM.format("pe:19")),
    ]


@pytest.mark.parametrize("scheme", ["pe:52", "moodle:moodle_main"])
def test_one_number_at_two_clients_is_named(folder, engine, scheme):
    value = "052900" if scheme == "pe:52" else "52900"
    line = folder.add(NUMBERS, f"CL00003,{scheme},{value}", f"CL00004,{scheme},{value}")

    assert warnings(folder, engine) == [Problem(NUMBERS, line + 1, "value", SHARED.format(line))]


def test_a_number_that_nobody_is_matched_by_may_be_shared(folder, engine):
    folder.add(NUMBERS, "CL00003,room,12", "CL00004,room,12")

    assert warnings(folder, engine) == []


@pytest.mark.parametrize("scheme", ["moodle:mian", "Moodle:moodle_main", "moodle:infocaption_main"])
def test_a_number_of_no_moodle_source_is_named(folder, engine, scheme):
    line = folder.add(NUMBERS, f"CL00003,{scheme},12")

    assert warnings(folder, engine) == [Problem(NUMBERS, line, "scheme", UNREAD)]


def test_a_pupil_number_of_no_school_is_named(folder, engine):
    line = folder.add(NUMBERS, "CL00003,leerlingid,LL-1")

    reason = "names no school: the number is not used. Write leerlingid:<BRIN and location>, such as leerlingid:99QQ00"
    assert warnings(folder, engine) == [Problem(NUMBERS, line, "scheme", reason)]


def test_numbers_of_the_warehouse_are_looked_at_when_the_group_changes(folder, engine):
    import_set(engine, folder.path)
    folder.keep_only("profession_groups.csv")
    folder.write(
        "profession_groups.csv",
        *(line.replace(r"\d{5}", r"\d{4}") for line in folder.lines("profession_groups.csv")),
    )

    assert [warning for warning in preview(folder.path, engine).warnings if "pe:62" in warning.reason] == [
        Problem(NUMBERS, 0, "value", FORM.format("pe:62"))
    ]


def test_one_code_in_two_spellings_is_named(folder, engine):
    line = folder.add("clients.csv", "cl00001,,,,,,,false", "CL90001,,,,,,,false")

    reason = "is the code of line 2 in other capitals or accents: its learners are not told apart"
    assert folder.lines("clients.csv")[1].startswith("CL00001,")
    assert warnings(folder, engine) == [Problem("clients.csv", line, "client_code", reason)]


def test_a_file_without_rows_is_named_where_the_table_has_some(folder, engine):
    import_set(engine, folder.path)
    held = len(folder.lines("recorded_results.csv")) - 1
    folder.write("recorded_results.csv", folder.lines("recorded_results.csv")[0])

    [warning] = warnings(folder, engine)

    assert held < 10
    assert warning == Problem(
        "recorded_results.csv", 0, "", f"closes {held} rows and states 0: is the file whole?"
    )


def test_a_file_that_leaves_out_much_is_named_and_imported(folder, engine):
    import_set(engine, folder.path)
    folder.write("enrolment_units.csv", *folder.lines("enrolment_units.csv")[:200])
    sentence = Problem("enrolment_units.csv", 0, "", "closes 63 rows and states 199: is the file whole?")

    before = warnings(folder, engine)
    told = []
    import_set(engine, folder.path, told.append)

    assert before == [sentence]
    assert sentence in told


def again(count):
    said = (
        "1 point would be sent again: it stands"
        if count == 1
        else f"{count} points would be sent again: they stand"
    )
    return (
        f"{said} under another PE course or module."
        " They are withheld until a person has them sent (`etl pe resend`)"
    )


def replaced(folder, old, new):
    folder.write(
        "accreditations.csv", *(line.replace(old, new) for line in folder.lines("accreditations.csv"))
    )


def test_points_that_would_be_sent_again_are_counted(folder, engine, sent):
    import_set(engine, folder.path)
    sent("CL00001", "301245")
    sent("CL00002", "301245", status="unknown")
    sent("CL00003", "301245", status="accepted_in_test")  # nothing is booked
    sent("CL00004", "301245", day="2026-08-01")  # before the period
    before = warnings(folder, engine)
    replaced(folder, "301245", "999999")

    assert before == []
    assert warnings(folder, engine) == [Problem("accreditations.csv", 2, "pe_course_id", again(2))]


def test_a_replaced_module_is_another_point(folder, engine, sent):
    import_set(engine, folder.path)
    sent("CL00001", "301300", day="2026-02-01", course="3", module="12")
    replaced(folder, ",301300,,12,", ",301300,,13,")

    assert warnings(folder, engine) == [Problem("accreditations.csv", 4, "pe_course_id", again(1))]


def test_a_second_accreditation_beside_the_first_sends_nothing_again(folder, engine, sent):
    import_set(engine, folder.path)
    sent("CL00001", "301245")
    folder.add("accreditations.csv", "52,moodle_main,2,2026-09-02,2026-12-31,999999,,,")

    assert warnings(folder, engine) == []


def test_an_accredited_course_of_a_system_without_completions_gives_nobody_points(folder, engine):
    folder.add("accreditations.csv", "52,infocaption_main,901,2026-01-01,,9001,,,")

    [warning] = warnings(folder, engine)

    assert (warning.file, warning.column) == ("accreditations.csv", "source")
    assert "nobody gets these points" in warning.reason
