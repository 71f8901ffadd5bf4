"""The statement of the files agrees with the tables that they are the whole of."""

from etl.reference.spec import FILES

COLUMNS = """
select attname, attnotnull from pg_attribute
where attrelid = cast('{}' as regclass) and attnum > 0 and not attisdropped and attgenerated = ''
"""
KEY = """
select attname from pg_index join pg_attribute on attrelid = indrelid and attnum = any(indkey)
where indrelid = cast('{}' as regclass) and indisprimary
"""
WATCHED = "select count(*) from pg_trigger where tgrelid = cast('{}' as regclass) and tgname like 'bump_on_%'"

KEPT_HERE = {"closed_at", "linked_at"}  # when a row went, when a link was made: no file says so


def test_a_file_has_the_columns_and_the_key_of_its_table(query):
    for file in FILES:
        columns = dict(query(COLUMNS.format(file.table)))
        stated = {column.name for column in file.columns if column.required or column.default}
        assert set(file.column_names) == set(columns) - KEPT_HERE
        needed = {name for name, filled in columns.items() if filled} - KEPT_HERE
        assert (file.name, stated) == (file.name, needed)
        assert set(file.key) == {name for (name,) in query(KEY.format(file.table))}


def test_a_change_of_its_table_makes_results_be_derived_again(query):
    assert {file.name: query(WATCHED.format(file.table)) for file in FILES} == {
        file.name: [(3,)] for file in FILES
    }


def test_a_file_refers_only_to_itself_and_files_before_it_by_their_whole_key():
    before = {}
    for file in FILES:
        before[file.name] = file
        for column in file.columns:
            if column.references:
                assert len(before[column.references].key) == 1
