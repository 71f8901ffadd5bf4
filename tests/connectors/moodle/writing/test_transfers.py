"""Enrolments into a Moodle course: who is made, who is found, and that nothing goes twice."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from etl.connectors.moodle.writing import flow
from etl.engine.options import Options
from etl.reference.importing import import_set
from tests.connectors.moodle.writing.conftest import EMPTY_COURSE
from tests.fixtures.warehouse import SAMPLE

ALICE = 7  # the account that carries CL00001


def test_somebody_new_gets_an_account_by_mail_and_is_enrolled_from_the_start_of_the_enrolment(
    client, enrolled, transfer, books, user, wrote, state
):
    client("N1", username="New.One", other_name="van")
    enrolled("N1")
    assert transfer() == "success"
    made = user("N1")
    assert {name: made[name] for name in ("username", "firstname", "lastname", "email")} == {
        "username": "new.one",
        "firstname": "Given N1",
        "lastname": "Surname N1",
        "email": "n1@x.example",
    }
    assert books.mailed == ["n1@x.example"]
    assert books.middle_names == {made["id"]: "van"}
    kept = books.enrolments[EMPTY_COURSE, made["id"]]
    midnight_in_amsterdam = datetime(2026, 9, 13, 22, tzinfo=UTC)
    assert (kept.timestart, kept.suspended) == (int(midnight_in_amsterdam.timestamp()), False)
    assert state("E-N1") == ("transferred", None)
    assert wrote() == {"create_users": 1, "enrol_users": 1}


def test_a_second_run_makes_no_call_at_all(client, enrolled, transfer, sandbox):
    client("N1")
    enrolled("N1")
    transfer()
    sandbox.counters.reset()
    assert transfer() == "success"
    assert sandbox.counters.of("moodle") == {}


def test_who_carries_the_client_code_is_found_and_not_changed(enrolled, transfer, books, wrote, read, user):
    before = dict(user("CL00001"))
    enrolled("CL00001")
    transfer()
    assert wrote() == {"update_users": 1, "enrol_users": 1}  # Moodle is asked whether it is an administrator
    assert (EMPTY_COURSE, ALICE) in books.enrolments
    assert user("CL00001") == before
    assert read("select user_id, origin from core.moodle_accounts").to_dict("records") == [
        {"user_id": str(ALICE), "origin": "matched"}
    ]


def test_who_is_in_the_course_already_is_not_enrolled_again(enrolled, transfer, wrote, read):
    enrolled("CL00001")
    transfer()
    enrolled("CL00001", code="E-AGAIN")
    wrote()
    transfer()
    assert wrote() == {}
    assert read("select state, already from mart.moodle_enrolments where enrolment_code = 'E-AGAIN'").to_dict(
        "records"
    ) == [{"state": "transferred", "already": True}]


def test_a_later_start_date_does_not_move_what_was_transferred(
    client, enrolled, transfer, wrote, write, books
):
    client("N1")
    enrolled("N1")
    transfer()
    before = dict(books.enrolments)
    wrote()
    write("update core.enrolments set start_date = '2026-10-01' where enrolment_code = 'E-N1'")
    assert transfer() == "success"
    assert (wrote(), books.enrolments) == ({}, before)


def test_an_occurrence_that_does_not_send_by_itself_waits(client, enrolled, transfer, wrote, write, state):
    client("N1")
    enrolled("N1")
    write("update core.occurrences set send_automatically = null where occurrence_code = 'OCC-1004'")
    transfer()
    assert (wrote(), state("E-N1")) == ({}, ("ready", None))


def test_a_test_site_shows_what_would_be_sent_and_gets_nothing(
    client, enrolled, transfer, settings, sandbox, state
):
    settings(writing="test")
    client("N1")
    enrolled("N1")
    sandbox.counters.reset()
    assert transfer() == "success"
    assert (sandbox.counters.of("moodle"), state("E-N1")) == ({}, ("ready", None))


def test_more_than_a_run_may_send_is_sent_only_when_a_person_says_so(
    client, enrolled, transfer, settings, wrote, books
):
    settings(at_most=2)
    for code in ("N1", "N2"):
        client(code)
        enrolled(code)
    assert transfer() == "incomplete"
    assert wrote() == {}
    assert transfer(at_most=4) == "success"
    assert sorted(books.mailed) == ["n1@x.example", "n2@x.example"]


@pytest.mark.long
def test_too_much_is_said_once_and_stays_among_what_needs_a_person_until_the_number_changes(
    client, enrolled, transfer, settings, wrote, read
):
    def needed():
        found = read("select items from mart.attention where reason like '%(at_most)%'")
        return found["items"].tolist()

    settings(at_most=1)
    for code in ("N1", "N2"):
        client(code)
        enrolled(code)
    assert [transfer(), transfer(), transfer()] == ["incomplete", "success", "success"]
    assert (wrote(), needed()) == ({}, [4])
    client("N3")
    enrolled("N3")
    assert [transfer(), transfer()] == ["incomplete", "success"]
    assert needed() == [6]
    settings(at_most=100)
    assert (transfer(), needed()) == ("success", [])


@pytest.fixture
def imported(engine, tmp_path):
    """A function that imports the sample with more lines, and with other columns of the occurrences."""

    def imported(occurrences, **more):
        for path in SAMPLE.glob("*.csv"):
            (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
        for name, lines in more.items():
            with (tmp_path / f"{name}.csv").open("a", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
        frame = pd.read_csv(tmp_path / "occurrences.csv", dtype="str").assign(**occurrences)
        frame.to_csv(tmp_path / "occurrences.csv", index=False)
        import_set(engine, tmp_path)

    return imported


def test_the_grade_of_whoever_was_imported_and_transferred_comes_in_with_the_next_night(
    imported, engine, connect, night, sandbox, user, unit, first_night
):
    imported(
        {"send_automatically": ["true", "false", "false"]},
        clients=["N1,,,New,,Person,new@x.example,false"],
        enrolments=["E-N1,N1,OCC-1001,active,2026-09-14"],
        enrolment_units=["E-N1,BSBCMM211,"],
        moodle_writing=["source,writing", "moodle_main,on"],
    )
    assert flow.run(engine, connect, Options())[1] == "success"
    account = user("N1")["id"]
    for activity, grade, day in ((2, 80.0, 1), (3, 9.0, 5)):
        graded = int(datetime(2026, 10, day, 12, tzinfo=UTC).timestamp())
        sandbox.moodle.site.set_grade(account, activity, grade, graded)
    sandbox.moodle.site.touch(2, account, graded)
    assert night()[1] == "success"
    assert unit("E-N1", "BSBCMM211") == ("passed", "2026-10-01", "2026-10-05")
