"""Trainings, their e-learning parts and who asked for them (docs/connectors/coachview.md, Requests)."""

import pytest

from etl.reference import Problem, check, export_set, import_set, preview

PARTS, REQUESTS, HELD = "training_parts.csv", "training_requests.csv", "training_request_parts.csv"


@pytest.mark.parametrize(
    ("file", "line", "column", "reason"),
    [
        (PARTS, "X,BUSINESS,Again,moodle_main,2", "course_id", "another part of this training is the same course"),
        (PARTS, "X,NONE,Theory,moodle_main,9", "training_code", "is not in trainings.csv"),
        (PARTS, "X,BUSINESS,Theory,none,9", "integration", "is not in integrations.csv"),
        (PARTS, "X,BUSINESS,Theory,moodle_main,", "course_id", "must be filled in"),
        (REQUESTS, "X,CARE,,,CL00001,open", "person_id", "give this, external_id or both"),
        (REQUESTS, "X,CARE,1001,P9999,CL00001,open", "external_id",
         "another line has this person_id with another external_id"),
        (REQUESTS, "X,CARE,9999,P0001,CL00001,open", "person_id",
         "another line has this external_id with another person_id"),
        (REQUESTS, "X,CARE,1001,P0001,CL00002,open", "client_code",
         "another line has this person_id with another client_code"),
        (REQUESTS, "X,CARE,8888,P8888,,waiting", "status", "must be one of open, finished, cancelled"),
        (HELD, "TR-0001,BUSINESS-ONLINE,8,true,false,2026-01-01", "approved_on",
         "must be empty where approved is false"),
        (HELD, "TR-0001,NONE,8,true,false,", "part_code", "is not in training_parts.csv"),
        (HELD, "TR-0001,BUSINESS-ONLINE,\"8,5\",true,false,", "result",
         "must be a number such as 10 or 5.5, with a decimal point"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_reported_with_its_place_and_reason(folder, file, line, column, reason):
    number = folder.add(file, line)
    assert Problem(file, number, column, reason) in check(folder.path, None)


def test_one_person_may_ask_for_several_trainings(folder):
    folder.add(REQUESTS, "X,CARE,1001,P0001,CL00001,open")
    assert check(folder.path, None) == []


@pytest.mark.parametrize("name", ["trainings.csv", PARTS, REQUESTS, HELD])
def test_the_files_are_exported_as_they_were_imported(sample, engine, tmp_path, name):
    import_set(engine, sample)
    export_set(engine, tmp_path / "out")
    kept, given = ((path / name).read_text().splitlines() for path in (tmp_path / "out", sample))
    assert (kept[0], sorted(kept[1:])) == (given[0], sorted(given[1:]))


NAMELESS = "is empty, and an integration of the training names persons by it: no completion of it counts"
UNPOLLED = "is no source of sources.csv, as an integration that is polled has to be: nothing is read of it"


def warned(folder, engine, file):
    """The warnings about a file of the set."""
    found = preview(folder.path, engine)
    assert found.problems == []
    return [warning for warning in found.warnings if warning.file == file]


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        ("X,BUSINESS,8888,P8888,,open", ["client_code"]),  # its part is a course of Moodle
        ("X,BUSINESS,8888,P8888,,finished", []),
        ("X,THEORY,8888,,CL00001,open", ["external_id"]),  # its part is sent, by external ID
        ("X,THEORY,,P8888,,open", []),
    ],
)
def test_a_request_that_lacks_what_its_integration_names_persons_by_is_a_warning(
    folder, engine, line, columns
):
    folder.add(
        "integrations.csv",
        "x_sender,elearning,x_secret,,Europe/Amsterdam,,,,,false,false,false,external,true",
    )
    folder.add("trainings.csv", "THEORY,Theory")
    folder.add(PARTS, "X-1,THEORY,Theory,x_sender,1")
    number = folder.add(REQUESTS, line)
    assert warned(folder, engine, REQUESTS) == [
        Problem(REQUESTS, number, column, NAMELESS) for column in columns
    ]


def test_an_integration_that_is_polled_and_no_source_is_a_warning(folder, engine):
    line = "x_site,moodle,,,Europe/Amsterdam,,,,,false,false,false,external,true"
    number = folder.add("integrations.csv", line)
    assert warned(folder, engine, "integrations.csv") == [
        Problem("integrations.csv", number, "integration", UNPOLLED)
    ]
