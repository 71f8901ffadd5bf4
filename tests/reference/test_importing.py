"""Import: all or nothing, the second time nothing, gone rows closed (docs/reference-files.md)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from etl.errors import InvalidInput
from etl.reference import import_set

VERSION = "select version from ops.reference_version"


def test_importing_the_same_set_twice_writes_nothing_and_changes_no_version(engine, sample, query):
    first = import_set(engine, sample)
    version = query(VERSION)

    second = import_set(engine, sample)

    assert {name: rows.written for name, rows in first.items()} == {
        path.name: len(path.read_text(encoding="utf-8").splitlines()) - 1 for path in sample.iterdir()
    }
    assert {(rows.written, rows.closed) for rows in second.values()} == {(0, 0)}
    assert all(rows.unchanged == rows.read for rows in second.values())
    assert query(VERSION) == version


def test_one_changed_row_is_the_only_one_written(engine, folder, query):
    import_set(engine, folder.path)
    before = query(VERSION)[0][0]
    folder.drop("clients.csv", "CL00001,")
    folder.add("clients.csv", "CL00001,P0001,,New,,Name,,true")

    imported = import_set(engine, folder.path)

    assert {name: rows.written for name, rows in imported.items() if rows.written} == {"clients.csv": 1}
    assert imported["clients.csv"].unchanged == imported["clients.csv"].read - 1
    assert query("select given_name, username, archived from core.clients where client_code = 'CL00001'") == [
        ("New", None, True)
    ]
    assert query(VERSION)[0][0] > before


def test_when_one_line_is_wrong_nothing_is_imported(engine, folder, query):
    folder.add("accreditations.csv", "52,moodle_main,9,2026-01-01,,,,,")

    with pytest.raises(InvalidInput, match=r"accreditations\.csv, line 6, pe_course_id: give either"):
        import_set(engine, folder.path)

    assert query("select count(*) from core.clients") == [(0,)]


def test_a_row_that_is_gone_is_closed_and_opens_again_when_it_is_back(engine, folder, query):
    closed = "select client_code from core.client_numbers where closed_at is not null"
    import_set(engine, folder.path)
    held = folder.lines("client_numbers.csv")

    folder.drop("client_numbers.csv", "CL00002,")
    gone = import_set(engine, folder.path)["client_numbers.csv"]
    after_gone = query(closed)
    again = import_set(engine, folder.path)["client_numbers.csv"]
    folder.write("client_numbers.csv", *held)
    back = import_set(engine, folder.path)["client_numbers.csv"]

    assert (gone.written, gone.closed, after_gone) == (0, 1, [("CL00002",)])
    assert (again.written, again.closed) == (0, 0)
    assert (back.written, back.closed, query(closed)) == (1, 0, [])


def test_a_file_that_is_absent_leaves_its_table_alone(engine, folder, query):
    import_set(engine, folder.path)
    folder.keep_only("client_numbers.csv")

    imported = import_set(engine, folder.path)

    assert list(imported) == ["client_numbers.csv"]
    assert query("select count(*) from core.enrolments where closed_at is null") == [(50,)]


def test_a_file_may_not_leave_out_what_an_absent_file_refers_to(engine, folder):
    import_set(engine, folder.path)
    folder.drop("clients.csv", "CL00001,")
    folder.keep_only("clients.csv")

    with pytest.raises(InvalidInput) as error:
        import_set(engine, folder.path)

    still = "which is not in this set, still refers to; the first is CL00001"
    assert str(error.value).splitlines() == [
        f"clients.csv: leaves out 1 that client_numbers.csv, {still}",
        f"clients.csv: leaves out 1 that enrolments.csv, {still}",
        f"clients.csv: leaves out 1 that training_requests.csv, {still}",
    ]


def test_a_closed_row_cannot_be_referred_to(engine, folder):
    import_set(engine, folder.path)
    of_a_client = "enrolments.csv", "enrolment_units.csv", "client_numbers.csv", "training_requests.csv"
    for file in ("clients.csv", *of_a_client):
        held = folder.lines(file)
        folder.write(file, *(line for line in held if "CL00001" not in line and "E-1001-001" not in line))
    import_set(engine, folder.path)
    folder.keep_only("client_numbers.csv")
    number = folder.add("client_numbers.csv", "CL00001,pe:52,052001")

    with pytest.raises(InvalidInput) as error:
        import_set(engine, folder.path)

    gone = "is not in clients.csv as the warehouse holds it (never there, or closed): bring that file in this set"
    assert str(error.value) == f"client_numbers.csv, line {number}, client_code: {gone}"


def test_an_optional_column_that_is_left_out_again_goes_back_to_its_default(engine, folder, query):
    types = "select distinct course_type from core.accreditations"
    held = folder.lines("accreditations.csv")
    import_set(engine, folder.path)
    folder.write("accreditations.csv", held[0] + ",course_type", *(line + ",3" for line in held[1:]))
    import_set(engine, folder.path)
    with_column = query(types)
    folder.write("accreditations.csv", *held)

    import_set(engine, folder.path)

    assert (with_column, query(types)) == ([(3,)], [(2,)])


def test_two_imports_at_once_leave_what_one_leaves(engine, sample, query):
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(lambda _: import_set(engine, sample), range(2)))

    assert sorted({rows.written for rows in one.values()} == {0} for one in both) == [False, True]
    assert query("select count(*) from core.enrolment_units") == [(262,)]


def test_a_run_that_records_results_meanwhile_is_not_held_up(engine, folder, query):
    import_set(engine, folder.path)
    folder.write(
        "enrolments.csv",
        *(line.replace("2026-09-14", "2026-09-15") for line in folder.lines("enrolments.csv")),
    )
    with engine.begin() as run:
        run.exec_driver_sql("set local lock_timeout = '5s'")
        run.exec_driver_sql(
            "insert into core.unit_results (enrolment_code, unit_code, source, status, started_on, run_id) "
            "values ('E-1001-001', 'BSBCMM211', 'moodle_main', 'started', '2026-09-14', 'r1')"
        )
        with engine.connect() as reader:
            held = reader.exec_driver_sql("select count(*) from core.enrolments").scalar_one()
        written = import_set(engine, folder.path)["enrolments.csv"].written

    assert (held, written) == (50, 49)
    assert query("select count(*) from core.unit_results") == [(1,)]
