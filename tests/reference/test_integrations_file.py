"""Integrations of e-learning systems and their result definitions (docs/reference-files.md, integrations.csv)."""

import pytest

from etl.reference import Problem, check, export_set, import_set

HEADER = (
    "integration,system,connection_id,timezone,minimum,maximum,decimals,pass_mark,"
    "sends_result,sends_presence,sends_passed,person_scheme,active"
)
CERTWELL = "must be 1 or more, with a minimum of 0, for a system that is certwell"
SOUND = "academy,moodle,,Europe/Amsterdam,1,10,1,5.5,true,true,true,external,true"


@pytest.fixture
def folder(folder):
    """The sample without what refers to its integrations."""
    for path in folder.path.glob("training*.csv"):
        path.unlink()
    return folder


@pytest.fixture
def integrations(folder):
    """Checks a set whose integrations are these lines."""

    def checked(*lines):
        folder.write("integrations.csv", HEADER, *lines)
        return check(folder.path, None)

    return checked


@pytest.mark.parametrize(
    "line",
    [
        SOUND,
        "only_finished,moodle,,UTC,,,,,false,false,false,person,false",
        "percent,moodle,,UTC,-0.5,100.25,2,,true,false,true,person,true",
        "nine,moodle,,UTC,9,10,0,10,true,false,true,person,true",  # as text, 9 is more than 10
    ],
)
def test_a_sound_integration_has_no_problem(integrations, line):
    assert integrations(line) == []


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (SOUND.replace(",1,10,", ",,10,"), "minimum", "must be filled in where sends_result is true"),
        (SOUND.replace(",10,1,", ",10,,"), "decimals", "must be filled in where sends_result is true"),
        (SOUND.replace(",1,10,", ",10,9,").replace("5.5", ""), "maximum", "must not be less than minimum"),
        (SOUND.replace("5.5", "0.5"), "pass_mark", "must not be less than minimum"),
        (SOUND.replace("5.5", "10.1"), "maximum", "must not be less than pass_mark"),
        (SOUND.replace("5.5", "5e1"), "pass_mark", "must be a number such as 10 or 5.5, with a decimal point"),
        (SOUND.replace("5.5", "NaN"), "pass_mark", "must be a number such as 10 or 5.5, with a decimal point"),
        (SOUND.replace("external", "email"), "person_scheme", "must be one of person, external"),
        (SOUND.replace("Europe/Amsterdam", "CET+1"), "timezone", "must be a time zone such as Europe/Amsterdam"),
    ],
)  # fmt: skip
def test_a_wrong_integration_is_reported_with_its_place_and_reason(integrations, line, column, reason):
    assert integrations(line) == [Problem("integrations.csv", 2, column, reason)]


BOARD = "board,certwell,board,Europe/Amsterdam,0,1,0,1,true,true,true,person,true"


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (
            BOARD.replace("certwell,board", "certwell,"),
            "connection_id",
            "must be filled in where system is certwell",
        ),
        (BOARD.replace(",0,1,0,1,", ",1,10,0,1,"), "maximum", CERTWELL),
        (BOARD.replace("certwell", "anewspring"), "hash", "must be sha1 for a system that is anewspring"),
    ],
)
def test_what_a_sender_needs_is_said_where_it_is_missing(integrations, line, column, reason):
    [problem] = integrations(line)
    assert (problem.line, problem.column) == (2, column)
    assert problem.reason.startswith(reason)


def test_a_sound_line_of_a_sender_has_no_problem(integrations):
    assert integrations(BOARD, BOARD.replace("0,1,0,1", "0,10,0,").replace("board", "other")) == []


def test_integrations_are_exported_as_they_were_imported(folder, engine, tmp_path):
    folder.write("integrations.csv", HEADER, SOUND)
    import_set(engine, folder.path)
    export_set(engine, tmp_path / "out")
    header, line = (tmp_path / "out" / "integrations.csv").read_text().splitlines()
    assert (header, line) == (HEADER, SOUND)
