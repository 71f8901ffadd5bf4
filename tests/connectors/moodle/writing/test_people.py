"""People who were transferred: what changed of them follows, and nothing else."""

import pytest

from etl.connections import Connection
from etl.connectors.moodle.writing import flow
from etl.engine.options import Options
from tests.connectors.moodle.writing.conftest import EMPTY_COURSE


@pytest.fixture
def there(client, enrolled, transfer, wrote):
    """Somebody was transferred, and the calls of that are counted."""
    client("N1", other_name="van")
    enrolled("N1")
    transfer()
    wrote()


@pytest.fixture
def changed(there, write, transfer, user, wrote):
    """A function that changes the client, and returns the account and the calls after a run."""

    def changed(change, status="success"):
        write(f"update core.clients set {change} where client_code = 'N1'")
        assert transfer() == status
        return user("N1"), wrote()

    return changed


def test_a_rename_an_address_and_a_middle_name_follow(changed, books):
    account, calls = changed("username = 'Mine', email = 'new@x.example', other_name = null")
    assert (account["username"], account["email"]) == ("mine", "new@x.example")
    assert (books.middle_names[account["id"]], calls) == ("", {"update_users": 1})


def test_who_is_archived_is_suspended_and_comes_back(changed):
    assert changed("archived = true")[0]["suspended"] is True
    assert changed("archived = false")[0]["suspended"] is False


def test_what_was_sent_is_not_sent_again(changed, transfer, wrote):
    changed("surname = 'Changed'")
    assert (transfer(), wrote()) == ("success", {})


def test_an_address_of_somebody_else_is_refused_and_said_and_goes_once_it_is_mended(changed, read):
    account, _ = changed("email = 'alice.smith1@student.example', username = 'n1'")
    assert account["email"] == "n1@x.example"
    open_ones = read(
        "select reason_code from mart.rejections where resource = 'account' and resolved_at is null"
    )
    assert open_ones["reason_code"].tolist() == ["email_taken"]
    assert changed("email = 'mended@x.example'")[0]["email"] == "mended@x.example"


def test_the_changes_stand_with_what_they_changed_and_no_values(changed, read):
    changed("username = 'mine'")
    changed("archived = true")
    found = read("select change, fields from mart.moodle_changes order by done_at")
    assert found.fillna("").to_numpy().tolist() == [
        ["account made", ""],
        ["account renamed", "username"],
        ["account suspended", "suspended"],
    ]


def test_a_withdrawn_enrolment_is_suspended_with_the_times_it_was_sent_with(
    there, write, transfer, books, user
):
    before = books.enrolments[EMPTY_COURSE, user("N1")["id"]].timestart
    write("update core.enrolments set status = 'withdrawn' where enrolment_code = 'E-N1'")
    assert transfer() == "success"
    kept = books.enrolments[EMPTY_COURSE, user("N1")["id"]]
    assert (kept.suspended, kept.timestart) == (True, before)


def test_who_enrols_anew_after_a_withdrawal_is_active_again(there, write, enrolled, transfer, books, user):
    write("update core.enrolments set status = 'withdrawn' where enrolment_code = 'E-N1'")
    transfer()
    enrolled("N1", code="E-ANEW")
    assert transfer() == "success"
    assert books.enrolments[EMPTY_COURSE, user("N1")["id"]].suspended is False


def test_a_paused_site_gets_nothing_and_keeps_what_is_due(there, engine, connect, write, wrote, transfer):
    write("update core.clients set surname = 'Changed' where client_code = 'N1'")
    account = connect("moodle_main")
    paused = Connection(**{**vars(account), "extra": {**account.extra, "writing_paused": "true"}})
    assert flow.run(engine, lambda _: paused, Options())[1] == "success"
    assert wrote() == {}
    assert (transfer(), wrote()) == ("success", {"update_users": 1})


def test_a_right_that_is_missing_stops_the_site_and_nothing_is_lost(
    client, enrolled, transfer, books, wrote, state
):
    for code in ("N1", "N2"):
        client(code)
        enrolled(code)
    books.lacking.add("core_user_create_users")
    assert transfer() == "incomplete"
    assert wrote() == {"create_users": 1}
    books.lacking.clear()
    assert transfer() == "success"
    assert state("E-N2") == ("transferred", None)
