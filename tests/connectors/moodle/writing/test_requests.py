"""What goes out to Moodle, beside the requests that were recorded."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from etl import errors
from etl.connectors.moodle.writing.client import MoodleWriter
from etl.connectors.moodle.writing.records import CourseSettings, ManualEnrolment, NewAccount, NewCourse
from etl.sandbox.moodle.protocol import recording
from tests.fixtures.http_peer import Answer, Peer

PERSON = NewAccount(" New.Person@student.example", "New", "Person", "new.person@student.example", "CL90001")
Build = Callable[[str], MoodleWriter]
SENT = {
    "core_user_create_users__happy": lambda writer: writer.create_account(PERSON),
    "core_user_update_users__suspend": lambda writer: writer.update_account("48", {"suspended": True}),
    "enrol_manual_enrol_users__with_times": lambda writer: writer.enrol(
        ManualEnrolment("48", "5", "5", 1790000000, 1800000000)
    ),
    "core_course_create_courses__happy": lambda writer: writer.create_course(
        NewCourse(
            "OCC-9001", "NEW-1", "New course", "1", CourseSettings(1790000000, 1800000000, visible=True)
        )
    ),
    "core_course_update_courses__happy_dates_visibility": lambda writer: writer.update_course(
        "8", CourseSettings(1791000000, 1801000000, visible=False)
    ),
    "core_course_import_course__happy": lambda writer: writer.import_course("4", "8"),
}


@pytest.fixture
def sent(peer: Peer, client_of: Build) -> Callable[..., dict[str, str]]:
    """The form of one call, without the token."""

    def form(answer: str, call: Callable[[MoodleWriter], object]) -> dict[str, str]:
        peer.answers = [Answer(answer.encode())]
        call(client_of(peer.url))
        [asked] = peer.asked
        return {name: value for name, value in asked.form.items() if name != "wstoken"}

    return form


@pytest.mark.parametrize("name", SENT)
def test_the_form_is_the_recorded_one(name: str, sent: Callable[..., dict[str, str]]) -> None:
    exchange = recording().exchanges[name]
    expected = {key: value for key, value in exchange.params if key != "wstoken"}
    assert sent(exchange.body, SENT[name]) == expected


def test_an_authentication_method_goes_instead_of_a_mail_and_a_password_never(
    sent: Callable[..., dict[str, str]],
) -> None:
    person = replace(PERSON, auth="oidc", middlename="M.")
    form = sent('[{"id":9,"username":"x"}]', lambda writer: writer.create_account(person))
    fields = {name.rpartition("[")[2].rstrip("]") for name in form if name.startswith("users")}
    assert fields == {"username", "firstname", "middlename", "lastname", "email", "idnumber", "auth"}


def test_who_is_suspended_keeps_the_times_that_were_sent_before(sent: Callable[..., dict[str, str]]) -> None:
    enrolment = ManualEnrolment("48", "5", "5", 1790000000, 1800000000)
    form = sent("null", lambda writer: writer.enrol(enrolment, suspend=True))
    assert form["enrolments[0][suspend]"] == "1"
    assert form["enrolments[0][timestart]"] == "1790000000"
    assert form["enrolments[0][timeend]"] == "1800000000"


def test_unenrolling_names_no_role(sent: Callable[..., dict[str, str]]) -> None:
    form = sent("null", lambda writer: writer.unenrol("48", "5"))
    rows = {name: value for name, value in form.items() if name.startswith("enrolments")}
    assert rows == {"enrolments[0][userid]": "48", "enrolments[0][courseid]": "5"}


def test_a_user_name_is_sent_in_lower_case(sent: Callable[..., dict[str, str]]) -> None:
    form = sent('{"warnings":[]}', lambda writer: writer.update_account("48", {"username": "New.P"}))
    assert form["users[0][username]"] == "new.p"


def users(*rows: str) -> str:
    return '{"users":[' + ",".join(rows) + '],"warnings":[]}'


@pytest.fixture
def found(peer: Peer, client_of: Build) -> Callable[..., list[str]]:
    def ids(answer: str, wanted: dict[str, str]) -> list[str]:
        peer.answers = [Answer(answer.encode())]
        return [account.user_id for account in client_of(peer.url).find_accounts(wanted)]

    return ids


def test_what_the_sites_wildcards_find_is_compared_again(found: Callable[..., list[str]]) -> None:
    rows = (
        '{"id":1,"idnumber":"CLX0012"}',
        '{"id":2,"idnumber":" cl_0012 "}',
        '{"id":3,"idnumber":"CL_00123"}',
    )
    assert found(users(*rows), {"idnumber": "CL_0012"}) == ["2"]


def test_all_values_have_to_agree_and_every_candidate_is_told(found: Callable[..., list[str]]) -> None:
    rows = (
        '{"id":1,"email":"a@b.example","firstname":"Ann"}',
        '{"id":2,"email":"a@b.example","firstname":"Bob"}',
        '{"id":3,"email":"A@b.example","firstname":"ANN"}',
    )
    assert found(users(*rows), {"email": "a@b.example", "firstname": "Ann"}) == ["1", "3"]


def test_an_account_whose_number_is_hidden_is_no_reason_to_make_another(
    found: Callable[..., list[str]],
) -> None:
    with pytest.raises(errors.CapabilityMissing, match="viewuseridentity"):
        found(users('{"id":1,"username":"x"}'), {"idnumber": "CL1"})


def test_an_empty_value_finds_nobody_and_asks_nothing(found: Callable[..., list[str]], peer: Peer) -> None:
    assert found(users('{"id":1}'), {"email": "a@b.example", "firstname": " "}) == []
    assert peer.asked == []
