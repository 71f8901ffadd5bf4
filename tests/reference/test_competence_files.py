"""The competence tree, its links, and what the administration holds already (docs/reference-files.md)."""

import pytest

from etl.reference import Problem, check, import_set

DAYS = "must be a number of days, 1 to 36525"


@pytest.mark.parametrize(
    ("name", "line", "column", "reason"),
    [
        ("competences", "X,NOGROUP,X,", "parent_code", "is not in competences.csv"),
        ("competences", "X,X,In itself,", "parent_code", "lies in itself"),
        ("competences", "X,,X,0", "validity_days", DAYS),
        ("competences", "X,,X,36526", "validity_days", DAYS),
        ("competences", "X,,X,1.5", "validity_days", DAYS),
        ("competence_links", "nosource,1,CPR,", "source", "is not in sources.csv"),
        (
            "competence_links",
            "infocaption_main,1,FIRE,",
            "competence_code",
            "is a parent_code of competences.csv",
        ),
        ("competence_links", "infocaption_main,1,NONE,", "competence_code", "is not in competences.csv"),
        ("recorded_competences", "NOBODY,CPR,2026-01-01,", "client_code", "is not in clients.csv"),
        (
            "recorded_competences",
            "CL00001,CPR,2026-01-02,2026-01-01",
            "valid_to",
            "must not be before valid_from",
        ),
        (
            "recorded_competences",
            "CL00001,SAFETY,2026-01-01,",
            "competence_code",
            "is a parent_code of competences.csv",
        ),
    ],
)
def test_a_wrong_line_is_reported_with_its_place_and_reason(folder, name, line, column, reason):
    number = folder.add(f"{name}.csv", line)
    assert check(folder.path, None) == [Problem(f"{name}.csv", number, column, reason)]


def test_groups_that_lie_in_each_other_are_reported_and_what_lies_below_them_is_not(folder):
    first = folder.add("competences.csv", "A,C,A,", "B,A,B,", "C,B,C,", "D,C,D,365")
    problems = [(problem.line, problem.reason) for problem in check(folder.path, None)]
    assert problems == [(first + place, "lies in itself") for place in range(3)]


def test_a_group_is_known_from_the_warehouse_when_its_file_is_not_in_the_set(folder, engine):
    import_set(engine, folder.path)
    folder.keep_only("competence_links.csv")
    number = folder.add("competence_links.csv", "infocaption_main,1,FIRE,")
    [problem] = check(folder.path, engine)
    assert (problem.line, problem.reason) == (number, "is a parent_code of competences.csv")


@pytest.mark.parametrize("system", ["infocaption", "iep_lvs"])
def test_settings_of_unit_results_are_left_empty_where_there_are_none(folder, engine, query, system):
    folder.add("sources.csv", f"other,{system},other,Europe/Stockholm,,,,,,")
    assert check(folder.path, None) == []
    import_set(engine, folder.path)
    settings = "match_code, record_failed, allow_resit, use_enrolment_start, review"
    held = query(f"select {settings} from core.sources where source = 'other'")
    assert held == [(False, True, False, False, "none")]
    assert import_set(engine, folder.path)["sources.csv"].written == 0


def test_settings_of_unit_results_are_filled_in_for_moodle(folder):
    number = folder.add("sources.csv", "other,moodle,other,Europe/Stockholm,,,,,,")
    found = {(problem.line, problem.column) for problem in check(folder.path, None)}
    settings = ("match_code", "record_failed", "allow_resit", "use_enrolment_start", "review")
    assert found == {(number, name) for name in settings}
