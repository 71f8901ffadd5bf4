"""What the check lets pass the database takes, whatever stands in a cell; and what it refuses it names."""

import csv
import io

from hypothesis import Phase, given
from hypothesis import strategies as st

from etl.reference import check, export_set, import_set, preview
from etl.reference.spec import FILES
from tests.fixtures.properties import examples

HOSTILE = [
    "x" * 201, "é" * 150, "x" * 4000, "😀" * 700, "9" * 30, "9999999999", "2147483648", "1e3", "2.041", "-1", "٣",
    "inf", "0001-01-01", "9999-12-31", "0000-01-01", "2026-13-01", "=1+1", "'=1", "\t", "\r", "a\nb", "\u200b",
    "\ufeff", "\u2028", "\x01", "\x7f", "\\N", "\\.", "NULL", "[/red]", "{0}", "%s", "a'b\"c", "(a+)+$", "a{999}",
    "\\d{1001}", "true", "TRUE", "../x", "Europe/Amsterdam ", "\U0010ffff", "\ufdd0",
]  # fmt: skip
PLACES = [(file.filename, column.name) for file in FILES for column in file.columns]


def put(folder, name, column, value):
    """One value in the first line of a file."""
    rows = list(csv.reader(io.StringIO((folder.path / name).read_text(encoding="utf-8"), newline="")))
    if column not in rows[0] or len(rows) < 2:
        return False
    rows[1][rows[0].index(column)] = value
    with (folder.path / name).open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
    return True


@examples(25, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(place=st.sampled_from(PLACES), value=st.sampled_from(HOSTILE))
def test_a_hostile_value_is_refused_by_the_check_or_imported_and_exported_as_it_is(
    engine, folder, tmp_path_factory, place, value
):
    before = (folder.path / place[0]).read_bytes() if (folder.path / place[0]).exists() else None
    if before is None or not put(folder, *place, value):
        return
    problems = check(folder.path, engine)
    if problems:
        assert {problem.file for problem in problems} >= {place[0]} or all(
            problem.reason for problem in problems
        )
        assert not any(value in str(problem) for problem in problems if len(value) > 5)
    else:
        exported = tmp_path_factory.mktemp("exported")
        preview(folder.path, engine)
        import_set(engine, folder.path)
        export_set(engine, exported)
        assert {(one.written, one.closed) for one in import_set(engine, exported).values()} == {(0, 0)}
    (folder.path / place[0]).write_bytes(before)
