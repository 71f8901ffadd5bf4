"""The statement of the files agrees with the tables that they are the whole of."""

import pytest

from etl.reference.spec import FILES

COLUMNS = """
select attname, attnotnull from pg_attribute
where attrelid = cast('{}' as regclass) and attnum > 0 and not attisdropped
"""
KEY = """
select attname from pg_index join pg_attribute on attrelid = indrelid and attnum = any(indkey)
where indrelid = cast('{}' as regclass) and indisprimary
"""
WATCHED = "select count(*) from pg_trigger where tgrelid = cast('{}' as regclass) and tgname like 'bump_on_%'"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_has_the_columns_and_the_key_of_its_table(file, query):
    columns = dict(query(COLUMNS.format(file.table)))

    assert {*file.column_names, "closed_at"} == set(columns)
    assert {column.name for column in file.columns if column.required or column.default} == {
        name for name, filled in columns.items() if filled
    }
    assert set(file.key) == {name for (name,) in query(KEY.format(file.table))}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_change_of_its_table_makes_results_be_derived_again(file, query):
    assert query(WATCHED.format(file.table)) == [(3,)]


def test_a_file_refers_only_to_files_before_it_by_their_whole_key():
    before = {}
    for file in FILES:
        for column in file.columns:
            if column.references:
                assert len(before[column.references].key) == 1
        before[file.name] = file
