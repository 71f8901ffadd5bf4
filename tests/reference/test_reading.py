"""Files as people and programs write them: byte order marks, line ends, quotes, headers (docs/reference-files.md)."""

import pytest

from etl.reference import Problem, check
from etl.reference.reading import read_set

HEADER = "unit_code,kind,name"
SAVE_AS = 'in Excel, save it as "CSV UTF-8 (comma delimited)"'
HEADERS = [
    ("", ["is empty: the first line names the columns"]),
    ("\ufeff", ["is empty: the first line names the columns"]),
    ("\nunit_code,kind,name", ["is empty: the first line names the columns"]),
    ('"unit_code,kind,name"', ["stands in quotes as a whole: each value has quotes of its own, or none"]),
    ("'unit_code','kind','name'", ['has other quotes than "']),
    ("“unit_code”,“kind”,“name”", ['has other quotes than "']),
    ("U1,unit,One", ["is not a header line that names the columns, separated by commas"]),
    ("unit_code;kind;name", ["separates the columns by semicolons: save the file as CSV with commas"]),
    ('"unit_code";"kind";"name"', ["separates the columns by semicolons: save the file as CSV with commas"]),
    ("unit_code\tkind\tname", ["separates the columns by tabs: save the file as CSV with commas"]),
    ("sep=;", ["is a line for a spreadsheet, sep=: leave it out, and separate the columns by commas"]),
    (
        "Unit_Code,kind, name",
        [
            f"column {place} must be spelt {name}, in small letters and without blanks"
            for place, name in ((1, "unit_code"), (3, "name"))
        ],
    ),
    ("unit_code,kind", ["column name is missing"]),
    ("unit_code,kind,name,colour", ["column 4 is not a column of this file"]),
    ("unit_code,kind,name,kind", ["column 4 is kind once more"]),
]


@pytest.fixture
def units(tmp_path):
    """Write units.csv from bytes and read it back: the frame and the problems."""

    def units(content):
        (tmp_path / "units.csv").write_bytes(content)
        found = read_set(tmp_path)
        return found.frames.get("units"), [(problem.line, problem.reason) for problem in found.problems]

    return units


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_byte_order_mark_and_windows_line_ends_make_no_difference(units, prefix, end):
    frame, problems = units(
        prefix + end.join([HEADER.encode(), "U1,unit,Één".encode(), b"", b"U2,task,Two"]) + end
    )

    assert problems == []
    assert frame.to_dict("index") == {
        2: {"unit_code": "U1", "kind": "unit", "name": "Één"},
        4: {"unit_code": "U2", "kind": "task", "name": "Two"},
    }


@pytest.mark.parametrize(("header", "reasons"), HEADERS)
def test_a_wrong_header_is_reported_and_its_unknown_names_are_not_repeated(units, header, reasons):
    frame, problems = units(header.encode())

    assert frame is None
    assert problems == [(1, reason) for reason in reasons]


def test_columns_may_stand_in_any_order(units):
    frame, _ = units(b"name,unit_code,kind\nOne,U1,unit\n")

    assert frame.to_dict("index") == {2: {"unit_code": "U1", "kind": "unit", "name": "One"}}


def test_a_line_number_is_that_of_the_record_where_values_hold_line_breaks(units):
    frame, problems = units(b'unit_code,kind,name\nU1,unit,"a\nb\r\nc"\nU2,unit\nU3,unit,d\n')

    assert problems == [(5, "has 2 values where the header has 3")]
    assert frame["name"].to_dict() == {2: "a\nb\r\nc", 6: "d"}


def test_bytes_that_are_not_text_are_reported_by_line(units):
    frame, problems = units(b"unit_code,kind,name\nU1,unit,caf\xe9\nU2,unit,\x00\n")

    assert frame is None
    assert problems == [(2, f"is not UTF-8 from here on: {SAVE_AS}"), (3, "holds a NUL character")]


def test_a_line_with_other_separators_than_the_header_is_told_so(units):
    _, problems = units(b"unit_code,kind,name\nU1;unit;One\n")

    assert problems == [(2, "has 1 values where the header has 3: are they separated by commas?")]


def test_a_folder_or_a_broken_link_in_the_place_of_a_file_is_not_skipped(tmp_path):
    (tmp_path / "units.csv").mkdir()
    (tmp_path / "clients.csv").symlink_to(tmp_path / "gone")

    reason = "is no file, or a link to none"
    assert check(tmp_path, None) == [Problem(name, 0, "", reason) for name in ("clients.csv", "units.csv")]


def test_a_whole_file_of_other_bytes_makes_one_problem(units):
    _, problems = units(b"unit_code,kind,name\n" + "U1,unit,café\n".encode("cp1252") * 60)

    assert problems == [(2, f"is not UTF-8 from here on: {SAVE_AS}")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("unit_code,kind,name\n".encode("utf-16"), "is UTF-16, not UTF-8"),
        (b"PK\x03\x04\x14\x00", "is a spreadsheet or an archive, not text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "is a spreadsheet, not text"),
        (b"\x1f\x8b\x08\x00", "is compressed"),
    ],
)
def test_a_file_that_is_no_text_is_named_by_what_it_is(units, content, reason):
    assert units(content) == (None, [(0, f"{reason}: {SAVE_AS}")])


@pytest.mark.parametrize(
    ("meant", "given"),
    [
        ("=1+1", "'=1+1"),
        ("'=1", "''=1"),
        ("+31 6", "'+31 6"),
        ("-", "'-"),
        ("@x", "'@x"),
        ("'t Hart", "'t Hart"),
        ("=2", "=2"),
    ],
)
def test_the_apostrophe_before_a_formula_is_taken_away(units, meant, given):
    frame, _ = units(f"unit_code,kind,name\nU1,unit,{given}\n".encode())

    assert frame["name"].to_list() == [meant]


NAMED = "is not a file of a reference set: it must be named units.csv and hold CSV text"
UNREAD = "is not a file of a reference set: it is not read"


@pytest.mark.parametrize(
    ("name", "problems", "warnings"),
    [
        ("units.xlsx", [NAMED], []),
        ("units.csv.txt", [NAMED], []),
        ("Units.CSV", [NAMED], []),
        ("unit.csv", ["is not a file of a reference set"], []),
        ("clients.xlsx", [], [UNREAD]),  # its CSV file is there
        (
            "Clients.csv",
            ["is not a file of a reference set: it must be named clients.csv and hold CSV text"],
            [],
        ),
        ("notes.txt", [], [UNREAD]),
        (".DS_Store", [], [UNREAD]),
    ],
)
def test_a_file_beside_the_set_is_named(folder, name, problems, warnings):
    folder.keep_only("clients.csv")
    (folder.path / name).write_bytes(b"")

    found = read_set(folder.path)

    assert found.problems == [Problem(name, 0, "", reason) for reason in problems]
    assert found.warnings == [Problem(name, 0, "", reason) for reason in warnings]


def test_a_quote_that_is_never_closed_is_reported(units):
    _, problems = units(b'unit_code,kind,name\nU1,unit,"open\nU2,unit,Two\n')

    assert problems == [(2, "is not CSV: a quote opens here and is never closed")]


def test_an_optional_column_that_is_left_out_has_its_default(folder):
    groups = read_set(folder.path).frames["profession_groups"]
    accreditations = read_set(folder.path).frames["accreditations"]

    assert set(groups["connection_id"]) == {"pe_online"}
    assert set(accreditations["course_type"]) == {"2"}
    assert accreditations["pe_edition_id"].isna().all()


def test_a_file_with_only_a_header_states_an_empty_table(folder):
    folder.write("client_numbers.csv", "client_code,scheme,value")

    assert check(folder.path, None) == []
    assert len(read_set(folder.path).frames["client_numbers"]) == 0
