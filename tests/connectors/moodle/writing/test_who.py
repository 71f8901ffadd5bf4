"""Who a client is in Moodle: never guessed, never somebody whom nothing may be sent for."""

import pytest

from tests.connectors.moodle.writing.conftest import EMPTY_COURSE

ALICE, TEACHER, SERVICE, ADMIN = 7, 47, 3, 2
FOUND = {"update_users": 1, "enrol_users": 1}  # whether it is an administrator, and the enrolment


@pytest.fixture
def blocked(client, enrolled, transfer, state, wrote):
    """A function that tells why nothing was sent for somebody."""

    def blocked(code="N1", known=False, **given):
        if not known:
            client(code, **given)
        enrolled(code)
        wrote()
        assert transfer() == "success"
        assert wrote() == {}
        return state(f"E-{code}")

    return blocked


@pytest.fixture
def store(write):
    """A function that stores the Moodle user id of a client."""

    def store(code, user_id):
        write(f"insert into core.client_numbers values ('{code}', 'moodle:moodle_main', '{user_id}')")

    return store


@pytest.fixture
def account(sandbox):
    """A function that changes what the site says of an account."""

    def account(number, **given):
        users = sandbox.moodle.site.users
        users[number] = {**users[number], **given}

    return account


def test_the_stored_number_comes_first(client, enrolled, store, transfer, books, wrote, account):
    account(20, idnumber="")
    client("N1", email=None)
    store("N1", 20)
    enrolled("N1")
    transfer()
    assert (wrote(), (EMPTY_COURSE, 20) in books.enrolments) == (FOUND, True)


def test_a_stored_number_of_nobody_is_said(client, store, blocked):
    client("N1")
    store("N1", 999)
    assert blocked(known=True) == ("blocked", "account_gone")


def test_a_stored_number_of_somebody_who_carries_another_client_is_said(client, store, blocked):
    client("N1")
    store("N1", ALICE)
    assert blocked(known=True) == ("blocked", "account_of_another")


@pytest.mark.parametrize("account", [TEACHER, SERVICE, ADMIN])
def test_no_account_of_a_teacher_or_of_the_service_is_touched(account, client, store, blocked):
    client("N1")
    store("N1", account)
    assert blocked(known=True) == ("blocked", "account_is_staff")


def test_an_administrator_whom_the_site_does_not_show_as_one_is_left_alone(
    account, books, client, enrolled, transfer, state
):
    books.admins = frozenset({20})
    account(20, idnumber="N1")
    client("N1")
    enrolled("N1")
    assert transfer() == "success"
    assert (state("E-N1"), books.enrolments) == (("blocked", "account_protected"), {})


def test_an_answer_that_is_lost_when_that_is_asked_is_asked_for_again(
    enrolled, transfer, sandbox, state, books
):
    enrolled("CL00001")
    sandbox.faults.add("moodle", "lost_answer", operation="core_user_update_users")
    assert (transfer(), books.enrolments) == ("incomplete", {})
    assert transfer() == "success"
    assert state("E-CL00001") == ("transferred", None)


def test_two_accounts_with_the_code_are_not_told_apart(account, blocked):
    account(20, idnumber="N1")
    account(21, idnumber="N1")
    assert blocked() == ("blocked", "ambiguous_account")


def test_wildcards_of_the_site_find_nobody_else(account, client, enrolled, transfer, user):
    account(20, idnumber="NX1")
    client("N_1")
    enrolled("N_1")
    transfer()
    assert user("N_1")["id"] != 20


def test_an_account_with_another_number_is_another_person(account, write, blocked):
    write("update core.sources set match_fields = 'email' where source = 'moodle_main'")
    account(20, idnumber="OTHER", email="n1@x.example")
    assert blocked() == ("blocked", "account_of_another")


def test_whoever_all_fields_fit_is_the_person(account, write, client, enrolled, transfer, books, wrote):
    write("update core.sources set match_fields = 'email+given_name' where source = 'moodle_main'")
    account(20, idnumber="", email="n1@x.example", firstname="given n1")
    account(21, idnumber="", email="n1@x.example", firstname="Another")
    client("N1")
    enrolled("N1")
    assert transfer() == "success"
    assert (wrote(), (EMPTY_COURSE, 20) in books.enrolments) == (FOUND, True)


def test_fields_of_two_clients_are_nobodys(account, write, client, blocked):
    write("update core.sources set match_fields = 'email' where source = 'moodle_main'")
    account(20, idnumber="", email="both@x.example")
    client("N2", email="both@x.example")
    assert blocked(email="both@x.example") == ("blocked", "ambiguous_account")


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"username": "alice.smith1@student.example"}, "username_taken"),
        ({"email": "alice.smith1@student.example", "username": "n1"}, "email_taken"),
    ],
)
def test_a_name_or_address_of_somebody_else_is_said_also_where_the_site_says_nothing(
    given, reason, told, client, enrolled, transfer, state, books
):
    books.shows_debuginfo = told
    client("N1", **given)
    enrolled("N1")
    assert transfer() == "success"
    assert (state("E-N1"), books.mailed) == (("blocked", reason), [])


def test_what_was_blocked_goes_once_it_is_mended(client, enrolled, transfer, write, state, books):
    client("N1", username="alice.smith1@student.example")
    enrolled("N1")
    transfer()
    write("update core.clients set username = 'mended' where client_code = 'N1'")
    assert transfer() == "success"
    assert (state("E-N1"), books.mailed) == (("transferred", None), ["n1@x.example"])


def test_a_site_that_shows_nobody_makes_no_account_of_anybody(sandbox, client, enrolled, transfer, books):
    sandbox.moodle.site.users.clear()
    client("N1")
    enrolled("N1")
    assert transfer() == "incomplete"
    assert books.mailed == []


def test_who_is_blocked_needs_a_person_for_account_and_enrolment_and_is_not_new_besides(
    client, store, blocked, read
):
    client("N1")
    store("N1", ALICE)
    blocked(known=True)
    needed = "select state, about from mart.attention where reason_code = 'account_of_another' order by 1"
    assert [tuple(row) for row in read(needed).to_numpy()] == [
        ("rejected", "accounts"),
        ("withheld", "enrolments"),
    ]
