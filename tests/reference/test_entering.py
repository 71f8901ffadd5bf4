"""One row of a reference file is entered as an import of the file with that row would, by the same rules."""

import pytest
from typer.testing import CliRunner

from etl.cli.reference import app
from etl.errors import InvalidInput
from etl.reference import import_set
from etl.reference.entering import WrongRow, enter, file_named, remove, standing, version

GRANTED = {
    "org_id": "19",
    "source": "moodle_main",
    "source_course_id": "3",
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "pe_course_id": "301999",
}
KEY = {name: GRANTED[name] for name in ("org_id", "source", "source_course_id", "valid_from")}
FILE = file_named("accreditations")
TABLE = "select * from core.accreditations where closed_at is null order by 1, 2, 3, 4"
AUDITED = (
    "select who, through, before is null, after ->> 'valid_to' from ops.audit"
    " where table_name = 'core.accreditations' and through <> 'import' order by audit_id"
)


@pytest.fixture
def template(sample_template):
    return sample_template


def row_now(engine, key=KEY, file=FILE):
    with engine.connect() as session:
        return standing(session, file, key)


def test_a_row_that_is_entered_is_the_one_that_an_import_brings(engine, folder, query):
    folder.add("accreditations.csv", "19,moodle_main,3,2026-01-01,2026-12-31,301999,,,")
    assert enter(engine, FILE, GRANTED, "clerk").written
    entered = query(TABLE)
    remove(engine, FILE, KEY, "clerk")
    import_set(engine, folder.path)
    assert query(TABLE) == entered
    assert len(entered) == 5


def test_the_same_row_again_writes_nothing(engine):
    assert enter(engine, FILE, GRANTED, "clerk").written
    assert not enter(engine, FILE, GRANTED, "clerk").written


def test_who_entered_changed_and_removed_it_is_kept_with_before_and_after(engine, query):
    enter(engine, FILE, GRANTED, "the first", "page")
    enter(engine, FILE, GRANTED | {"valid_to": "2026-06-30"}, "the second")
    remove(engine, FILE, KEY, "the third", "page")
    assert query(AUDITED) == [
        ("the first", "page", True, "2026-12-31"),
        ("the second", "command", False, "2026-06-30"),
        ("the third", "page", False, None),
    ]
    assert row_now(engine) is None


@pytest.mark.parametrize(
    ("said", "column", "why"),
    [
        ({"valid_to": "2025-12-31"}, "valid_to", "must not be before valid_from"),
        ({"valid_to": "31-12-2026"}, "valid_to", "must be a date, YYYY-MM-DD"),
        ({"pe_course_id": ""}, "pe_course_id", "give either this or external_course_code"),
        ({"pe_module_id": "1", "external_module_code": "M"}, "external_module_code", "must be empty when"),
        ({"org_id": "20"}, "org_id", "is not in profession_groups.csv"),
        ({"source": "elsewhere"}, "source", "is not in sources.csv"),
        ({"source_course_id": "three"}, "source_course_id", "must be a whole number"),
        ({"course_type": "5"}, "course_type", "must be one of 1, 2, 3, 4"),
        ({"valid_from": ""}, "valid_from", "must be filled in"),
    ],
)
def test_a_wrong_row_is_refused_with_the_column_and_nothing_is_written(engine, query, said, column, why):
    before = query(TABLE)
    with pytest.raises(WrongRow, match="Nothing was changed") as refused:
        enter(engine, FILE, GRANTED | said, "clerk")
    assert list(refused.value.reasons) == [column]
    assert why in refused.value.reasons[column]
    assert query(TABLE) == before


def test_the_second_of_two_people_is_told_what_stands_now(engine):
    enter(engine, FILE, GRANTED, "the first")
    seen = version(row_now(engine))
    enter(engine, FILE, GRANTED | {"valid_to": "2026-06-30"}, "the first")
    with pytest.raises(InvalidInput, match=r"the row says valid_to 2026-06-30, pe_course_id 301999.* by now"):
        enter(engine, FILE, GRANTED | {"valid_to": "2027-06-30"}, "the second", seen=seen)
    with pytest.raises(InvalidInput, match="by now"):
        enter(engine, FILE, GRANTED, "the second", seen=version(None))
    with pytest.raises(InvalidInput, match="by now"):
        remove(engine, FILE, KEY, "the second", seen=seen)
    assert row_now(engine)["valid_to"] == "2026-06-30"


def test_a_group_that_accreditations_name_is_not_removed(engine):
    with pytest.raises(WrongRow, match=r"1 that accreditations\.csv.* still refers to"):
        remove(engine, file_named("profession_groups"), {"org_id": "19"}, "clerk")
    assert row_now(engine, {"org_id": "19"}, file_named("profession_groups"))


def test_what_is_not_there_is_not_removed_and_what_a_system_states_is_left_to_it(engine, query):
    with pytest.raises(InvalidInput, match=r"no such row of accreditations\.csv stands"):
        remove(engine, FILE, KEY, "clerk")
    enter(engine, FILE, GRANTED, "clerk")
    with engine.begin() as session:
        session.exec_driver_sql(
            "insert into ops.reference_origins values ('accreditations',"
            """ cast(jsonb_build_array(19, 'moodle_main', '3', date '2026-01-01') as text), 'coachview')"""
        )
    with pytest.raises(InvalidInput, match="a system states this row"):
        remove(engine, FILE, KEY, "clerk")
    enter(engine, FILE, GRANTED | {"valid_to": "2026-06-30"}, "clerk")
    assert query("select from ops.reference_origins") == []


def test_a_tree_that_would_lie_in_itself_is_refused(engine):
    group, leaf = (
        {"competence_code": "A", "name": "A"},
        {"competence_code": "B", "parent_code": "A", "name": "B"},
    )
    enter(engine, file_named("competences"), group, "clerk")
    enter(engine, file_named("competences"), leaf, "clerk")
    with pytest.raises(WrongRow, match="lies in itself"):
        enter(engine, file_named("competences"), group | {"parent_code": "B"}, "clerk")


def test_the_commands_enter_change_and_remove_a_row(warehouse, engine, monkeypatch):
    def run(*words):
        return CliRunner().invoke(app, words)

    monkeypatch.setenv("WAREHOUSE_URL", warehouse)
    key = [f"{name}={value}" for name, value in KEY.items()]
    added = run("enter", "accreditations", *key, "pe_course_id=301999", "--by", "HR")
    assert added.output == "1 row written\n"
    changed = run("enter", "accreditations", *key, "valid_to=2026-06-30")
    assert changed.output == "1 row written\n"
    assert row_now(engine)["pe_course_id"] == "301999"
    assert run("enter", "accreditations", *key).output == "the row stands as it is\n"
    assert run("remove", "accreditations", *key).output == "1 row removed\n"
    assert row_now(engine) is None
    assert (
        str(run("enter", "accreditations", *key, "nothing").exception) == "argument 5: say it as COLUMN=VALUE"
    )
    assert "has no column org; it has org_id" in str(run("enter", "accreditations", "org=1").exception)
    assert "there is no reference file points" in str(run("enter", "points", "org=1").exception)


def test_what_is_perhaps_not_meant_is_said_of_this_row_alone(engine):
    numbers = file_named("client_numbers")
    said = enter(
        engine, numbers, {"client_code": "CL00001", "scheme": "pe:52", "value": "12"}, "clerk"
    ).doubts
    assert said == ["value: does not have the form that pe:52 asks for: no points are sent for it"]
