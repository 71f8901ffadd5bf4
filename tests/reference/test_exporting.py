"""Export, then import, changes nothing, whatever the text holds (docs/reference-files.md)."""

import csv
import tempfile
from pathlib import Path

from hypothesis import Phase, given
from hypothesis import strategies as st

from etl.reference import export_set, import_set
from tests.fixtures.properties import examples

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
HOSTILE = ["=1+1", "@SUM(A1)", "'=1", "''+1", "-2", "\r=1", "'t Hart", "'", "＝1",
           '"', '""', ",", "a\nb", "a\r\nb", "\r", "\\.", "\\N", "NULL", "' or 1=1 --", " x ", "%s",
           "{table}", "\u202eabc", "😀", "\t"]  # fmt: skip
HEADER = [
    "client_code",
    "external_id",
    "username",
    "given_name",
    "other_name",
    "surname",
    "email",
    "archived",
]
TEXT = st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


def test_the_sample_set_is_exported_as_it_was_imported(engine, sample, tmp_path):
    import_set(engine, sample)

    export_set(engine, tmp_path)

    for path in sample.iterdir():
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        exported, *lines = (tmp_path / path.name).read_text(encoding="utf-8").splitlines()
        assert (path.name, exported, sorted(lines)) == (path.name, header, sorted(rows))


def test_only_what_is_open_is_exported(engine, folder, tmp_path):
    import_set(engine, folder.path)
    folder.drop("client_numbers.csv", "CL00002,")
    import_set(engine, folder.path)

    counts = export_set(engine, tmp_path)

    assert counts["client_numbers.csv"] == len(folder.lines("client_numbers.csv")) - 1
    assert "CL00002" not in (tmp_path / "client_numbers.csv").read_text(encoding="utf-8")


def test_an_optional_column_is_exported_once_a_row_says_something_in_it(engine, folder, tmp_path):
    held = folder.lines("profession_groups.csv")
    folder.write(
        "profession_groups.csv", held[0] + ",connection_id", *(line + ",pe_other" for line in held[1:])
    )
    import_set(engine, folder.path)

    export_set(engine, tmp_path)

    header, *rows = (tmp_path / "profession_groups.csv").read_text(encoding="utf-8").splitlines()
    assert header.endswith(",connection_id")
    assert all(row.endswith(",pe_other") for row in rows)


def test_nothing_unfinished_is_left_in_the_folder(engine, sample, tmp_path):
    import_set(engine, sample)

    export_set(engine, tmp_path)

    assert {path.suffix for path in tmp_path.iterdir()} == {".csv"}


def meant(row):
    """What a spreadsheet shows of cells: an apostrophe marks text."""
    return [
        cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULAS) else cell for cell in row
    ]


@examples(12, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    people=st.lists(st.tuples(*[TEXT | st.just("")] * 6), min_size=1, max_size=20),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_hostile_text_survives_the_round_trip(engine, people, line_end):
    rows = [[f"C{number}", *person, "false"] for number, person in enumerate(people)]
    with tempfile.TemporaryDirectory() as temporary:
        clients, exported = Path(temporary, "clients.csv"), Path(temporary, "exported")
        with clients.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator=line_end, quoting=csv.QUOTE_ALL)
            writer.writerows([HEADER, *rows])
        import_set(engine, clients.parent)
        export_set(engine, exported)
        with (exported / "clients.csv").open(encoding="utf-8", newline="") as stream:
            back = list(csv.reader(stream))
        again = import_set(engine, exported)

    assert not [cell for row in back for cell in row if cell.startswith(FORMULAS)]
    assert (back[0], sorted(map(meant, back[1:]))) == (HEADER, sorted(map(meant, rows)))
    assert {(one.written, one.closed) for one in again.values()} == {(0, 0)}
